import type { Command } from "commander";

import type { ReplayOptions } from "../../replay/index.ts";
import { packageVersion, profilePath, readText, shippedProfiles } from "../context.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";

interface ReplayFlags {
  scenario: string;
  output: string;
  profile?: string;
  when?: string;
  alternatives?: boolean;
  json?: boolean;
}

/** What a run may hold beside its one update. */
export type ReplayExtras = Pick<ReplayOptions, "momentsEveryNs" | "withAlternatives">;

/** Replays a trace and writes the run; shared with `demo`. */
export async function runReplay(
  tracePath: string,
  flags: Pick<ReplayFlags, "scenario" | "output" | "profile">,
  signal: AbortSignal,
  extras: ReplayExtras = {},
) {
  const { loadScenario, replay } = await import("../../replay/index.ts");
  const { parseProfile } = await import("../../profile/index.ts");
  const scenario = loadScenario(flags.scenario, readText);
  const path = profilePath(flags.profile ?? scenario.profile);
  const profile = parseProfile(readText(path), path);
  const progress = createProgress("replaying");
  try {
    const options = {
      tracePath,
      scenario,
      profile,
      target: flags.output,
      luoscopeVersion: packageVersion(),
      ...extras,
    };
    return await replay(options, { progress: (done, total) => progress.update(done, total), signal });
  } finally {
    progress.end();
  }
}

export function registerReplay(program: Command, signal: AbortSignal): void {
  program
    .command("replay")
    .description("replay a trace in a scenario and write a run")
    .argument("<trace>", "folder of a trace")
    .requiredOption("-s, --scenario <file>", "scenario in YAML")
    .requiredOption("-o, --output <folder>", "folder to write the run to")
    .option(
      "-p, --profile <name>",
      `cost profile: ${shippedProfiles.join(", ")}, or a YAML file (default: the scenario's)`,
    )
    .option("--when <time>", "also start the update at other moments of the trace: every so often, such as 100ms")
    .option("--alternatives", "also say what else one could do with the VMs")
    .addHelpText(
      "after",
      "\nExample:\n  luoscope replay traces/vm-tcg-redis-nvme-net --scenario scenarios/demo.yaml -o out/run",
    )
    .action(async (trace: string, flags: ReplayFlags) => {
      const { parseEvery } = await import("./when.ts");
      const finished = await runReplay(trace, flags, signal, {
        ...(flags.when === undefined ? {} : { momentsEveryNs: await parseEvery("--when", flags.when) }),
        ...(flags.alternatives === true ? { withAlternatives: true } : {}),
      });
      const { summarizeRun } = await import("../summarize-run.ts");
      const json = summarizeRun(flags.output, finished);
      if (flags.json === true) {
        printResult({ json, text: "" }, true);
        return;
      }
      const { formatRun } = await import("../format-run.ts");
      printResult({ json, text: await formatRun(flags.output) }, false);
    });
}
