import { appendFileSync } from "node:fs";

import { UsageError } from "../base/index.ts";
import type { Published } from "../publish/index.ts";
import { writeWhole } from "./write-file.ts";

/** A format and the file it goes to; - is standard output. */
export interface Output {
  readonly format: string;
  readonly path: string;
}

/** `--to md=comment.md`; a format alone goes to standard output. */
export async function parseOutputs(written: readonly string[] | undefined): Promise<Output[]> {
  if (written === undefined) return [];
  const { publishFormats } = await import("../publish/index.ts");
  const outputs = written.map((text) => {
    const cut = text.indexOf("=");
    const output = cut < 0 ? { format: text, path: "-" } : { format: text.slice(0, cut), path: text.slice(cut + 1) };
    if (Object.hasOwn(publishFormats, output.format) && output.path !== "") return output;
    throw new UsageError(`--to ${text.slice(0, 100)}: no such format`, {
      hint: `FORMAT=FILE with one of ${Object.keys(publishFormats).join(", ")}`,
    });
  });
  if (outputs.filter(({ path }) => path === "-").length > 1) {
    throw new UsageError("two formats cannot share standard output", { hint: "name a file: --to md=comment.md" });
  }
  return outputs;
}

/** Writes every format, each file whole or not at all. Gives true where standard output was one of them. */
async function writeOutputs(published: Published, outputs: readonly Output[]): Promise<boolean> {
  const { publishFormats } = await import("../publish/index.ts");
  for (const { format, path } of outputs) {
    const text = publishFormats[format as keyof typeof publishFormats].render(published);
    if (path === "-") process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
    else writeWhole(path, text);
  }
  return outputs.some(({ path }) => path === "-");
}

/** Where a comparison goes beside the terminal. */
export interface EmitOptions {
  readonly outputs: readonly Output[];
  /** Folder to keep it as. */
  readonly folder: string | undefined;
  readonly asJson: boolean;
  /** What people read; not made where something else goes to standard output. */
  readonly text: () => Promise<string>;
}

/** Writes a comparison or a gate everywhere that was asked for, and prints it. */
export async function emit(published: Published, { outputs, folder, asJson, text }: EmitOptions): Promise<void> {
  if (folder !== undefined) {
    const { writeDifference } = await import("../difference/index.ts");
    const { toolVersion: luoscopeVersion, ...content } = published;
    writeDifference({ ...content, target: folder, luoscopeVersion });
  }
  const isPrinted = await writeOutputs(published, outputs);
  await writeStepSummary(published);
  if (isPrinted) return;
  if (asJson) await writeOutputs(published, [{ format: "json", path: "-" }]);
  else process.stdout.write(`${await text()}\n`);
}

/** Adds the summary of a step of GitHub's, where there is one. */
async function writeStepSummary(published: Published): Promise<void> {
  const path = process.env["GITHUB_STEP_SUMMARY"];
  if (path === undefined || path === "") return;
  const { publishFormats } = await import("../publish/index.ts");
  appendFileSync(path, `${publishFormats.summary.render(published)}\n`);
}
