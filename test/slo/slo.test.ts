// Promises in files.
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { UsageError } from "../../src/base/index.ts";
import { loadSlos, presetNames, sloPresets } from "../../src/slo/index.ts";

const load = (text: string) => loadSlos("mine.yaml", () => text);

describe("a file of promises", () => {
  test("holds presets and promises of one's own", () => {
    const slos = load(
      "version: 1\nslos:\n  - pause-5s\n  - {name: mine, pause: 250 ms}\n  - {name: all, pause: 1 min, vm_ratio: 1}\n",
    );
    expect(slos.map(({ name, pauseNs, vmRatio }) => [name, pauseNs, vmRatio])).toEqual([
      ["pause-5s", 5e9, 0.99],
      ["mine", 25e7, 0.99],
      ["all", 6e10, 1],
    ]);
    expect(slos[1]!.source).toBe("stated by the user");
  });

  test.each([
    ["slos: [pause-5s]", "mine.yaml: version: version 1 is the only one"],
    ["version: 1\nslos: []", "mine.yaml:2: slos: "],
    ["version: 1\nslos:\n  - pause-7s", "mine.yaml:3: slos[0]: one of pause-1s, "],
    ["version: 1\nslos:\n  - {name: mine, pause: 5}", "mine.yaml:3: slos[0]: "],
    ["version: 1\nslos: [pause-5s]\nlimit: 3", "mine.yaml:3: limit: unknown key"],
  ])("%j is refused with its place", (text, message) => {
    expect(() => load(text)).toThrow(UsageError);
    expect(() => load(text)).toThrow(message);
  });
});

test("the example is whole", () => {
  const slos = loadSlos("slos/example.yaml", (path) => readFileSync(path, "utf8"));
  expect(slos.map(({ name }) => name)).toEqual(["pause-10s", "gold", "everybody"]);
});

test("docs/slo.md has every preset with its source, and every key", () => {
  const page = readFileSync("docs/slo.md", "utf8");
  for (const { name } of sloPresets) expect(page).toContain(`| \`${name}\` | `);
  for (const { source } of sloPresets) expect(page).toContain(source);
  for (const key of ["version", "include", "slos[]", "name", "pause", "vm_ratio", "source"]) {
    expect(page, key).toMatch(new RegExp(`\`(slos\\[\\]\\.)?${key.replace("[]", "\\[\\]")}\``));
  }
  expect(presetNames.length).toBe(sloPresets.length);
});
