import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { expect } from "vitest";

/** Compares text with a file of test/golden, by its path there; UPDATE=1 in the environment rewrites the file. */
export function expectGolden(name: string, text: string): void {
  const path = join(import.meta.dirname, "../golden", name);
  if (process.env["UPDATE"] === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  expect(existsSync(path), `${name} is missing; UPDATE=1 writes it`).toBe(true);
  expect(text).toBe(readFileSync(path, "utf8"));
}
