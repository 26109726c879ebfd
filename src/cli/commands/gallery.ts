import { join, relative } from "node:path";

import type { Command } from "commander";

import { packageVersion } from "../context.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { resultsOf } from "../sweep-results.ts";

interface GalleryFlags {
  output: string;
  json?: boolean;
}

/** The folders of the demo, beside the page that shows them. */
async function demoData(folder: string, signal: AbortSignal) {
  const { makeDemoFolders } = await import("../demo-folders.ts");
  const bar = createProgress("making data");
  try {
    return await makeDemoFolders(folder, { signal, progress: (done, total) => bar.update(done, total) });
  } finally {
    bar.end();
  }
}

/** The page says how each chart is drawn, from where the reader stands. */
function sourceOf(path: string) {
  const near = relative(".", path);
  return { name: near.startsWith("..") ? path : near, path: resultsOf(path) };
}

async function runGallery(folders: readonly string[], flags: GalleryFlags, signal: AbortSignal): Promise<void> {
  const { buildGallery } = await import("../../analysis/index.ts");
  const data = folders.length > 0 ? { folders, runs: [] } : await demoData(join(flags.output, "data"), signal);
  const gallery = await buildGallery({
    folders: data.folders.map(sourceOf),
    runs: data.runs,
    target: join(flags.output, "gallery.html"),
    madeBy: `luoscope ${packageVersion()}`,
  });
  printResult({ json: gallery, text: `${gallery.chartCount} charts  ${gallery.path}` }, flags.json === true);
}

export function registerGallery(program: Command, signal: AbortSignal): void {
  program
    .command("gallery")
    .description("show every chart on one page, each with the command that draws it alone")
    .argument("[folders...]", "folders to draw, one of a kind (without: data that ships is replayed)")
    .option("-o, --output <folder>", "folder for gallery.html and, where nothing is named, its data", "out/gallery")
    .addHelpText("after", "\nExamples:\n  luoscope gallery\n  luoscope gallery out/run out/sweep -o out/mine")
    .action((folders: string[], flags: GalleryFlags) => runGallery(folders, flags, signal));
}
