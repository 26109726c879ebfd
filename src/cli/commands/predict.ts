import { type Command, Option } from "commander";

import type { MemoryPrediction } from "../../recording/index.ts";
import { printResult } from "../output.ts";

interface PredictFlags {
  only: "memory";
  json?: boolean;
}

async function predict(paths: readonly string[], flags: PredictFlags): Promise<void> {
  const { predictMemory, readRecording } = await import("../../recording/index.ts");
  const { formatPredictions } = await import("../format-predict.ts");
  const predictions: MemoryPrediction[] = [];
  // One at a time: what a log says is small, the log is not.
  for (const path of paths) predictions.push(predictMemory(readRecording(path)));
  printResult({ json: predictions, text: formatPredictions(predictions) }, flags.json === true);
  if (predictions.some(({ reasons }) => reasons.length > 0)) process.exitCode = 1;
}

export function registerPredict(program: Command): void {
  program
    .command("predict")
    .description("hold the model against recordings of real live updates")
    .argument("<files...>", "console logs, .log or .log.gz, as in recordings/")
    .addOption(new Option("--only <part>", "what is compared").choices(["memory"]).default("memory"))
    .addHelpText("after", "\nExample:\n  luoscope predict recordings/*.log.gz --only memory")
    .action(predict);
}
