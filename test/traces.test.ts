import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { expect, test } from "vitest";

import { createManifest, manifestIsCurrent } from "../scripts/make-manifest.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const manifest = createManifest();
const maxTracesBytes = 8 * 1024 * 1024;
const maxSamplesBytes = 12 * 1024 * 1024;

function folderFiles(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

test("traces/manifest.json says what the files are (node scripts/make-manifest.ts rewrites it)", () => {
  expect(manifestIsCurrent()).toBe(true);
});

test("the manifest names every file of traces but itself and the README", () => {
  const listed = manifest.flatMap(({ path, files }) => files.map(({ file }) => join(root, path, file)));
  const own = ["README.md", "manifest.json", "samples/kernel-tools.md", "samples/user-tools.md"].map((name) =>
    join(root, "traces", name),
  );
  expect([...listed, ...own].sort()).toStrictEqual(folderFiles("traces").sort());
});

test("every user of a trace that the manifest names is there", () => {
  for (const path of manifest.flatMap(({ used_by }) => used_by)) {
    expect(existsSync(join(root, path)), path).toBe(true);
  }
});

test("traces stays below 8 MiB, and the samples of other tools below 12", () => {
  const bytes = (isSample: boolean) =>
    folderFiles("traces")
      .filter((path) => path.includes("/samples/") === isSample)
      .reduce((sum, path) => sum + statSync(path).size, 0);
  expect(bytes(false)).toBeLessThanOrEqual(maxTracesBytes);
  expect(bytes(true)).toBeLessThanOrEqual(maxSamplesBytes);
});
