import { FormatError, gibBytes, msNs, pageBytes, roundUp } from "../../../base/index.ts";
import { counterTable, hostTable, vmRequestTable } from "../../schema/trace-tables.ts";
import type { InputFile } from "../../source/input.ts";
import { showPath } from "../../text.ts";
import type { ImportContext, ImportFacts, SourceReport } from "../importer.ts";

const maxGuestBytes = 16_384 * gibBytes;
const maxCpus = 65_535;
const maxSpanMs = Math.floor(Number.MAX_SAFE_INTEGER / msNs);

/** What a source says of a VM; times in ms since 1970. */
export interface VmRequest {
  readonly name: string;
  readonly guestBytes: number;
  readonly vcpuCount: number;
  readonly startMs?: number;
  readonly stopMs?: number;
  readonly cluster?: string;
  readonly numaNodeCount?: number;
  readonly affinity?: string | undefined;
  readonly affinityGroup?: string | undefined;
  readonly faultDomain?: string | undefined;
}

export interface Host {
  readonly name: string;
  readonly cluster: string | null;
  readonly cpuCount: number;
  readonly memoryBytes: number;
  readonly numaNodeCount: number | null;
  readonly isFreePart: boolean;
}

interface Value {
  readonly ms: number;
  readonly kind: number;
  readonly value: number;
}

/** Values that wait for the start of the time line; beyond it the earliest so far is the start. */
const maxWaiting = 65_536;

/** VMs, hosts and what was measured of them, on one time line that begins with the earliest of all its moments. */
export class Inventory {
  readonly #context: ImportContext;
  readonly #vms = new Map<string, number>();
  readonly #requests: (VmRequest & { readonly vmIndex: number })[] = [];
  readonly #sources: SourceReport[] = [];
  readonly #origins = new Set<string>();
  #waiting: Value[] = [];
  #startMs: number | undefined;
  #earliestMs = Number.POSITIVE_INFINITY;
  #latestMs = Number.NEGATIVE_INFINITY;

  constructor(context: ImportContext) {
    this.#context = context;
  }

  /** Index of a VM by the name that its source gives it. */
  vmNamed(name: string): number | undefined {
    return this.#vms.get(name);
  }

  addVm(file: InputFile, row: number, request: VmRequest): number {
    const { name, vcpuCount } = request;
    const guestBytes = roundUp(request.guestBytes, pageBytes);
    if (!(guestBytes > 0 && guestBytes <= maxGuestBytes)) {
      this.refuse(file, row, `memory of more than 0 and at most ${maxGuestBytes} bytes`, String(request.guestBytes));
    }
    if (!(Number.isInteger(vcpuCount) && vcpuCount > 0 && vcpuCount <= maxCpus)) {
      this.refuse(file, row, `1 to ${maxCpus} CPUs`, String(vcpuCount));
    }
    if (this.#vms.has(name)) this.refuse(file, row, "a VM that did not stand there before", JSON.stringify(name));
    const vmIndex = this.#context.catalogue.vm(name, guestBytes, vcpuCount);
    this.#vms.set(name, vmIndex);
    this.#requests.push({ ...request, vmIndex });
    for (const ms of [request.startMs, request.stopMs]) if (ms !== undefined) this.#meet(file, row, ms);
    return vmIndex;
  }

  #meet(file: InputFile, row: number, ms: number): void {
    this.#earliestMs = Math.min(this.#earliestMs, ms);
    this.#latestMs = Math.max(this.#latestMs, ms);
    if (Number.isFinite(ms) && this.#latestMs - this.#earliestMs <= maxSpanMs) return;
    this.refuse(file, row, "moments within 104 days", String(ms));
  }

  addHost(host: Host): void {
    this.#context.writer.table(hostTable).push({
      name: host.name,
      cluster: host.cluster,
      cpu_count: host.cpuCount,
      memory_bytes: host.memoryBytes,
      numa_node_count: host.numaNodeCount,
      is_free_part: host.isFreePart ? 1 : 0,
    });
  }

  /** Takes a measured value; false where it is no number. */
  addValue(file: InputFile, row: number, { ms, kind, value }: Value): boolean {
    if (!Number.isFinite(value)) return false;
    this.#meet(file, row, ms);
    if (this.#startMs !== undefined) {
      this.#writeValue(ms, kind, value);
      return true;
    }
    this.#waiting.push({ ms, kind, value });
    if (this.#waiting.length > maxWaiting) this.#begin();
    return true;
  }

  #begin(): void {
    this.#startMs = Number.isFinite(this.#earliestMs) ? this.#earliestMs : 0;
    for (const { ms, kind, value } of this.#waiting) this.#writeValue(ms, kind, value);
    this.#waiting = [];
  }

  #writeValue(ms: number, kind: number, value: number): void {
    const table = this.#context.writer.table(counterTable, { sort: true });
    table.push({ time_ns: this.#toNs(ms), kind_index: kind, value });
  }

  #toNs(ms: number): number {
    const ns = Math.round((ms - this.#startMs!) * msNs);
    if (ns >= 0) return ns;
    this.#context.warnings.addRows("times-before-start", 1, "values before the trace's start, taken as its start");
    return 0;
  }

  addSource(source: SourceReport, origin: string): void {
    this.#sources.push(source);
    this.#origins.add(origin);
  }

  refuse(file: InputFile, row: number, expected: string, found: string, hint?: string): never {
    const message = `${showPath(file.path)}: row ${row}: expected ${expected}, found ${found.slice(0, 80)}`;
    throw new FormatError(message, hint === undefined ? {} : { hint });
  }

  #writeRequests(): void {
    const requests = this.#context.writer.table(vmRequestTable);
    const toNs = (ms: number | undefined) => (ms === undefined ? null : this.#toNs(ms));
    for (const request of this.#requests) {
      requests.push({
        vm_index: request.vmIndex,
        start_ns: toNs(request.startMs),
        stop_ns: toNs(request.stopMs),
        cluster: request.cluster ?? null,
        numa_node_count: request.numaNodeCount ?? null,
        affinity: request.affinity ?? null,
        affinity_group: request.affinityGroup ?? null,
        fault_domain: request.faultDomain ?? null,
      });
    }
  }

  end(name: string): ImportFacts {
    this.#begin();
    if (this.#requests.length > 0) this.#writeRequests();
    const startMs = this.#startMs!;
    const clock = startMs === 0 ? "none: the inventory has no moments" : `wall-clock time since ${isoDate(startMs)}`;
    return {
      name,
      source: [...this.#origins].join("; "),
      licence: "unknown",
      clock,
      spanNs: Number.isFinite(this.#latestMs) ? Math.max(Math.round((this.#latestMs - startMs) * msNs), 0) : 0,
      sources: this.#sources,
    };
  }
}

function isoDate(ms: number): string {
  const date = new Date(ms);
  return Number.isNaN(date.getTime()) ? `${ms} ms` : date.toISOString();
}
