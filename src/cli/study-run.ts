import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

import type { Command } from "commander";

import { UsageError } from "../base/index.ts";
import type { Database } from "../analysis/index.ts";
import { shippedProfiles } from "./context.ts";
import { runReplay, type ReplayExtras } from "./commands/replay.ts";

/** What commands that replay a trace only to ask about it have in common. */
export interface StudyFlags {
  readonly scenario: string;
  readonly profile?: string;
  readonly output?: string;
  readonly chart?: string;
  readonly json?: boolean;
}

export interface Study {
  readonly tracePath: string;
  readonly flags: StudyFlags;
  readonly extras: ReplayExtras;
  /** Chart that `--chart` writes. */
  readonly chartId: string;
}

/** The options that they share. */
export function addStudyOptions(command: Command): Command {
  return command
    .option(
      "-p, --profile <name>",
      `cost profile: ${shippedProfiles.join(", ")}, or a YAML file (default: the scenario's)`,
    )
    .option("-o, --output <folder>", "also keep the run, for reports and questions")
    .option("--chart <file>", "also write the chart, as .svg or .png");
}

/** A chart's file says by its name what it is. */
function checkChart({ chart }: StudyFlags): void {
  if (chart === undefined || [".svg", ".png"].includes(extname(chart))) return;
  throw new UsageError(`--chart ${chart}: expected a name that ends in .svg or .png`);
}

/**
 * Replays a trace, asks the run, and keeps it where `--output` says so: every number comes from the run's tables by SQL,
 * as in a report.
 */
export async function studyRun<Answer>(
  { tracePath, flags, extras, chartId }: Study,
  signal: AbortSignal,
  ask: (database: Database<"run">) => Promise<Answer>,
): Promise<Answer> {
  checkChart(flags);
  const folder = mkdtempSync(join(tmpdir(), "luoscope-"));
  try {
    const path = flags.output ?? join(folder, "run");
    const { scenario, profile } = flags;
    await runReplay(
      tracePath,
      { scenario, output: path, ...(profile === undefined ? {} : { profile }) },
      signal,
      extras,
    );
    const { openDatabase, writeChart } = await import("../analysis/index.ts");
    const database = await openDatabase({ kind: "run", path });
    try {
      const answer = await ask(database);
      if (flags.chart !== undefined) await writeChart(database, chartId, flags.chart);
      return answer;
    } finally {
      database.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
