import { runSchema } from "../../src/trace/index.ts";
import { type RunRow, runRows } from "./run-scenario.ts";

/** Two VMs that the demo's trace drives, requests and packets included. */
export const guestsText = `version: 1
name: base
host:
  ram: 32 GiB
  cpus: 8
  iommu_units: 2
  kernel: {from: "7.3", to: "7.3", image: 10 MiB, memory: 30 MiB, init_size: 40 MiB, initrd: 20 MiB}
vms:
  - name: vm
    count: 2
    memory: 2 GiB
    folio: {2 MiB: 0.05, 4 KiB: 0.95}
    vcpus: 2
    devices:
      - {name: n0, kind: nvme, treatment: emulated, trace_device: nvme}
      - {name: e0, kind: nic, treatment: emulated, trace_device: virtio-net}
agent: {preserve_lead: 1 s}
update: {at: 25 s}
profile: published-x86
`;

export const sum = (rows: readonly RunRow[], value: (row: RunRow) => number): number =>
  rows.reduce((total, row) => total + value(row), 0);
/** What the update adds to the latency of a request. */
export const addedNs = (row: RunRow): number =>
  row["latency_ns"] === null ? 0 : Number(row["latency_ns"]) - Number(row["alone_ns"]);

/** What a run says of its one update, as a moment of a study would. */
export function momentOf(path: string) {
  const requests = runRows(path, runSchema.requestTable);
  const gaps = runRows(path, runSchema.deviceGapTable);
  const ticks = runRows(path, runSchema.brownoutTickTable).filter((row) => row["mapping"] === 0);
  const touched = requests.filter((row) => Number(row["fate"]) > 0 && row["latency_ns"] !== null);
  return {
    stalled_ns: sum(requests, addedNs),
    waited_count: requests.filter((row) => row["fate"] === 4).length,
    worst_latency_ns: Math.max(0, ...touched.map((row) => Number(row["latency_ns"]))),
    dropped_count: sum(gaps, (row) => Number(row["dropped_count"])),
    fault_count: sum(ticks, (row) => Number(row["fault_count"])),
    lost_ns: sum(ticks, (row) => Number(row["lost_ns"])),
  };
}
