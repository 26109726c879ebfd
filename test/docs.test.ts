// Documents are part of the program: every command of README runs, every key is described. Notebooks have tests of their own.
import { globSync, readFileSync } from "node:fs";

import { beforeAll, describe, expect, test } from "vitest";

import { costIds } from "../src/model/index.ts";
import { planSchema } from "../src/plan/schema.ts";
import { luoscope } from "./kit/cli.ts";

const readme = readFileSync("README.md", "utf8");

/** Lines of the fenced blocks of one language. */
function blocksOf(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([^]*?)^\`\`\``, "gm"))].map(([, body]) => body!.trim());
}

/** Words of a command line, with double quotes and stars as the shell reads them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].flatMap(([, quoted, plain]) => {
    if (quoted !== undefined) return [quoted];
    return plain!.includes("*") ? globSync(plain!).sort() : [plain!];
  });
}

let demo = "";
beforeAll(() => {
  const { status, stdout, stderr } = luoscope(["demo"]);
  expect(stderr).toBe("");
  expect(status).toBe(0);
  demo = stdout;
});

describe("README", () => {
  const lines = blocksOf(readme, "sh").flatMap((block) => block.split("\n"));

  test("opens with the two commands", () => {
    expect(lines.slice(0, 2)).toEqual(["npm ci && npm run demo", "npm cit"]);
    const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };
    expect(scripts["demo"]).toBe("node bin/luoscope.js demo");
    // `npm cit` is `npm ci` and `npm test`, which is what CI calls.
    const ci = readFileSync(".ci/run", "utf8");
    expect(ci).toContain("npm ci ");
    expect(ci).toContain("npm test ");
  });

  test("shows what the demo prints", () => {
    const headline = demo.split("\n")[0]!;
    expect(headline).toMatch(/^This host's VMs would stand still for /);
    expect(blocksOf(readme, "text")[0]).toBe(headline);
  });

  test.each(["phase-gantt", "when-to-update"])("shows the demo's own chart %s", (name) => {
    const chart = readFileSync(`docs/images/${name}.svg`, "utf8");
    // A boolean: nobody reads the difference of two pictures' texts.
    expect(chart === readFileSync(`out/demo/charts/${name}.svg`, "utf8")).toBe(true);
  });

  test.each(lines.filter((line) => line.startsWith("npx luoscope")))("%s", (line) => {
    const { status, stderr } = luoscope(wordsOf(line).slice(2));
    expect(stderr).toBe("");
    expect(status).toBe(0);
  });

  test("has no other command lines", () => {
    const known = (line: string): boolean => line.startsWith("npx luoscope ") || line.startsWith("npm ");
    expect(lines.filter((line) => !known(line))).toEqual([]);
  });

  test("links to files that are there", () => {
    const targets = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target]) => target!);
    for (const target of targets) expect(() => readFileSync(target), target).not.toThrow();
  });
});

describe("docs/terminal.md", () => {
  const page = readFileSync("docs/terminal.md", "utf8");
  const shown = [...page.matchAll(/^```sh\n(.+)\n```\n\n```text\n([^]*?)\n```/gm)].map(([, line, text]) => [
    line!,
    text!,
  ]);

  test.each(shown)("shows what %s prints", (line, text) => {
    const { stdout, stderr } = luoscope(wordsOf(line).slice(2));
    expect(stderr).toBe("");
    expect(stdout.trimEnd()).toBe(text);
  });

  test("shows each of its commands", () => {
    const commands = shown.map(([line]) => wordsOf(line!)[2]);
    expect(commands).toEqual(["time", "blame", "critical-chain", "heatmap"]);
  });
});

test("docs/scenario.md describes every key of the demo's scenarios", () => {
  const page = readFileSync("docs/scenario.md", "utf8");
  const keys = [...readFileSync("src/replay/scenario/schema.ts", "utf8").matchAll(/^ {2}([a-z_]+): /gm)].map(
    ([, key]) => key!,
  );
  expect(keys.length).toBeGreaterThan(30);
  for (const key of keys) expect(page, key).toMatch(new RegExp(`[\`.]${key}[\`\\[.]|^## ${key}$`, "m"));
});

test("docs/plan.md describes every key of a plan", () => {
  const page = readFileSync("docs/plan.md", "utf8");
  const inner = ["memory_overhead", "tornado", "trajectories", "samples", "exclude", "require", "range", "base", "as"];
  const ranges = ["from", "to", "step", "factor", "count", "files", "variants"];
  for (const key of [...Object.keys(planSchema.shape), ...inner, ...ranges]) {
    expect(page, key).toMatch(new RegExp(`[\`.{, ]${key}[\`:,}. ]`));
  }
});

test("docs/model.md lists every constant", () => {
  const page = readFileSync("docs/model.md", "utf8");
  for (const id of costIds) expect(page).toContain(`\`${id}\``);
});
