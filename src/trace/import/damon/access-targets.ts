/**
 * What DAMON, the kernel's data access monitor, says of its targets, as rows of table access.
 *
 * A target is a process, whose addresses are virtual, or the machine's physical memory; the recording does not say which.
 * Addresses that no frame number of a trace can have are virtual: then the target's regions are put one behind the other
 * in the order of their addresses. Others are taken as frames.
 */
import { FormatError, pageBytes } from "../../../base/index.ts";
import { accessTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { ImportContext } from "../importer.ts";
import { PageSpans } from "./page-spans.ts";

/** Frames that a VM can have. */
const maxPages = 2 ** 32 - 1;
const maxTargets = 4096;
/** Addresses of 64-bit processes are below it on every architecture that DAMON runs on, but for the kernel's own. */
const maxAddress = Number.MAX_SAFE_INTEGER;
const maxCount = 2 ** 32 - 1;

/** A region as its target's monitor saw it in an aggregation, with addresses in bytes. */
export interface AccessRegion {
  readonly start: number;
  readonly end: number;
  readonly accessCount: number;
  readonly ageCount: number | null;
}

export interface Aggregation {
  readonly timeNs: number;
  readonly startNs: number | null;
  readonly sampleCount: number | null;
}

interface Target {
  readonly name: string;
  readonly spans: PageSpans;
  isPacked: boolean;
  vmIndex: number;
}

/**
 * The targets of a recording, which is read twice: pages have their numbers once all of a target's regions are known.
 *
 * Order    `see` for every region, then `settle`, then `write` for every region; rows may come in any order
 */
export class AccessTargets {
  readonly #context: ImportContext;
  readonly #targets: Target[] = [];
  readonly #byName = new Map<string, number>();
  #table: TableWriter | undefined;
  #rows = 0;

  constructor(context: ImportContext) {
    this.#context = context;
  }

  get hasRegions(): boolean {
    return this.#targets.length > 0;
  }

  /** Number of a target. */
  target(name: string): number {
    const found = this.#byName.get(name);
    if (found !== undefined) return found;
    const number = this.#targets.length;
    if (number === maxTargets) throw new FormatError(`expected at most ${maxTargets} targets of DAMON, found more`);
    this.#byName.set(name, number);
    this.#targets.push({ name, spans: new PageSpans(), isPacked: false, vmIndex: -1 });
    return number;
  }

  /** Whether a region can be kept. */
  static isSound({ start, end, accessCount, ageCount }: AccessRegion): boolean {
    return start < end && end <= maxAddress && accessCount <= maxCount && (ageCount ?? 0) <= maxCount;
  }

  see(target: number, { start, end }: Pick<AccessRegion, "start" | "end">): void {
    this.#targets[target]!.spans.add(Math.floor(start / pageBytes), Math.ceil(end / pageBytes));
  }

  /** Makes a VM of each target. */
  settle(): void {
    const { catalogue, warnings } = this.#context;
    for (const target of this.#targets) {
      const { spans, name } = target;
      target.isPacked = spans.endPage > maxPages;
      const pages = target.isPacked ? spans.pages : spans.endPage;
      if (pages > maxPages) {
        throw new FormatError(
          `${name}: expected at most ${maxPages} pages of 4 KiB in the regions of a target, found ${pages}`,
          { hint: "monitor fewer ranges, or import a part of the recording" },
        );
      }
      target.vmIndex = catalogue.vm(name, pages * pageBytes, 1);
    }
    const packed = this.#targets.filter(({ isPacked }) => isPacked).length;
    if (packed > 0) {
      const detail = "regions of processes: their virtual pages were numbered in address order as frames";
      warnings.add("virtual-pages-packed", packed, detail);
    }
    const assumed = "a target of DAMON stands as a VM of one vCPU that holds all of its regions";
    warnings.add("guest-size-assumed", this.#targets.length, assumed);
  }

  write(target: number, region: AccessRegion, { timeNs, startNs, sampleCount }: Aggregation): void {
    const { spans, isPacked, vmIndex } = this.#targets[target]!;
    const startPage = Math.floor(region.start / pageBytes);
    this.#table ??= this.#context.writer.table(accessTable, { sort: true });
    this.#table.push({
      time_ns: timeNs,
      start_ns: startNs,
      vm_index: vmIndex,
      start_gfn: isPacked ? spans.rank(startPage) : startPage,
      page_count: Math.ceil(region.end / pageBytes) - startPage,
      access_count: region.accessCount,
      sample_count: sampleCount,
      age_count: region.ageCount,
    });
    this.#rows++;
  }

  end(): void {
    const detail =
      "DAMON samples accesses, reads and writes alike: they say what is warm, and nothing of dirty pages or their rate";
    if (this.#rows > 0) this.#context.warnings.add("accesses-not-writes", this.#rows, detail);
  }
}
