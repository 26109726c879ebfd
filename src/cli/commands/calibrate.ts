import { type Command, Option } from "commander";

import type { HostRecording, Recording } from "../../recording/index.ts";
import { UsageError } from "../../base/index.ts";
import { profilePath, readText } from "../context.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { writeWhole } from "../write-file.ts";

/** Larger than any profile. */
const maxProfileBytes = 8 * 1024 * 1024;

interface CalibrateFlags {
  output?: string;
  name: string;
  base?: string;
  kernel?: string;
  crossValidate?: boolean;
  json?: boolean;
}

async function readAll(paths: readonly string[]): Promise<(Recording | HostRecording)[]> {
  const { readFitSource } = await import("../../recording/index.ts");
  const progress = createProgress("reading");
  try {
    return paths.map((path, index) => {
      progress.update(index, paths.length);
      return readFitSource(path);
    });
  } finally {
    progress.end();
  }
}

async function readBase(nameOrPath: string | undefined) {
  if (nameOrPath === undefined) return undefined;
  const { parseProfile } = await import("../../profile/index.ts");
  const path = profilePath(nameOrPath);
  return parseProfile(readText(path, maxProfileBytes), path);
}

async function runCalibrate(paths: readonly string[], flags: CalibrateFlags): Promise<void> {
  const { calibrate, listAccuracy, sortCases } = await import("../../calibrate/index.ts");
  const { formatProfile } = await import("../../profile/index.ts");
  const base = await readBase(flags.base);
  const recordings = await readAll(paths);
  const { cases, leftOut } = sortCases(recordings);
  // One alone tells no constant from another; beside a profile it tells those that it has.
  const leastCases = base ? 1 : 2;
  if (cases.length < leastCases) {
    const why = leftOut.map((each) => `${each.name}: ${each.why}`).join("\n");
    throw new UsageError(
      `${cases.length} of ${paths.length} recordings can be fitted; a fit takes ${leastCases} at least\n${why}`,
      {
        hint: "name console logs of whole live updates, untraced, as in recordings/, or bundles with --base",
      },
    );
  }
  const calibration = calibrate(cases, {
    name: flags.name,
    about: "Fitted to recordings of live updates by luoscope calibrate.",
    madeBy: "luoscope calibrate",
    ...(base ? { base } : {}),
    ...(flags.kernel === undefined ? {} : { kernel: flags.kernel }),
  });
  if (flags.output !== undefined) writeWhole(flags.output, formatProfile(calibration.data));
  const { formatCalibration, formatValidation } = await import("../format-calibrate.ts");
  const accuracy = listAccuracy(calibration.validation.quantities, recordings);
  const report = { calibration, recordings, leftOut, accuracy };
  const { data, coverage, validation } = calibration;
  const json = {
    recordings: cases.length,
    leftOut,
    crossValidation: {
      quantities: accuracy.map((row) => ({ ...row, intervalShare: coverage[row.id as keyof typeof coverage] })),
      steps: listAccuracy(validation.spans, recordings),
    },
    ...(flags.crossValidate === true ? {} : { profile: data }),
  };
  const text = flags.crossValidate === true ? formatValidation(report) : formatCalibration(report, flags.output);
  printResult({ json, text }, flags.json === true);
  if (flags.crossValidate === true && accuracy.some(({ met }) => met === false)) process.exitCode = 1;
}

export function registerCalibrate(program: Command): void {
  program
    .command("calibrate")
    .description("fit the model's constants to recordings of real live updates")
    .argument("<files...>", "console logs as in recordings/, or the recorder's bundles")
    .option("-o, --output <file>", "profile to write, in YAML")
    .option("-n, --name <name>", "name of the profile", "calibrated")
    .option("-b, --base <profile>", "profile, by name or file, for what the recordings do not show: hosts of your own")
    .addOption(new Option("-k, --kernel <line>", "kernels whose constants come first (default: most recorded)"))
    .option("--cross-validate", "leave out each recording in turn and say how far its prediction is off")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope calibrate recordings/*.log.gz -o out/profile.yaml\n  luoscope calibrate --cross-validate recordings/*.log.gz\n  luoscope calibrate my-host.tar.gz --base published-x86 -o my-host.yaml",
    )
    .action(runCalibrate);
}
