// What is written, and what SQL makes of it.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import { type Database, openDatabase, queryNames, runCatalogueQuery, runSql } from "../../src/analysis/index.ts";
import { planFleet } from "../../src/fleet/index.ts";
import { dumpFolder, fleetSchema, openFolder, readRows, type Table } from "../../src/trace/index.ts";
import { expectGolden } from "../kit/golden.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { fleetOf, host, publishedProfile, tinyFleetText, writeTinyFleet } from "../kit/tiny-fleet.ts";

const folder = sharedFolder();
const path = join(folder, "fleet");
let database: Database<"fleet">;

beforeAll(async () => {
  await writeTinyFleet(path);
  database = await openDatabase({ kind: "fleet", path });
  return () => database.close();
});

const rowsOf = (table: Table) => readRows(table, openFolder("fleet", path).sources.get(table.name)!);
const sum = (table: Table, column: string): number =>
  rowsOf(table).reduce((total, row) => total + Number(row[column] ?? 0), 0);

test("holds what a person can read", () => {
  expectGolden("fleet/tiny.txt", dumpFolder(path));
});

test("the same fleet gives the same bytes, another seed others", async () => {
  await writeTinyFleet(join(folder, "again"));
  for (const file of readdirSync(path)) {
    expect(readFileSync(join(folder, "again", file)).equals(readFileSync(join(path, file))), file).toBe(true);
  }
  const other = await writeTinyFleet(join(folder, "other"), { text: tinyFleetText.replace("seed: 2", "seed: 3") });
  expect(other.sha256).not.toBe(openFolder("fleet", path).header.sha256);
});

test("nothing is left beside a folder that cannot be written", async () => {
  const target = join(folder, "foreign");
  await expect(writeTinyFleet(folder, {})).rejects.toThrow("exists and is not a fleet folder");
  await writeTinyFleet(target);
  expect(readdirSync(folder).filter((name) => name.startsWith("."))).toEqual([]);
});

