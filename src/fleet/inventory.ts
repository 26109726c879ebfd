import { FormatError, UsageError } from "../base/index.ts";
import { type OpenFolder, openFolder, readTable, type Table, traceSchema } from "../trace/index.ts";
import { maxHosts, maxVms } from "./schema.ts";

/** VMs of an inventory, as a struct of arrays. */
export interface InventoryVms {
  readonly names: readonly string[];
  readonly guestBytes: Float64Array;
  readonly vcpuCounts: Uint16Array;
  /** Number of the anti-affinity group, or -1. */
  readonly groups: Int32Array;
  readonly groupCount: number;
  /** VMs with rules of placement that are not followed, by the rule's name. */
  readonly otherRules: ReadonlyMap<string, number>;
}

export interface InventoryHost {
  readonly name: string;
  readonly ramBytes: number;
  readonly cpuCount: number;
  readonly numaNodeCount: number | undefined;
}

/** Which trace an inventory is; goes into the folder's header. */
export interface InventorySource {
  readonly name: string;
  readonly sha256: string;
}

/** Frame numbers are 32 bits wide: 16 TiB. */
const maxGuestBytes = 2 ** 44;

function batchesOf(trace: OpenFolder<"trace">, table: Table, maxRows: number) {
  const source = trace.sources.get(table.name);
  if (!source) return [];
  if (source.rows > maxRows) throw new FormatError(`${source.path}: ${source.rows} rows; at most ${maxRows} are taken`);
  return readTable(table, source);
}

export function openInventory(path: string): { trace: OpenFolder<"trace">; source: InventorySource } {
  const trace = openFolder("trace", path);
  return { trace, source: { name: trace.header.name, sha256: trace.header.sha256 } };
}

function readSizes(trace: OpenFolder<"trace">) {
  const names: string[] = [];
  const guestBytes: number[] = [];
  const vcpuCounts: number[] = [];
  for (const { columns, rows } of batchesOf(trace, traceSchema.vmTable, maxVms)) {
    for (let row = 0; row < rows; row++) {
      const bytes = Number(columns["guest_bytes"]![row]);
      const vcpus = Number(columns["vcpu_count"]![row]);
      if (!(bytes >= 1 && bytes <= maxGuestBytes && vcpus >= 1)) {
        throw new FormatError(
          `table vm, row ${names.length + 1}: ${bytes} bytes and ${vcpus} vCPUs; expected 1 to ${maxGuestBytes} bytes and a vCPU`,
        );
      }
      names.push(String(columns["name"]![row]));
      guestBytes.push(bytes);
      vcpuCounts.push(vcpus);
    }
  }
  return { names, guestBytes: Float64Array.from(guestBytes), vcpuCounts: Uint16Array.from(vcpuCounts) };
}

/**
 * VMs of a trace's tables vm and vm_request.
 *
 * Rules    VMs of one anti-affinity group (of a cluster) stand on different hosts; affinity and fault domains are not
 *          followed, and counted
 */
export function readVms(trace: OpenFolder<"trace">): InventoryVms {
  const sizes = readSizes(trace);
  if (sizes.names.length === 0) {
    throw new UsageError(`${trace.path}: the trace has no VM`, { hint: "name the trace of an inventory" });
  }
  const groups = new Int32Array(sizes.names.length).fill(-1);
  const numbers = new Map<string, number>();
  const otherRules = new Map<string, number>();
  for (const { columns, nulls, rows } of batchesOf(trace, traceSchema.vmRequestTable, maxVms)) {
    for (let row = 0; row < rows; row++) {
      const rule = nulls["affinity"]?.[row] === 1 ? "" : String(columns["affinity"]![row]);
      if (rule === "") continue;
      const vm = Number(columns["vm_index"]![row]);
      if (vm >= groups.length)
        throw new FormatError(`table vm_request: vm_index ${vm}, but there are ${groups.length} VMs`);
      if (rule !== "anti-affinity" || nulls["affinity_group"]?.[row] === 1) {
        otherRules.set(rule, (otherRules.get(rule) ?? 0) + 1);
        continue;
      }
      const key = `${String(columns["cluster"]![row])}\u0000${String(columns["affinity_group"]![row])}`;
      const number = numbers.get(key) ?? numbers.size;
      numbers.set(key, number);
      groups[vm] = number;
    }
  }
  return { ...sizes, groups, groupCount: numbers.size, otherRules };
}

/** Hosts of a trace's table host; parts that were free are no hosts. */
export function readHosts(trace: OpenFolder<"trace">): InventoryHost[] {
  const hosts: InventoryHost[] = [];
  for (const { columns, nulls, rows } of batchesOf(trace, traceSchema.hostTable, maxHosts)) {
    for (let row = 0; row < rows; row++) {
      if (columns["is_free_part"]![row] === 1) {
        throw new UsageError(`${trace.path}: its hosts are what was free of them when the inventory was taken`, {
          hint: "list hosts: [{name, count, ram, cpus}] instead",
        });
      }
      const nodes = nulls["numa_node_count"]?.[row] === 1 ? undefined : Number(columns["numa_node_count"]![row]);
      const host = {
        name: String(columns["name"]![row]),
        ramBytes: Number(columns["memory_bytes"]![row]),
        cpuCount: Number(columns["cpu_count"]![row]),
        numaNodeCount: nodes === 0 ? undefined : nodes,
      };
      if (!(host.ramBytes >= 1 && host.cpuCount >= 1)) {
        throw new FormatError(`table host, row ${hosts.length + 1}: ${host.ramBytes} bytes and ${host.cpuCount} CPUs`);
      }
      hosts.push(host);
    }
  }
  if (hosts.length === 0) {
    throw new UsageError(`${trace.path}: the trace has no host`, { hint: "list hosts: [{name, count, ram, cpus}]" });
  }
  return hosts;
}
