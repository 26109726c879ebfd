/**
 * Writes small inventories in the formats of OpenDC, Bitbrains and Huawei Cloud: the formats are theirs, the numbers are
 * made up, as the real ones are not ours to publish.
 *
 * node scripts/samples/fleet.ts
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { DuckDBInstance } from "@duckdb/node-api";

const folder = fileURLToPath(new URL("../../traces/samples/fleet/1", import.meta.url));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });

const connection = await (await DuckDBInstance.create(":memory:")).connect();
const start = "timestamptz '2026-01-05 00:00:00+00'";
await connection.run(`copy (
  select (100 + i)::varchar as id,
    ${start} + interval (i * 600) second as start_time,
    ${start} + interval (86400 + i * 60) second as stop_time,
    (1 + i % 4)::integer as cpu_count, 2600.0 * (1 + i % 4) as cpu_capacity, (131072 * (1 + i % 8))::bigint as mem_capacity
  from range(12) rows(i)) to '${join(folder, "meta.parquet")}' (format parquet, compression snappy)`);
await connection.run(`copy (
  select (100 + vm)::varchar as id, ${start} + interval (step * 300) second as timestamp, 300000::bigint as duration,
    (1 + vm % 4)::integer as cpu_count, round(100 * (1 + vm) * abs(sin(step)), 3) as cpu_usage
  from range(12) vms(vm), range(1, 25) steps(step) order by vm, step) to '${join(folder, "trace.parquet")}'
  (format parquet, compression snappy)`);

const sizes = [
  [2, 4],
  [4, 8],
  [8, 32],
  [32, 64],
] as const;
const requests = Array.from({ length: 40 }, (_, index) => {
  const [vcpus, gib] = sizes[index % 4]!;
  const rule =
    index % 5 === 0
      ? `fault_domain,${Math.floor(index / 10)},${index % 2}`
      : index % 7 === 0
        ? `anti-affinity,9,`
        : ",,";
  return `C${1 + (index % 2)},${index},${vcpus},${gib},${vcpus > 8 ? 2 : 1},${rule}`;
});
writeFileSync(
  join(folder, "vm_requests.csv"),
  `cluster,seq,vcpus,ram_gib,numa,strategy,group,domain\n${requests.join("\n")}\n`,
);
const servers = Array.from(
  { length: 6 },
  (_, index) => `${index},${32 + index},${64 + index},${32 - index},${64 - index}`,
);
writeFileSync(
  join(folder, "servers.csv"),
  `server,numa0_free_vcpus,numa0_free_ram_gib,numa1_free_vcpus,numa1_free_ram_gib\n${servers.join("\n")}\n`,
);

const heading =
  "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];\tCPU usage [MHZ];\tCPU usage [%];\t" +
  "Memory capacity provisioned [KB];\tMemory usage [KB];\tDisk read throughput [KB/s];\tDisk write throughput [KB/s];\t" +
  "Network received throughput [KB/s];\tNetwork transmitted throughput [KB/s]";
const use = Array.from({ length: 24 }, (_, step) => {
  const mhz = 20 + 10 * (step % 5);
  const values = [
    1_767_571_200 + 300 * step,
    1,
    2600.5,
    mhz,
    mhz / 26,
    2_097_152.0,
    110_448.5 + step,
    0.0,
    1.5,
    0.25 * step,
    0.0,
  ];
  return values.join(";\t");
});
writeFileSync(join(folder, "7.csv"), `${heading}\n${use.join("\n")}\n`);

const host = (name: string, coreCount: number, memoryBytes: number, count?: number) => ({
  name,
  ...(count === undefined ? {} : { count }),
  cpu: { coreCount, coreSpeed: 2900 },
  memory: { memorySize: `${memoryBytes} bytes` },
  cpuPowerModel: { modelType: "linear", power: 400, idlePower: 100, maxPower: 200 },
});
const topology = {
  clusters: [
    { name: "A", hosts: [host("A-1", 64, 2 ** 39), host("A-2", 64, 2 ** 39)] },
    { name: "B", hosts: [host("B", 32, 2 ** 38, 3)] },
  ],
};
writeFileSync(join(folder, "topology.json"), `${JSON.stringify(topology, undefined, 2)}\n`);
connection.closeSync();
