import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, onTestFinished } from "vitest";

/** An empty folder that is taken away when the test ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty folder that is taken away when all tests of the file have ended. */
export function sharedFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-test-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
