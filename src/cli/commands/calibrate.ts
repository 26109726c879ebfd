import { type Command, Option } from "commander";

import type { Recording } from "../../recording/index.ts";
import { UsageError } from "../../base/index.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { writeWhole } from "../write-file.ts";

interface CalibrateFlags {
  output?: string;
  name: string;
  kernel?: string;
  crossValidate?: boolean;
  json?: boolean;
}

async function readAll(paths: readonly string[]): Promise<Recording[]> {
  const { readRecording } = await import("../../recording/index.ts");
  const progress = createProgress("reading");
  try {
    return paths.map((path, index) => {
      progress.update(index, paths.length);
      return readRecording(path);
    });
  } finally {
    progress.end();
  }
}

async function runCalibrate(paths: readonly string[], flags: CalibrateFlags): Promise<void> {
  const { calibrate, listAccuracy, sortCases } = await import("../../calibrate/index.ts");
  const { formatProfile } = await import("../../profile/index.ts");
  const recordings = await readAll(paths);
  const { cases, leftOut } = sortCases(recordings);
  if (cases.length < 2) {
    const why = leftOut.map((each) => `${each.name}: ${each.why}`).join("\n");
    throw new UsageError(
      `${cases.length} of ${paths.length} recordings can be fitted; a fit takes 2 at least\n${why}`,
      {
        hint: "name console logs of whole live updates, untraced, as in recordings/",
      },
    );
  }
  const calibration = calibrate(cases, {
    name: flags.name,
    about: "Fitted to recordings of live updates by luoscope calibrate.",
    madeBy: "luoscope calibrate",
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
    .argument("<files...>", "console logs, .log or .log.gz, as in recordings/")
    .option("-o, --output <file>", "profile to write, in YAML")
    .option("-n, --name <name>", "name of the profile", "calibrated")
    .addOption(new Option("-k, --kernel <line>", "kernels whose constants come first (default: most recorded)"))
    .option("--cross-validate", "leave out each recording in turn and say how far its prediction is off")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope calibrate recordings/*.log.gz -o out/profile.yaml\n  luoscope calibrate --cross-validate recordings/*.log.gz",
    )
    .action(runCalibrate);
}
