import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

import type { Command } from "commander";

import { FormatError, UsageError } from "../../base/index.ts";
import type { TextFile } from "../../migration/index.ts";
import { readText } from "../context.ts";
import { printResult } from "../output.ts";

/** Unpacked; the largest known table has 7 MiB. */
const maxFileBytes = 128 * 1024 * 1024;

interface MigrationsFlags {
  scenario?: string;
  json?: boolean;
}

/** A file of the folder, plain or packed. */
function findFile(folder: string, name: string): TextFile | undefined {
  for (const each of [name, `${name}.gz`]) {
    const path = join(folder, each);
    if (existsSync(path)) return { path, text: readText(path, maxFileBytes) };
  }
  return undefined;
}

function needFile(folder: string, name: string): TextFile {
  const file = findFile(folder, name);
  if (file) return file;
  throw new FormatError(`${folder}: no ${name}`, {
    hint: "the folder holds migration_samples.csv (or .csv.gz) and specs.txt; see docs/migration.md",
  });
}

async function runMigrations(folder: string, flags: MigrationsFlags): Promise<void> {
  if (!(statSync(folder, { throwIfNoEntry: false })?.isDirectory() ?? false)) {
    throw new UsageError(`${folder}: no such folder`, { hint: "name a folder of recorded migrations" });
  }
  const { compareRun, listMigrationAccuracy, readMigrations } = await import("../../migration/index.ts");
  const { formatMigrations } = await import("../format-migrations.ts");
  const events = findFile(folder, "events.csv");
  const words = findFile(folder, "runs.csv");
  const recorded = readMigrations({
    samples: needFile(folder, "migration_samples.csv"),
    specs: needFile(folder, "specs.txt"),
    ...(events ? { events } : {}),
    ...(words ? { runs: words } : {}),
  });
  const { scenario } = flags;
  const chosen = recorded.runs.filter((run) => scenario === undefined || run.scenario === scenario);
  if (chosen.length === 0) {
    const names = [...new Set(recorded.runs.map((run) => run.scenario))].join(", ");
    throw new UsageError(`no runs of scenario ${scenario}`, { hint: `the folder has ${names}` });
  }
  const runs = chosen.map(compareRun);
  const accuracy = listMigrationAccuracy(runs);
  const { leftOut, problems } = recorded;
  const met = accuracy.every((each) => each.met);
  const report = { runs, accuracy, leftOut, problems };
  const json = {
    met,
    scenarios: accuracy,
    runs: runs.map(({ inputs, outcome, ...rest }) => ({
      ...rest,
      inputs: {
        ...inputs.config,
        dataPages: inputs.guest.dataPages,
        zeroPages: inputs.guest.zeroPages,
        loadEndNs: inputs.guest.loadEndNs,
        rateEndsNs: [...inputs.guest.rates.endNs],
        ratesPagesPerSec: [...inputs.guest.rates.pagesPerSec],
        throttleRatios: [...inputs.guest.rates.throttleRatio],
      },
      outcome,
    })),
    leftOut,
    problems: { count: problems.count, named: problems.named },
  };
  printResult({ json, text: formatMigrations(report) }, flags.json === true);
  if (!met) process.exitCode = 1;
}

export function registerMigrations(program: Command): void {
  program
    .command("migrations")
    .description("predict recorded live migrations of QEMU, and lay the recordings beside")
    .argument(
      "<folder>",
      "folder with migration_samples.csv(.gz), specs.txt and, if there are, events.csv and runs.csv",
    )
    .option("-s, --scenario <name>", "only the runs of this scenario")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope migrations my-migrations\n  luoscope migrations my-migrations --json",
    )
    .action(runMigrations);
}
