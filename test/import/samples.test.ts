// Every sample of every tool is claimed by one format or by none, and which is none is a list that people can read.
import { globSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { importers } from "../../src/trace/import/registry.ts";
import { type InputFile, openInputs } from "../../src/trace/source/input.ts";
import { defaultLimits } from "../../src/trace/index.ts";
import { UnpackGuard } from "../../src/trace/source/unpack-guard.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { expectGolden } from "../kit/golden.ts";

const folder = fileURLToPath(new URL("../../traces/samples", import.meta.url));
const paths = globSync("*/**", { cwd: folder })
  .filter((path) => !path.startsWith("archives") && statSync(`${folder}/${path}`).isFile())
  .sort();

/** Importers that are sure by content that a file is theirs. */
function claimants(file: InputFile): string[] {
  return importers.filter((importer) => importer.claim([file], {}).confidence > 0.5).map(({ name }) => name);
}

describe("the samples of all tools", () => {
  test("are claimed by content by one format at most, as the golden lists them", async () => {
    const guard = new UnpackGuard(defaultLimits);
    const spoolFolder = tempFolder();
    const lines: string[] = [];
    const contested: string[] = [];
    for (const path of paths) {
      const files = await openInputs([`${folder}/${path}`], { guard, spool: () => spoolFolder });
      const found = [...new Set(files.flatMap(claimants))];
      if (files.some((file) => claimants(file).length > 1)) contested.push(`${path}: ${found.join(", ")}`);
      lines.push(`${(found[0] ?? "-").padEnd(18)} ${path}`);
    }
    expect(contested).toEqual([]);
    expectGolden("import/claims.txt", `${lines.join("\n")}\n`);
  });
});
