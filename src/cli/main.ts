import { Command, CommanderError } from "commander";

import { InterruptedError } from "../base/index.ts";
import { registerAlternatives } from "./commands/alternatives.ts";
import { registerBlame } from "./commands/blame.ts";
import { registerCalibrate } from "./commands/calibrate.ts";
import { registerCompare } from "./commands/compare.ts";
import { registerConform } from "./commands/conform.ts";
import { registerCriticalChain } from "./commands/critical-chain.ts";
import { registerDemo } from "./commands/demo.ts";
import { registerExport } from "./commands/export.ts";
import { registerFleet } from "./commands/fleet.ts";
import { registerGallery } from "./commands/gallery.ts";
import { registerGate } from "./commands/gate.ts";
import { registerHeatmap } from "./commands/heatmap.ts";
import { registerHistory } from "./commands/history.ts";
import { registerImport } from "./commands/import.ts";
import { registerInspect } from "./commands/inspect.ts";
import { registerMigrations } from "./commands/migrations.ts";
import { registerPredict } from "./commands/predict.ts";
import { registerPlot } from "./commands/plot.ts";
import { registerKernels } from "./commands/kernels.ts";
import { registerNotebook } from "./commands/notebook.ts";
import { registerRecording } from "./commands/recording.ts";
import { registerQuery } from "./commands/query.ts";
import { registerReplay } from "./commands/replay.ts";
import { registerReport } from "./commands/report.ts";
import { registerServe } from "./commands/serve.ts";
import { registerSlo } from "./commands/slo.ts";
import { registerPlan } from "./commands/plan.ts";
import { registerSweep } from "./commands/sweep.ts";
import { registerSynth } from "./commands/synth.ts";
import { registerTime } from "./commands/time.ts";
import { registerWhen } from "./commands/when.ts";
import { registerWorker } from "./commands/worker.ts";
import { packageVersion } from "./context.ts";
import { describeFailure, printFailure } from "./output.ts";

const usageExitCode = 2;

function createProgram(signal: AbortSignal): Command {
  const program = new Command("luoscope")
    .description("How long VMs stand still in a Linux live update (LUO and KHO), and how much memory it takes")
    .version(packageVersion())
    .exitOverride()
    // So that a subcommand has options of its own where its parent has some of the same name.
    .enablePositionalOptions()
    .showHelpAfterError("(run with --help for the options)")
    .configureHelp({ sortSubcommands: false });
  const registrations = [
    registerDemo,
    registerImport,
    registerSynth,
    registerInspect,
    registerReplay,
    registerReport,
    registerPlot,
    registerGallery,
    registerServe,
    registerTime,
    registerBlame,
    registerCriticalChain,
    registerHeatmap,
    registerQuery,
    registerExport,
    registerWhen,
    registerPlan,
    registerSweep,
    registerWorker,
    registerAlternatives,
    registerSlo,
    registerCompare,
    registerGate,
    registerHistory,
    registerFleet,
    registerConform,
    registerKernels,
    registerPredict,
    registerRecording,
    registerCalibrate,
    registerMigrations,
    registerNotebook,
  ];
  for (const register of registrations) register(program, signal);
  for (const command of program.commands) {
    command
      .exitOverride()
      .option("--json", "print the result as JSON")
      .showHelpAfterError("(run with --help for the options)");
  }
  return program;
}

/** Work that does not look at the signal (a query in DuckDB, say) is ended after this long. */
const graceMs = 2000;

/** Ctrl-C asks the work to stop and clean up; a second one ends the process at once. */
function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  const abort = (): void => {
    controller.abort();
    setTimeout(() => {
      const failure = describeFailure(new InterruptedError());
      printFailure(failure, false);
      process.exit(failure.exitCode);
    }, graceMs).unref();
  };
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, abort);
  return controller.signal;
}

async function main(): Promise<void> {
  // A reader that has seen enough (`| head`) is no error.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  const asJson = process.argv.includes("--json");
  try {
    await createProgram(abortOnSignals()).parseAsync();
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? 0 : usageExitCode;
      return;
    }
    const failure = describeFailure(error);
    printFailure(failure, asJson);
    process.exitCode = failure.exitCode;
  }
}

await main();
