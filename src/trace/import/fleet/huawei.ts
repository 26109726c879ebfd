import { gibBytes } from "../../../base/index.ts";
import type { InputFile } from "../../source/input.ts";
import type { ImportContext } from "../importer.ts";
import type { Inventory } from "./inventory.ts";
import { csvRows, decimal } from "./rows.ts";

export const requestHeading = "cluster,seq,vcpus,ram_gib,numa,strategy,group,domain";
export const serverHeading = "server,numa0_free_vcpus,numa0_free_ram_gib,numa1_free_vcpus,numa1_free_ram_gib";

const origin = "requests for VMs and free parts of servers of Huawei Cloud (CC0-1.0)";
const maxNodes = 255;

const orNone = (text: string) => (text === "" ? undefined : text);

/** Requests: a VM's size, over how many NUMA nodes it spreads, and the rule of placement of its group. */
export async function readRequests(file: InputFile, context: ImportContext, inventory: Inventory): Promise<void> {
  let rows = 0;
  for await (const { row, fields } of csvRows(file, context.reader, { separator: ",", columns: 8 })) {
    const [cluster, sequence, vcpus, ramGib, numa, strategy, group, domain] = fields as [string, ...string[]];
    const numaNodeCount = decimal(numa!);
    if (!(Number.isInteger(numaNodeCount) && numaNodeCount >= 1 && numaNodeCount <= maxNodes)) {
      inventory.refuse(file, row, `1 to ${maxNodes} NUMA nodes`, numa!);
    }
    inventory.addVm(file, row, {
      name: `${cluster}-${sequence}`,
      guestBytes: decimal(ramGib!) * gibBytes,
      vcpuCount: decimal(vcpus!),
      cluster,
      numaNodeCount,
      affinity: orNone(strategy!),
      affinityGroup: orNone(group!),
      faultDomain: orNone(domain!),
    });
    rows = row;
  }
  inventory.addSource({ file: file.name, rows, kept_rows: rows, dropped: [] }, origin);
}

const maxHostCpus = 65_535;
const maxHostGib = 1_048_576;

/** Servers: what was free of each of two NUMA nodes; the sum of both. */
export async function readServers(file: InputFile, context: ImportContext, inventory: Inventory): Promise<void> {
  let rows = 0;
  for await (const { row, fields } of csvRows(file, context.reader, { separator: ",", columns: 5 })) {
    const [name, ...free] = fields as [string, string, string, string, string];
    const [cpus0, gib0, cpus1, gib1] = free.map(decimal) as [number, number, number, number];
    const cpuCount = cpus0 + cpus1;
    const memoryGib = gib0 + gib1;
    if (!(Number.isInteger(cpuCount) && cpuCount <= maxHostCpus && memoryGib <= maxHostGib)) {
      inventory.refuse(file, row, "free CPUs and GiB of two NUMA nodes", free.join(","));
    }
    inventory.addHost({
      name,
      cluster: null,
      cpuCount,
      memoryBytes: Math.round(memoryGib * gibBytes),
      numaNodeCount: 2,
      isFreePart: true,
    });
    rows = row;
  }
  inventory.addSource({ file: file.name, rows, kept_rows: rows, dropped: [] }, origin);
}
