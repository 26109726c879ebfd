import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import type { TrendFilter } from "../../history/index.ts";
import { measureSides, numberWithin } from "../compare-sides.ts";
import { printResult } from "../output.ts";

interface AddFlags {
  readonly commit: string;
  readonly branch: string;
  readonly testbed: string;
  readonly time?: string;
  readonly profile: string;
  readonly json?: boolean;
}

interface ShowFlags extends TrendFilter {
  readonly seed: string;
  readonly json?: boolean;
}

const maxWord = 200;

function wordOf(text: string, option: string): string {
  if (text.length > 0 && text.length <= maxWord) return text;
  throw new UsageError(`${option}: 1 to ${maxWord} characters`);
}

async function add(file: string, result: string, flags: AddFlags): Promise<void> {
  const { addToHistory } = await import("../../history/index.ts");
  const place = {
    // Whole seconds, as commits have.
    time: flags.time ?? `${new Date().toISOString().slice(0, 19)}Z`,
    commit: wordOf(flags.commit, "--commit"),
    branch: wordOf(flags.branch, "--branch"),
    testbed: wordOf(flags.testbed, "--testbed"),
  };
  const [measurement] = await measureSides([result], flags.profile);
  const { added, total } = await addToHistory(file, measurement!, place);
  printResult(
    {
      json: { file, added, total, ...place },
      text: `${file}: ${added} ${added === 1 ? "row" : "rows"} added, ${total} in all`,
    },
    flags.json === true,
  );
}

async function show(file: string, flags: ShowFlags): Promise<void> {
  const { findTrends, readHistory } = await import("../../history/index.ts");
  const { formatTrends } = await import("../format-history.ts");
  const { branch, testbed, metric, of } = flags;
  const filter = {
    ...(branch === undefined ? {} : { branch }),
    ...(testbed === undefined ? {} : { testbed }),
    ...(metric === undefined ? {} : { metric }),
    ...(of === undefined ? {} : { of }),
  };
  const seed = Math.round(numberWithin(flags.seed, "--seed", [0, 2 ** 32 - 1]));
  const trends = findTrends(await readHistory(file), filter, seed);
  const json = trends.map(({ points, shifts, ...trend }) => ({
    ...trend,
    points: points.map(({ time, commit, value, low, high }) => ({ time, commit, value, low, high })),
    change_points: shifts.map(({ point, index, pValue, before, after, verdict }) => ({
      index,
      time: point.time,
      commit: point.commit,
      before,
      after,
      p_value: pValue,
      verdict,
    })),
  }));
  printResult({ json: { file, series: json }, text: formatTrends(trends) }, flags.json === true);
}

export function registerHistory(program: Command): void {
  const history = program
    .command("history")
    .description("keep results over commits in a file, and find where they changed");
  history
    .command("add")
    .description("add a result to a history: a .csv or .parquet file in your repository")
    .argument("<file>", "history, made where there is none")
    .argument("<result>", "a run, a sweep, a recording, a folder of them, or samples")
    .requiredOption("--commit <id>", "what was measured")
    .option("--branch <name>", "line of development", "main")
    .option("--testbed <name>", "machine or class of machines", "default")
    .option("--time <time>", "when, in UTC: 2026-01-31T12:00:00Z (default: now)")
    .option("-p, --profile <name>", "cost profile for recordings", "qemu-icount-7.3")
    .option("--json", "print the result as JSON")
    .action((file: string, result: string, _: unknown, command: Command) =>
      add(file, result, command.optsWithGlobals<AddFlags>()),
    );
  history
    .command("show")
    .description("show series and their change points (E-divisive): advice, and no gate")
    .argument("<file>", "history")
    .option("--branch <name>", "this line of development only")
    .option("--testbed <name>", "this testbed only")
    .option("--metric <id>", "this metric only")
    .option("--of <text>", "series with this text in their dimensions only")
    .option("--seed <number>", "seed of the permutations", "1")
    .option("--json", "print the result as JSON")
    .addHelpText("after", "\nExample:\n  luoscope history show bench/history.csv --metric blackout_ns")
    .action((file: string, _: unknown, command: Command) => show(file, command.optsWithGlobals<ShowFlags>()));
}
