// Files of recorded migrations as their recorder would write them, of made-up numbers.
import type { MigrationFiles } from "../../src/migration/index.ts";

const columns = [
  "status",
  "total_time",
  "setup_time",
  "downtime",
  "cpu_throttle_percentage",
  "transferred",
  "total",
  "normal",
  "duplicate",
  "dirty_sync_count",
  "dirty_pages_rate",
  "mbps",
] as const;

export interface RunShape {
  readonly scenario: string;
  readonly run: string;
  readonly rows: readonly ({ status: string; total_time: number } & Partial<
    Record<(typeof columns)[number], string | number>
  >)[];
  readonly startSec?: number;
  readonly events?: readonly (readonly [name: string, sec: number])[];
}

const flags = (name: string, mode: number, more = ""): string =>
  `== ${name}\nmemory: 2\nmigration-mode (0: precopy, 1: stop-copy, 2: postcopy): ${mode}\n${more}\n`;

export const specText = [
  flags("Plain", 0),
  flags("Own", 0),
  flags("Auto", 0, "auto-converge: 1"),
  flags("Stop", 1),
  flags("Late", 2, "postcopy-sleep after mig start: 25"),
  "== Baseline\nmemory: 8\n",
].join("\n");

export function makeFiles(runs: readonly RunShape[]): MigrationFiles {
  const samples = runs.flatMap(({ scenario, run, rows, startSec = 0 }) =>
    rows.map((row) => {
      const cells = columns.map((name) => row[name] ?? "");
      return [scenario, run, startSec + row.total_time / 1000, ...cells].join(",");
    }),
  );
  const events = runs.flatMap(({ scenario, run, events = [] }) =>
    events.map(([name, sec]) => [scenario, run, sec, name, '"a, b"'].join(",")),
  );
  return {
    samples: { path: "samples.csv", text: [["scenario,run,t_run_s", ...columns].join(","), ...samples, ""].join("\n") },
    specs: { path: "specs.txt", text: specText },
    events: { path: "events.csv", text: ["scenario,run,t_run_s,event,details", ...events, ""].join("\n") },
  };
}
