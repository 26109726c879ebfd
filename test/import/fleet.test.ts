// Inventories: the kit, and sums that DuckDB takes of the same files.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { DuckDBInstance } from "@duckdb/node-api";
import { describe, expect, test } from "vitest";

import { openFolder, readRows, type Table, traceSchema } from "../../src/trace/index.ts";
import { describeImporter, importInto } from "../kit/import-conformance.ts";
import { besideFolder } from "../kit/recordings.ts";

const samples = fileURLToPath(new URL("../../traces/samples/fleet/1", import.meta.url));
const others = join(besideFolder, "..", "traces");

describeImporter("fleet", [
  { golden: "fleet-opendc", files: [join(samples, "meta.parquet"), join(samples, "trace.parquet")] },
  { golden: "fleet-huawei", files: [join(samples, "vm_requests.csv"), join(samples, "servers.csv")] },
  { golden: "fleet-bitbrains", files: [join(samples, "7.csv")] },
  { golden: "fleet-topology", files: [join(samples, "topology.json")] },
]);

async function tablesOf(files: readonly string[]) {
  const { folder, report } = await importInto(files);
  const { sources } = openFolder("trace", folder);
  const rowsOf = (table: Table) => {
    const source = sources.get(table.name);
    return source ? readRows(table, source) : [];
  };
  return { report, rowsOf };
}

async function ask(sql: string): Promise<readonly unknown[]> {
  const instance = await DuckDBInstance.create(":memory:");
  const connection = await instance.connect();
  try {
    await connection.run("set timezone = 'UTC'");
    return (await connection.runAndReadAll(sql))
      .getRows()[0]!
      .map((value) => (typeof value === "bigint" ? Number(value) : value));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

const sum = (rows: readonly Readonly<Record<string, unknown>>[], column: string): number =>
  rows.reduce((total, row) => total + Number(row[column] ?? 0), 0);

/** Folders of data sets: small ones made for the project, and the real ones where they are. */
const opendc = [samples, join(others, "opendc-vm-traces")];
const huawei = [samples, join(others, "huawei-vm-placement")];
const name = (folder: string) =>
  `${folder.split("/").at(-1)}${existsSync(folder) ? "" : ` (skipped: there is no ${folder})`}`;

describe.each(opendc.map((folder) => [name(folder), folder]))("OpenDC's %s", (_, folder) => {
  test.skipIf(!existsSync(folder))("has the VMs, lifetimes and use that DuckDB finds", async () => {
    const [meta, trace] = [join(folder, "meta.parquet"), join(folder, "trace.parquet")];
    const { rowsOf } = await tablesOf([meta, trace]);
    const vms = rowsOf(traceSchema.vmTable);
    const [count, cpus, bytes, lifeMs] = await ask(
      `select count(*), sum(cpu_count), sum((mem_capacity * 1024 + 4095) // 4096 * 4096),
         sum(date_diff('millisecond', start_time, stop_time)) from '${meta}'`,
    );
    expect([vms.length, sum(vms, "vcpu_count"), sum(vms, "guest_bytes")]).toEqual([count, cpus, Number(bytes)]);
    const requests = rowsOf(traceSchema.vmRequestTable);
    expect((sum(requests, "stop_ns") - sum(requests, "start_ns")) / 1e6 / Number(lifeMs)).toBeCloseTo(1, 9);
    const values = rowsOf(traceSchema.counterTable);
    const [rows, use, first] = await ask(
      `select count(*), sum(cpu_usage), (select date_diff('millisecond', min(start_time),
         (select min(timestamp) from '${trace}')) from '${meta}') from '${trace}'`,
    );
    expect(values.length).toBe(rows);
    expect(sum(values, "value") / Number(use)).toBeCloseTo(1, 9);
    expect(Number(values[0]!["time_ns"]) / 1e6).toBe(first);
  });
});

describe.each(huawei.map((folder) => [name(folder), folder]))("Huawei's %s", (_, folder) => {
  test.skipIf(!existsSync(folder))("has the requests and servers that DuckDB finds", async () => {
    const [vmFile, hostFile] = [join(folder, "vm_requests.csv"), join(folder, "servers.csv")];
    const { rowsOf } = await tablesOf([vmFile, hostFile]);
    const vms = rowsOf(traceSchema.vmTable);
    const requests = rowsOf(traceSchema.vmRequestTable);
    const hosts = rowsOf(traceSchema.hostTable);
    expect([
      vms.length,
      sum(vms, "vcpu_count"),
      sum(vms, "guest_bytes") / 2 ** 30,
      sum(requests, "numa_node_count"),
      requests.filter(({ affinity }) => affinity !== null).length,
    ]).toEqual(await ask(`select count(*), sum(vcpus), sum(ram_gib), sum(numa), count(strategy) from '${vmFile}'`));
    expect([hosts.length, sum(hosts, "cpu_count"), sum(hosts, "memory_bytes") / 2 ** 30]).toEqual(
      await ask(
        `select count(*), sum(numa0_free_vcpus + numa1_free_vcpus), sum(numa0_free_ram_gib + numa1_free_ram_gib) from '${hostFile}'`,
      ),
    );
  });
});

describe("an inventory", () => {
  test("of Bitbrains whose heading says ms takes its seconds as seconds, and says so", async () => {
    const { report } = await tablesOf([join(samples, "7.csv")]);
    expect(report.span_ns).toBe(23 * 300e9);
    expect(report.warnings.map(({ code }) => code)).toContain("unit-of-heading-wrong");
  });

  test("with hosts that count makes each of them", async () => {
    const { rowsOf } = await tablesOf([join(samples, "topology.json")]);
    expect(rowsOf(traceSchema.hostTable).map((host) => host["name"])).toEqual(["A-1", "A-2", "B-1", "B-2", "B-3"]);
  });

  const real = join(others, "opendc-vm-traces");
  test.skipIf(!existsSync(real))("of real data centres and VMs is read", async () => {
    const { rowsOf } = await tablesOf([join(real, "solvinity.json")]);
    expect(rowsOf(traceSchema.hostTable)).toHaveLength(76);
    const { rowsOf: ofVm } = await tablesOf([join(real, "bitbrains-fastStorage-1vm.csv.gz")]);
    expect(ofVm(traceSchema.counterTable)).toHaveLength(8619 * 7);
    const { rowsOf: ofCsv } = await tablesOf([join(real, "vms.csv")]);
    expect(ofCsv(traceSchema.vmTable)).toEqual(
      (await tablesOf([join(real, "meta.parquet")])).rowsOf(traceSchema.vmTable),
    );
  });
});
