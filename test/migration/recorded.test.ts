// Recorded migrations: what is read of them, what reaches a prediction, and how far it is off.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import {
  compareRun,
  listMigrationAccuracy,
  type MigrationFiles,
  makeMigration,
  type PredictionInputs,
  readInputs,
  readMigrations,
  type RecordedRun,
  SampledLog,
  simulateMigration,
} from "../../src/migration/index.ts";
import { besideFolder } from "../kit/recordings.ts";
import { makeFiles, specText, type RunShape } from "./recorded-files.ts";

const folder = join(besideFolder, "..", "traces", "qemu-pg-migration");
const ownFile = join(besideFolder, "..", "traces", "recorded-here", "vm-tcg-migrate-qmp.json");

const read = (files: MigrationFiles): RecordedRun[] => [...readMigrations(files).runs];
const readOne = (shape: RunShape): RecordedRun => read(makeFiles([shape]))[0]!;

describe.skipIf(!existsSync(folder))(
  `recorded migrations of QEMU, MIG-13 and MIG-15 (${folder}, where it is there)`,
  () => {
    const text = (name: string): { path: string; text: string } => {
      const bytes = readFileSync(join(folder, name));
      return { path: name, text: (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8") };
    };
    const recorded = existsSync(folder)
      ? readMigrations({
          samples: text("migration_samples.csv.gz"),
          specs: text("specs.txt"),
          events: text("events.csv"),
          runs: text("runs.csv"),
        })
      : undefined;
    const accuracy = recorded ? listMigrationAccuracy(recorded.runs.map(compareRun)) : [];

    test("every run is read", () => {
      expect(recorded!.runs.length).toBeGreaterThanOrEqual(30);
      expect(recorded!.leftOut).toEqual([]);
      expect(recorded!.problems.count).toBe(0);
    });

    test.each(accuracy.map((each) => [each.scenario, each] as const))(
      "%s is predicted within the bounds",
      (_, each) => {
        expect(each.convergedRight).toBe(each.runs);
        expect(each.medianRatios.totalNs).toBeLessThan(0.15);
        expect(each.medianRatios.transferredBytes).toBeLessThan(0.15);
        expect(each.met).toBe(true);
      },
    );

    test("a prediction does not change when what it predicts does", () => {
      for (const run of recorded!.runs) {
        const last = run.samples.at(-1)!;
        const forged = { ...last, totalMs: last.totalMs + 9000, downtimeMs: 77, transferredBytes: 5, syncCount: 99 };
        const other = { ...run, totalMs: 99_999, samples: [...run.samples.slice(0, -1), forged] };
        expect(compareRun(other).outcome).toEqual(compareRun(run).outcome);
      }
    });
  },
);

interface QmpLine {
  readonly query_migrate?: {
    readonly status: string;
    readonly "total-time"?: number;
    readonly downtime?: number;
    readonly ram?: Record<string, number>;
  };
}

describe.skipIf(!existsSync(ownFile))(`our own pre-copy at 32 MiB/s (${ownFile}, where it is there)`, () => {
  test("rounds, time and bytes from its own rates", () => {
    const lines = (JSON.parse(readFileSync(ownFile, "utf8")) as QmpLine[]).flatMap(({ query_migrate: each }) =>
      each?.ram === undefined ? [] : [{ ...each, ram: each.ram }],
    );
    const end = lines.findIndex(({ status }) => status === "completed");
    const rows = lines.slice(0, end + 1).map(({ status, ram, ...times }) => ({
      status,
      total_time: times["total-time"]!,
      downtime: times.downtime ?? "",
      transferred: ram["transferred"]!,
      total: ram["total"]!,
      normal: ram["normal"]!,
      duplicate: ram["duplicate"]!,
      dirty_sync_count: ram["dirty-sync-count"]!,
      dirty_pages_rate: ram["dirty-pages-rate"]!,
      mbps: ram["mbps"]!,
    }));
    const { outcome, compared } = compareRun(readOne({ scenario: "Own", run: "1", rows }));
    expect(compared.totalNs.recorded).toBe(4953e6);
    expect(outcome.totalNs / 4953e6).toBeGreaterThan(0.9);
    expect(outcome.totalNs / 4953e6).toBeLessThan(1.1);
    expect(outcome.transferredBytes / 172_890_507).toBeGreaterThan(0.95);
    expect(outcome.transferredBytes / 172_890_507).toBeLessThan(1.1);
    expect(Math.abs(outcome.roundCount - 6)).toBeLessThanOrEqual(1);
    expect(outcome.qemuDowntimeNs / 1e6).toBeLessThan(8);
  });
});

test("our own stopped guest, saved whole into a pipe: 75 ms (MIG-13, MIG-14)", () => {
  const guest = { dataPages: 34_067, zeroPages: 35_711, rates: readInputs(idleRun()).guest.rates };
  const outcome = simulateMigration(new SampledLog(guest), makeMigration({ mode: "stop-copy", maxBytesPerSec: 0 }));
  expect(Math.abs(outcome.totalNs / 75e6 - 1)).toBeLessThan(0.05);
});

const gib = 1024 ** 3;
const idleRun = (): RecordedRun => readOne({ scenario: "Plain", run: "1", rows: rowsOf(1, () => 0) });

/** Rows of a run as QEMU would answer, each 200 ms; only what a prediction reads is true. */
function rowsOf(
  seconds: number,
  rateAt: (sec: number) => number,
  more: Partial<RunShape["rows"][number]> = {},
): RunShape["rows"][number][] {
  return Array.from({ length: seconds * 5 }, (_, index) => ({
    status: "active",
    total_time: (index + 1) * 200,
    transferred: (index + 1) * 27_054_000,
    total: 2 * gib,
    normal: 6592 * (index + 1),
    duplicate: Math.min(200_000, 20_000 * (index + 1)),
    dirty_sync_count: 1,
    dirty_pages_rate: rateAt((index + 1) / 5),
    mbps: 1082.1,
    ...more,
  }));
}

describe("what reaches a prediction", () => {
  test("memory, zero pages, flags and the moments of operators", () => {
    const rows = rowsOf(30, (sec) => (sec < 10 ? 0 : 5000));
    rows.push({ ...rows.at(-1)!, status: "completed", total_time: 30_100, dirty_pages_rate: 0 });
    const events = [
      ["migration_started", 10],
      ["benchmark_end", 35.5],
    ] as const;
    const { config, guest } = readInputs(readOne({ scenario: "Auto", run: "1", rows, startSec: 10, events }));
    expect(config).toEqual({ mode: "precopy", autoConverge: true });
    expect(guest).toMatchObject({ dataPages: (2 * gib) / 4096 - 200_000, zeroPages: 200_000 });
    expect(guest.loadEndNs).toBeCloseTo(25.5e9, -3);
    expect([...guest.rates.endNs]).toEqual([9.9e9]);
  });

  test("a limit of its own, where the samples show one", () => {
    const { config } = readInputs(readOne({ scenario: "Plain", run: "1", rows: rowsOf(5, () => 0, { mbps: 268.5 }) }));
    expect(config).toMatchObject({ maxBytesPerSec: 268.5e6 / 8, flushPages: 1, cancelAtNs: 5e9 });
  });

  test("post-copy is asked for when it was, or when the flags say", () => {
    const rows = rowsOf(2, () => 0);
    const told = readOne({ scenario: "Late", run: "1", rows, startSec: 10, events: [["postcopy_requested", 15.2]] });
    expect(readInputs(told).config.postcopyAtNs).toBeCloseTo(5.2e9, -3);
    expect(readInputs(readOne({ scenario: "Late", run: "1", rows })).config.postcopyAtNs).toBe(25e9);
  });

  test("the throttle in which each rate was taken", () => {
    const rows = rowsOf(20, (sec) => (sec < 8 ? 0 : sec < 14 ? 9000 : 8000)).map((row) => ({
      ...row,
      cpu_throttle_percentage: row.total_time < 8000 ? "" : row.total_time < 14_000 ? 20 : 30,
    }));
    const { rates } = readInputs(readOne({ scenario: "Auto", run: "1", rows })).guest;
    expect([...rates.pagesPerSec]).toEqual([9000, 8000]);
    expect(rates.throttleRatio[0]).toBe(0);
    expect(rates.throttleRatio[1]).toBeCloseTo(0.2, 5);
  });
});

describe("ends of all kinds", () => {
  test("one that was cut is predicted up to the cut", () => {
    const { converged, compared, outcome } = compareRun(
      readOne({ scenario: "Plain", run: "1", rows: rowsOf(40, (sec) => (sec < 20 ? 0 : 60_000)) }),
    );
    expect(converged).toEqual({ predicted: false, recorded: false });
    expect(outcome.reason).toBe("cancelled");
    expect(compared.totalNs).toEqual({ predicted: undefined, recorded: undefined });
    expect(compared.transferredBytes.predicted! / (40 * 135e6)).toBeCloseTo(1, 1);
  });

  test("a guest that was paused: two numbers, and only one is how long it stood still", () => {
    const rows = rowsOf(10, () => 0);
    rows.push({ ...rows.at(-1)!, status: "completed", total_time: 10_050, downtime: 9 });
    const events = [
      ["source_paused", 99.5],
      ["migration_end", 110.2],
      ["destination_resumed", 110.3],
    ] as const;
    const { compared, converged } = compareRun(readOne({ scenario: "Stop", run: "1", rows, startSec: 100, events }));
    expect(converged).toEqual({ predicted: true, recorded: true });
    expect(compared.blackoutNs.recorded! / 1e9).toBeCloseTo(10.8, 3);
    expect(compared.blackoutNs.predicted!).toBeGreaterThan(compared.totalNs.predicted! + 0.5e9);
    expect(compared.qemuDowntimeNs.recorded).toBe(9e6);
  });

  test("an end without counters has its time by the event", () => {
    const rows = [...rowsOf(10, () => 0), { status: "completed", total_time: "" }] as RunShape["rows"];
    const run = readOne({ scenario: "Plain", run: "1", rows, startSec: 50, events: [["migration_end", 60.4]] });
    expect(run.totalMs).toBeCloseTo(10_400, 3);
    expect(compareRun(run).converged.recorded).toBe(true);
  });
});

describe("hostile files", () => {
  const rows = rowsOf(1, () => 0);
  const good = makeFiles([{ scenario: "Plain", run: "1", rows }]);

  test("bad cells and rows are counted, and named by line", () => {
    const lines = good.samples.text.split("\n");
    lines[2] = lines[2]!.replace("1082.1", "NaN");
    lines[3] = "Plain,1";
    const { problems, runs } = readMigrations({ ...good, samples: { path: "m.csv", text: lines.join("\n") } });
    expect(problems.count).toBe(2);
    expect(problems.named.join("\n")).toMatch(/m\.csv:3: mbps is "NaN"/);
    expect(problems.named.join("\n")).toMatch(/m\.csv:4: 2 fields, not \d+/);
    expect(runs[0]!.samples).toHaveLength(4);
  });

  test.each([
    ["", /no column scenario/],
    ["scenario,run\nA,1", /no column t_run_s/],
    [good.samples.text.split("\n")[0]!, /no run can be predicted/],
    [good.samples.text.replaceAll("Plain", "Unknown"), /no run can be predicted/],
  ])("tables that tell nothing are refused: %#", (text, message) => {
    expect(() => readMigrations({ ...good, samples: { path: "m.csv", text } })).toThrow(message);
  });

  test.each([
    ["migration-mode (0: precopy): 7", /no migration mode 7/],
    ["migration-mode (0: precopy): x", /"x" is no number/],
    ["memory: -8", /"-8" is no number/],
  ])("flags that are none are refused: %s", (line, message) => {
    expect(() => readMigrations({ ...good, specs: { path: "s.txt", text: `== Plain\n${line}` } })).toThrow(message);
  });

  test("a run without flags is left out, and said to be", () => {
    const more = makeFiles([
      { scenario: "Plain", run: "1", rows },
      { scenario: "Else", run: "1", rows },
    ]);
    expect(readMigrations(more).leftOut).toEqual([{ name: "Else 1", why: "specs.txt has no migration mode for it" }]);
    expect(specText).toContain("== Plain");
  });

  test("a text of lines without end is refused before it is taken apart", () => {
    const text = good.samples.text + "\n".repeat(2_000_001);
    expect(() => readMigrations({ ...good, samples: { path: "m.csv", text } })).toThrow(/at most 2000000 rows/);
  });

  test("numbers beyond reason are no numbers, and make no endless migration", () => {
    const wild = rows.map((row) => ({ ...row, dirty_pages_rate: "1e300", total: 2 * gib }));
    const [run] = read(makeFiles([{ scenario: "Plain", run: "1", rows: wild }]));
    const { config, guest }: PredictionInputs = readInputs(run!);
    expect(guest.rates.endNs).toHaveLength(0);
    expect(simulateMigration(new SampledLog(guest), makeMigration(config)).reason).toBe("cancelled");
  });
});
