// luoscope migrations, as a user meets it.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { luoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { makeFiles, type RunShape } from "../migration/recorded-files.ts";

/** 300,000 pages with data at 3,296 a window: 9.1 s, of which the last 9,900 pages go out at once. */
function idleRows(seconds: number): RunShape["rows"] {
  const rows = Array.from({ length: Math.floor(seconds * 5) }, (_, index) => ({
    status: "active",
    total_time: (index + 1) * 200,
    total: 300_000 * 4096,
    normal: Math.min(299_000, 6592 * (index + 1)),
    duplicate: 0,
    dirty_pages_rate: 0,
    mbps: 1082.1,
  }));
  const last = { status: "completed", total_time: seconds * 1000, transferred: 300_000 * 4104, dirty_sync_count: 3 };
  return [...rows, { ...rows.at(-1)!, ...last, normal: 300_000, downtime: 16 }];
}

function writeFolder(seconds: number, packed = false): string {
  const folder = tempFolder();
  const { samples, specs, events } = makeFiles([
    { scenario: "Plain", run: "1", rows: idleRows(seconds) },
    { scenario: "Stop", run: "1", rows: idleRows(seconds) },
  ]);
  const name = `migration_samples.csv${packed ? ".gz" : ""}`;
  writeFileSync(join(folder, name), packed ? gzipSync(samples.text) : samples.text);
  writeFileSync(join(folder, "specs.txt"), specs.text);
  writeFileSync(join(folder, "events.csv"), events!.text);
  return folder;
}

describe("migrations", () => {
  test("shows predicted beside recorded, and both downtimes", () => {
    const { status, stdout, stderr } = luoscope(["migrations", writeFolder(9)]);
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/Plain \(precopy\)\nrun +converged +recorded +rounds/);
    expect(stdout).toMatch(/QEMU's downtime .* vCPUs stopped/);
    expect(stdout).toMatch(/Stop +1 +1 of 1 .* yes/);
    expect(stdout).toContain("All bounds are met.");
  });

  test("reads packed tables, one scenario, and gives all as JSON", () => {
    const { status, stdout } = luoscope(["migrations", writeFolder(9, true), "--scenario", "Stop", "--json"]);
    expect(status).toBe(0);
    const { met, scenarios, runs } = JSON.parse(stdout) as {
      met: boolean;
      scenarios: { scenario: string }[];
      runs: { outcome: { rounds: unknown[] }; inputs: object; compared: { blackoutNs: { predicted: number } } }[];
    };
    expect(met).toBe(true);
    expect(scenarios.map(({ scenario }) => scenario)).toEqual(["Stop"]);
    expect(runs[0]!.outcome.rounds.length).toBe(3);
    expect(runs[0]!.inputs).toMatchObject({ mode: "stop-copy", dataPages: 300_000 });
    expect(runs[0]!.compared.blackoutNs.predicted / 1e9).toBeCloseTo(9, 0);
  });

  test("a bound that is missed is exit code 1", () => {
    const { status, stdout } = luoscope(["migrations", writeFolder(30)]);
    expect(status).toBe(1);
    expect(stdout).toContain("Missed by Plain, Stop.");
  });

  test("bad input is exit code 3, a wrong name 2", () => {
    const folder = writeFolder(9);
    expect(luoscope(["migrations", folder, "--scenario", "None"])).toMatchObject({ status: 2 });
    expect(luoscope(["migrations", join(folder, "none")])).toMatchObject({ status: 2 });
    writeFileSync(join(folder, "specs.txt"), "== Plain\nmigration-mode: 9\n");
    expect(luoscope(["migrations", folder]).stderr).toMatch(/specs\.txt:2: there is no migration mode 9/);
    const empty = luoscope(["migrations", tempFolder()]);
    expect(empty.status).toBe(3);
    expect(empty.stderr).toMatch(/no migration_samples\.csv/);
  });
});
