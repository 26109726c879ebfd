import { type Command, InvalidArgumentError } from "commander";

import { printResult } from "../output.ts";

interface RecordingFlags {
  depth: number;
  offsetNs?: number;
  json?: boolean;
}

/** Some months: no host runs longer from one update to the next, and sums stay exact. */
const maxOffsetNs = 8e15;

function parseDepth(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError("levels of the tree, 1 to 99");
  return Number(text);
}

function parseOffset(text: string): number {
  const offsetNs = Number(text);
  if (!/^-?\d+$/.test(text) || Math.abs(offsetNs) > maxOffsetNs) throw new InvalidArgumentError("a whole number of ns");
  return offsetNs;
}

async function showRecording(paths: readonly string[], flags: RecordingFlags): Promise<void> {
  const { readTimelines } = await import("../../recording/index.ts");
  const { formatTimelines } = await import("../format-recording.ts");
  const timelines = readTimelines(paths, { offsetNs: flags.offsetNs });
  printResult({ json: timelines, text: formatTimelines(timelines, flags.depth) }, flags.json === true);
}

export function registerRecording(program: Command): void {
  program
    .command("recording")
    .description("show when a recorded live update or suspend did what, and what of it cannot be seen")
    .argument("<files...>", "console logs, dmesg, ftrace's text, the recorder's bundles; .gz or not")
    .option("--depth <n>", "levels of the tree that are shown: phases, steps, parts of steps", parseDepth, 2)
    .option(
      "--offset-ns <n>",
      "ns from the start of the old kernel's message clock to that of the new one's",
      parseOffset,
    )
    .addHelpText(
      "after",
      "\nFiles that are parts of one update (dmesg of both kernels, a trace) are named one after the other." +
        "\n\nExample:\n  luoscope recording recordings/size-64.log.gz --depth 3\n  luoscope recording dmesg-old.txt dmesg-new.txt",
    )
    .action(showRecording);
}
