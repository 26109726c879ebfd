import { join } from "node:path";

import { ParquetParts } from "../analysis/index.ts";
import { UsageError } from "../base/index.ts";
import { labelOfConfiguration, type RunList } from "../plan/index.ts";
import { type Profile, profileWith } from "../profile/index.ts";
import type { Scenario } from "../replay/index.ts";
import { Evaluator } from "./evaluate.ts";
import { partsFolder } from "./folder.ts";
import type { RunRow } from "./row.ts";

/** One run of a sweep, to be replayed in full. */
export interface ReplayableRun {
  readonly label: string;
  readonly kind: string;
  readonly tracePath: string;
  readonly scenario: Scenario;
  /** The costs as they were drawn. */
  readonly profile: Profile;
  /** What the sweep's fast way makes of it now, and what it wrote then; undefined if it was not made yet. */
  readonly answer: RunRow;
  readonly recorded: Partial<RunRow> | undefined;
}

const leastIdChars = 6;

/** The number of a run by its name, or by so much of it that no other begins alike. */
function findRun(runs: RunList, name: string): number {
  if (!/^[0-9a-f]+$/.test(name) || name.length < leastIdChars) {
    throw new UsageError(`--run ${name}: no run's name`, {
      hint: `name ${leastIdChars} hexadecimal digits of it at least`,
    });
  }
  const found: number[] = [];
  for (let index = 0; index < runs.count; index++) if (runs.idOf(index).startsWith(name)) found.push(index);
  const names = new Set(found.map((index) => runs.idOf(index)));
  if (names.size === 1) return found[0]!;
  throw new UsageError(`--run ${name}: ${names.size === 0 ? "no run" : `${names.size} runs`} of this sweep`, {
    hint: "results/run.parquet lists them: run_id",
  });
}

/**
 * Finds one run of a sweep with all that a replay of it takes.
 *
 * Errors   UsageError if there is no such run, or the run was refused: then with its reason
 */
export async function openRun(folder: string, runs: RunList, name: string): Promise<ReplayableRun> {
  const index = findRun(runs, name);
  const evaluator = new Evaluator(runs);
  const answer = evaluator.evaluate(index);
  if (answer.status !== "done") throw new UsageError(`run ${answer.run_id}: ${answer.reason}`);
  const { scenario, costs, configuration } = evaluator.draw(index);
  const { plan } = runs;
  const data = plan.profiles[configuration.profileIndex]!;
  const parts = await ParquetParts.open();
  try {
    const recorded = await parts.readRow(join(folder, partsFolder), "run_id", answer.run_id);
    return {
      label: labelOfConfiguration(configuration, plan.axes),
      kind: runs.at(index).kind,
      tracePath: plan.traces[configuration.traceIndex]!.path,
      scenario,
      profile: profileWith(data, `${data.name}, run ${answer.run_id}`, costs),
      answer,
      recorded: recorded as Partial<RunRow> | undefined,
    };
  } finally {
    parts.close();
  }
}

/** Something of which a sweep and a replay say different things. */
export interface ReplayDifference {
  readonly what: string;
  readonly swept: number;
  readonly replayed: number;
}

/** What a full replay must give again. */
export interface ReplayedRun {
  readonly blackoutNs: number;
  readonly plan: {
    readonly phases: readonly { readonly phase: string; readonly band: { readonly baseNs: number } }[];
    readonly vms: readonly { readonly blackout: { readonly baseNs: number } }[];
    readonly overhead: readonly { readonly kind: string; readonly overheadBytes: number }[];
  };
}

/** Holds a full replay against what the sweep wrote, or would write now. */
export function compareReplay(
  { answer, recorded }: ReplayableRun,
  { blackoutNs, plan }: ReplayedRun,
): ReplayDifference[] {
  const pauses = plan.vms.map(({ blackout }) => blackout.baseNs);
  const scratch = plan.overhead.filter(({ kind }) => kind === "scratch");
  const replayed: Readonly<Record<string, number>> = {
    blackout_ns: blackoutNs,
    ...Object.fromEntries(plan.phases.map(({ phase, band }) => [`${phase}_ns`, band.baseNs])),
    longest_pause_ns: Math.max(...pauses),
    scratch_bytes: scratch.reduce((sum, { overheadBytes }) => sum + overheadBytes, 0),
  };
  const differences: ReplayDifference[] = [];
  for (const row of [answer, recorded]) {
    if (!row) continue;
    const swept: Readonly<Record<string, unknown>> = { ...row, longest_pause_ns: row.pause_ns?.at(-1) };
    for (const [what, value] of Object.entries(replayed)) {
      if (Number(swept[what]) !== value) differences.push({ what, swept: Number(swept[what]), replayed: value });
    }
  }
  return differences;
}