describe("questions", () => {
  test("the headline is what adding the tables up by hand gives", async () => {
    const [row] = await runCatalogueQuery(database, "fleet-headline");
    const { fleetVmTable, fleetHostTable, batchTable, migrationTable } = fleetSchema;
    expect(row).toMatchObject({
      pause_sum_ns: sum(fleetVmTable, "pause_ns"),
      pause_sum_low_ns: sum(fleetVmTable, "pause_low_ns"),
      pause_sum_high_ns: sum(fleetVmTable, "pause_high_ns"),
      loss_sum_ns: sum(fleetVmTable, "loss_ns"),
      migration_sum_ns: sum(migrationTable, "downtime_ns"),
      migration_count: rowsOf(migrationTable).length,
      host_count: rowsOf(fleetHostTable).length,
      vm_count: rowsOf(fleetVmTable).length,
      total_ns: Math.max(...rowsOf(batchTable).map((batch) => Number(batch["end_ns"] ?? 0))),
    });
    const hosts =
      row!.updated_host_count + row!.failed_host_count + row!.refused_host_count + row!.unreached_host_count;
    expect(hosts).toBe(row!.host_count);
    const counts = row!.paused_vm_count + row!.lost_vm_count + row!.refused_vm_count + row!.unreached_vm_count;
    const gone = rowsOf(fleetVmTable).filter((vm) => vm["fate"] === fleetSchema.vmFateLabels.indexOf("migrated"));
    expect(counts + row!.unplaced_vm_count + gone.length).toBe(row!.vm_count);
  });

  test("VM-seconds are those of the plan itself", async () => {
    const { rollout } = planFleet(fleetOf(tinyFleetText), publishedProfile());
    const add = (values: Float64Array) => values.reduce((total, ns) => total + (Number.isNaN(ns) ? 0 : ns), 0);
    const [row] = await runCatalogueQuery(database, "fleet-headline");
    expect(row!.pause_sum_ns).toBe(add(rollout.vms.pause.baseNs));
    expect(row!.loss_sum_high_ns).toBe(add(rollout.vms.loss.highNs));
  });

  test("losses over time and by batch end with the headline's sums", async () => {
    const [row] = await runCatalogueQuery(database, "fleet-headline");
    const last = (await runCatalogueQuery(database, "fleet-loss-over-time")).at(-1)!;
    expect(last).toMatchObject({
      at_ns: row!.total_ns,
      pause_sum_ns: row!.pause_sum_ns,
      loss_sum_ns: row!.loss_sum_ns,
      migration_sum_ns: row!.migration_sum_ns,
    });
    const batches = await runCatalogueQuery(database, "fleet-batches");
    const lostNs = batches.reduce((total, batch) => total + batch.lost_sum_ns, 0);
    // A VM that pauses does so on the host that it ends on; what its migrations took counts at the host that it left.
    expect(lostNs).toBe(row!.pause_sum_ns + row!.loss_sum_ns + row!.migration_sum_ns);
  });

  test("losses over time never fall, and are there when the hosts' turns are over", async () => {
    const rows = await runCatalogueQuery(database, "fleet-loss-over-time", { bin_count: 37 });
    expect(rows.length).toBe(38);
    for (const [index, row] of rows.entries()) {
      if (index > 0) expect(row.pause_sum_ns).toBeGreaterThanOrEqual(rows[index - 1]!.pause_sum_ns);
      const sql = `select coalesce(sum(lost_ns), 0)::double from lost_time where cause = 'pauses of updates' and at_ns <= ${row.at_ns}`;
      expect((await runSql(database, sql)).rows).toEqual([[row.pause_sum_ns]]);
    }
  });

  test("SLOs are held against the longest standstill of each VM that is reached", async () => {
    const vms = rowsOf(fleetSchema.fleetVmTable).filter((vm) =>
      ["paused", "migrated", "lost"].includes(fleetSchema.vmFateLabels[vm["fate"] as number]!),
    );
    const longest = vms.map((vm) =>
      Math.max(Number(vm["pause_ns"] ?? 0), Number(vm["loss_ns"] ?? 0), Number(vm["longest_downtime_ns"])),
    );
    const slos = await runCatalogueQuery(database, "fleet-slos");
    expect(slos.map((slo) => slo.slo_name)).toEqual(["pause-5s", "strict"]);
    for (const slo of slos) {
      const broken = longest.filter((ns) => ns > slo.pause_ns).length;
      expect(slo.broken_vm_count).toBe(broken);
      expect(slo.kept_ratio).toBeCloseTo(1 - broken / vms.length, 12);
      expect(slo.is_kept).toBe(1 - broken / vms.length >= slo.vm_ratio);
      expect(slo.low_broken_vm_count).toBeLessThanOrEqual(broken);
      expect(slo.high_broken_vm_count).toBeGreaterThanOrEqual(broken);
    }
  });

  test("metadata at once is that of the hosts that are updated at the same moment", async () => {
    const [row] = await runCatalogueQuery(database, "fleet-headline");
    const { rows } = await runSql(database, "select update_start_ns, update_end_ns, metadata_bytes from host_turn");
    const turns = rows as [number, number, number][];
    const held = turns.map(([at]) =>
      turns.reduce((total, [from, to, bytes]) => total + (from <= at && at < to ? bytes : 0), 0),
    );
    expect(row!.peak_metadata_bytes).toBe(Math.max(...held));
  });

  test("a Gantt of few lanes has every host in one of them", async () => {
    for (const lane_limit of [1, 2, 3, 40]) {
      const pieces = await runCatalogueQuery(database, "fleet-gantt", { lane_limit });
      const lanes = Map.groupBy(pieces, (piece) => piece.lane_index);
      expect(lanes.size).toBeLessThanOrEqual(lane_limit);
      const hosts = [...lanes.values()].reduce((total, [first]) => total + first!.host_count, 0);
      expect(hosts).toBe(6);
    }
  });

  test("the ECDF ends at all VMs, and the histogram holds every host", async () => {
    const curve = await runCatalogueQuery(database, "fleet-pause-ecdf");
    for (const level of ["base", "low", "high"]) {
      expect(curve.findLast((point) => point.level === level)!.vm_ratio).toBe(1);
    }
    const bins = await runCatalogueQuery(database, "fleet-blackout-histogram", { bin_count: 3 });
    expect(bins.reduce((total, bin) => total + bin.host_count, 0)).toBe(6);
    for (const bin of bins) expect(bin.to_ns).toBeGreaterThan(bin.from_ns);
  });

  test("a fleet on which nothing is updated answers all of them", async () => {
    const target = join(folder, "refused");
    await writeTinyFleet(target, {
      text: `version: 1\nname: none\n${host}hosts: [{name: h, ram: 256 MiB, cpus: 1}]\nvms: [{name: vm, memory: 1 GiB, vcpus: 1}]\n`,
    });
    const none = await openDatabase({ kind: "fleet", path: target });
    for (const name of queryNames("fleet")) await runCatalogueQuery(none, name);
    const [row] = await runCatalogueQuery(none, "fleet-headline");
    none.close();
    expect(row).toMatchObject({ refused_host_count: 1, unplaced_vm_count: 1, total_ns: 0, worst_vm_name: null });
  });
});
