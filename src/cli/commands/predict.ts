import { type Command, Option } from "commander";

import { UsageError } from "../../base/index.ts";
import type { MemoryPrediction } from "../../recording/index.ts";
import { packageVersion, profilePath, readText } from "../context.ts";
import { printResult } from "../output.ts";

/** Larger than any profile. */
const maxProfileBytes = 8 * 1024 * 1024;

interface PredictFlags {
  only: "time" | "memory";
  profile: string;
  output?: string;
  json?: boolean;
}

async function predictMemoryOf(paths: readonly string[], asJson: boolean): Promise<void> {
  const { predictMemory, readRecording } = await import("../../recording/index.ts");
  const { formatPredictions } = await import("../format-predict.ts");
  const predictions: MemoryPrediction[] = [];
  // One at a time: what a log says is small, the log is not.
  for (const path of paths) predictions.push(predictMemory(readRecording(path)));
  printResult({ json: predictions, text: formatPredictions(predictions) }, asJson);
  if (predictions.some(({ reasons }) => reasons.length > 0)) process.exitCode = 1;
}

async function predictTimesOf(paths: readonly string[], flags: PredictFlags): Promise<void> {
  const { createHash } = await import("node:crypto");
  const { readRecording } = await import("../../recording/index.ts");
  const { parseProfile } = await import("../../profile/index.ts");
  const { predictTimes } = await import("../../calibrate/index.ts");
  const { formatTimes } = await import("../format-times.ts");
  const path = profilePath(flags.profile);
  const profile = parseProfile(readText(path, maxProfileBytes), path);
  const profileFacts = { name: profile.name, sha256: createHash("sha256").update(profile.canonical).digest("hex") };
  const predictions = paths.map((log) => {
    const recording = readRecording(log);
    return { ...predictTimes(recording, profile), recordingSha256: recording.sha256, profile: profileFacts };
  });
  const text = formatTimes(predictions);
  if (flags.output === undefined) printResult({ json: predictions, text }, flags.json === true);
  else {
    const { writeComparison } = await import("../../comparison/index.ts");
    const target = flags.output;
    writeComparison({ updates: predictions, profile: profileFacts, target, luoscopeVersion: packageVersion() });
    printResult({ json: predictions, text: `${text}\n\ncomparison  ${target}` }, flags.json === true);
  }
  if (predictions.some(({ quantities }) => quantities.length === 0)) process.exitCode = 3;
}

async function predict(paths: readonly string[], flags: PredictFlags): Promise<void> {
  if (flags.only === "memory" && flags.output !== undefined) {
    throw new UsageError("--output holds times; --only memory predicts none", { hint: "leave one of the two out" });
  }
  await (flags.only === "memory" ? predictMemoryOf(paths, flags.json === true) : predictTimesOf(paths, flags));
}

export function registerPredict(program: Command): void {
  program
    .command("predict")
    .description("predict recorded live updates from what was known before them, and compare")
    .argument("<files...>", "console logs, .log or .log.gz, as in recordings/")
    .addOption(new Option("--only <part>", "what is compared").choices(["time", "memory"]).default("time"))
    .option("-p, --profile <name>", "cost profile of times, by name or file", "qemu-icount-7.3")
    .option("-o, --output <folder>", "also write the times as a comparison, for `report` and `query`")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope predict recordings/*.log.gz --profile qemu-icount-7.3\n  luoscope predict recordings/*.log.gz --only memory\n  luoscope predict recordings/*.log.gz -o out/comparison",
    )
    .action(predict);
}
