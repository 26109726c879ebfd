import { FormatError } from "../../base/index.ts";
import { blkreplay } from "./blkreplay.ts";
import type { Importer } from "./importer.ts";
import { type InputFile, listInputs } from "./input.ts";
import { pageScan } from "./page-scan/page-scan.ts";

/** Every known foreign format; of two that are equally sure, the earlier one wins. */
export const importers: readonly Importer[] = [pageScan, blkreplay];

/** The importer that is surest that the files are its own. */
export function chooseImporter(files: readonly InputFile[]): Importer {
  let best: { importer: Importer; confidence: number } | undefined;
  for (const importer of importers) {
    const confidence = importer.detect(files);
    if (confidence > (best?.confidence ?? 0)) best = { importer, confidence };
  }
  if (best) return best.importer;
  throw new FormatError(`expected a known format, found ${files.length === 0 ? "no file" : listInputs(files)}`, {
    hint: `known: ${importers.map(({ name }) => name).join(", ")}`,
  });
}
