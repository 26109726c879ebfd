// Charts of fleets: every field there, texts inside and apart, whatever the fleet and its names.
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { type Database, openDatabase } from "../../src/analysis/index.ts";
import { readReportRows } from "../../src/analysis/render/report-rows.ts";
import { buildFleetCharts } from "../../src/analysis/spec/fleet-charts.ts";
import { createTheme } from "../../src/analysis/spec/theme.ts";
import { expectFields, expectTextsApart, expectTextsInside } from "../analysis/chart-checks.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { host, tinyFleetText, writeTinyFleet } from "../kit/tiny-fleet.ts";

const folder = sharedFolder();

function fleetText(name: string, hosts: number, rollout: string): string {
  return `version: 1
name: ${JSON.stringify(name)}
seed: 4
${host}
hosts: [{name: ${JSON.stringify(name)}, count: ${hosts}, ram: 64 GiB, cpus: 16}, {name: ${JSON.stringify(name)}, count: 2, ram: 96 GiB, cpus: 16}]
vms: [{name: ${JSON.stringify(name)}, count: ${2 * hosts}, memory: 8 GiB, vcpus: 4}]
packing: {policy: worst-fit}
rollout: {host_failure_ratio: 0.1, ${rollout}}
slo: [pause-1s, pause-5s, pause-10s, pause-30s, {name: ${JSON.stringify(name)}, pause: 2900 ms}]
`;
}

const hostile = `<b>"${"very long name ".repeat(5)}' \u202e${"\u{1f980}".repeat(3)}`;
const cases: Readonly<Record<string, string | undefined>> = {
  tiny: tinyFleetText,
  hostile: fleetText(hostile, 12, "batch: 3, concurrency: 2"),
  batches: fleetText("h", 200, "batch: 10, concurrency: 5, health_wait: {host: 30 s, batch: 10 min}"),
  "one batch": fleetText("h", 300, "concurrency: 7"),
  "many batches": fleetText("h", 30, "batch: 1, health_wait: {batch: 480 min}"),
  "one host": fleetText("h", 1, "recovery: 1000 min"),
  refused: `version: 1\nname: none\n${host}hosts: [{name: h, ram: 256 MiB, cpus: 1}]\nvms: [{name: vm, memory: 1 GiB, vcpus: 1}]\n`,
};

async function databaseOf(name: string): Promise<Database<"fleet">> {
  const path = join(folder, name);
  await writeTinyFleet(path, { text: cases[name]! });
  return openDatabase({ kind: "fleet", path });
}

describe.each(Object.keys(cases))("%s", (name) => {
  test.each(["light", "dark"] as const)("%s", async (mode) => {
    const database = await databaseOf(name);
    const charts = buildFleetCharts(await readReportRows(database), createTheme(mode));
    database.close();
    expect(charts.map(({ id }) => id)).toEqual(["fleet-rollout", "fleet-pauses", "fleet-blackouts"]);
    for (const chart of charts) {
      expect(chart.isEmpty).toBe(name === "refused");
      expectFields(chart);
      await expectTextsInside(chart);
      await expectTextsApart(chart, name);
      // Never a mark for each VM or host of a large fleet.
      expect(JSON.stringify(chart.spec).length).toBeLessThan(400_000);
    }
  });
});
