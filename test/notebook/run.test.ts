import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";

import { ToolError } from "../../src/base/index.ts";
import { type NotebookResult, runNotebooks } from "../../src/notebook/index.ts";
import { markdownOf, staleCells } from "../../src/notebook/markdown.ts";
import type { Cell, Output } from "../../src/notebook/notebook.ts";
import { printing, notebookOf, runText, writeNotebook } from "../kit/notebooks.ts";
import { sharedFolder, tempFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";

const folder = sharedFolder();
const hostile = "`|<b>*_[x](javascript:1)\n<!-- /output -->\u202e";

beforeAll(() => {
  writeTinyRun(join(folder, "run"), { vmNames: [hostile, "plain"] });
});

const readIfThere = (path: string): string | undefined => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

async function runBody(body: string, effects = printing("")): Promise<NotebookResult> {
  const notebook = writeNotebook(folder, runText(body));
  const [result] = await runNotebooks([notebook], { workFolder: tempFolder(), effects }, readIfThere);
  return result!;
}

describe("running", () => {
  const body = [
    "```sql run\nselect name, vm_index, blackout_ns / 1e9 as pause_s from vm order by vm_index\n```",
    '```claim run\nselect count(*) = 2 as "there are two VMs", count(*) = 3 as "there are three" from vm\n```',
    "```chart run phase-gantt\n```",
    "```luoscope\nslo check {run}\n```",
    "The end.\n",
  ].join("\n\nBetween.\n\n");

  test("writes every kind of output below its cell, and a second run changes nothing", async () => {
    const path = join(folder, "run");
    const first = await runBody(body, printing(`checked ${path}\n<!-- /output -->\n\`\`\`\n`));
    expect(first.stale.map(({ line }) => line)).toEqual([8, 14, 20, 25]);
    const text = first.files[0]!.text;
    expect(text).toContain("| name | vm index | pause s |\n| --- | ---: | ---: |\n");
    expect(text).toContain("- [x] there are two VMs\n- [ ] **does not hold:** there are three\n");
    expect(text).toContain("](images/notebook-run-phase-gantt.svg)");
    // The folder's place differs from machine to machine.
    expect(text).toContain("````text\nchecked run\n<!‑‑ /output -->\n```\n````\n");
    for (const { path: target, text: content } of first.files) {
      mkdirSync(join(target, ".."), { recursive: true });
      writeFileSync(target, content);
    }
    const notebook = notebookOf(text, join(folder, "notebook.md"));
    const effects = printing(`checked ${path}\n<!-- /output -->\n\`\`\`\n`);
    const [again] = await runNotebooks([notebook], { workFolder: folder, effects }, readIfThere);
    expect(again).toMatchObject({ stale: [], broken: [{ line: 23, what: "there are three" }] });
    expect(again!.files).toEqual(first.files);

    const [other] = await runNotebooks([notebook], { workFolder: folder, effects: printing("other\n") }, readIfThere);
    expect(other!.stale).toEqual([{ line: 47, what: "the output of this luoscope cell" }]);
    writeFileSync(join(folder, "images/notebook-run-phase-gantt.svg"), "<svg/>");
    const [redrawn] = await runNotebooks([notebook], { workFolder: folder, effects }, readIfThere);
    expect(redrawn!.stale).toMatchObject([{ what: join(folder, "images/notebook-run-phase-gantt.svg") }]);
  });

  test("long answers and long texts say that there is more", async () => {
    const rows = await runBody("```sql run\nfrom range(41)\n```\n");
    expect(rows.files[0]!.text).toContain("| 39 |\n\nThe first 40 rows.\n");
    const lines = await runBody("```luoscope\nkernels\n```\n", printing("line\r\n".repeat(125)));
    expect(lines.files[0]!.text).toContain("line␍\n… and 5 lines more\n");
  });

  test("a question of the catalogue goes by its name", async () => {
    expect((await runBody("```sql run\nphases\n```\n")).files[0]!.text).toContain("| phase | start offset ns |");
  });

  test.each([
    ["```sql run\nselect 1; select 2\n```\n", /notebook\.md:8: expected one SQL statement/],
    ["```sql run\nfrom read_csv('/etc/hostname')\n```\n", /notebook\.md:8: SQL: /],
    ["```sql run\ncopy vm to 'vm.csv'\n```\n", /notebook\.md:8: SQL: /],
    ["```claim run\nselect 1 as one\n```\n", /notebook\.md:8: "one" is INTEGER, and no condition/],
    ["```claim run\nselect true as yes from vm\n```\n", /notebook\.md:8: a claim is one row, and this has 2/],
    [
      "```sql run\nselect v.*, w.*, x.*, y.* from vm v, vm w, vm x, vm y\n```\n",
      /notebook\.md:8: an answer of \d+ columns/,
    ],
    ["```chart run no-such\n```\n", /notebook\.md:8: run has no chart no-such/],
    ["```luoscope\nexport {run} --to csv\n```\n", /notebook\.md:8: export: not a command that a cell may run/],
    ["```luoscope\nslo check {other}\n```\n", /notebook\.md:8: there is no folder \{other\}/],
  ])("%j is refused at its line", async (body, message) => {
    await expect(runBody(body)).rejects.toThrow(message);
  });

  test("a command that fails keeps its exit code and its hint; one that answers no is shown", async () => {
    const body = "```luoscope\nkernels\n```\n";
    const failing = runBody(body, printing("", 3));
    await expect(failing).rejects.toThrow(/notebook\.md:8: luoscope kernels: it went wrong$/);
    await expect(failing).rejects.toMatchObject({ exitCode: 3, hint: "mend it" });
    expect((await runBody(body, printing("no\n", 1))).files[0]!.text).toContain("```text\nno\n```");
  });
});

describe("folders", () => {
  const made = (words: string): string =>
    `---\ndata:\n  small: ${words}\n  both: compare {small} {small}\n---\n\n# T\n`;

  test("are made once for all notebooks, in their order, and their commands are checked first", async () => {
    const workFolder = tempFolder();
    const effects = printing("");
    const making = {
      ...effects,
      runCommand: async (words: readonly string[], root: string) => {
        writeTinyRun(words.at(-1)!);
        return effects.runCommand(words, root);
      },
    };
    const one = notebookOf(made("replay t --scenario s"), "a/one.md");
    const two = notebookOf(made("replay t --scenario s"), "a/two.md");
    const results = await runNotebooks([one, two], { workFolder, effects: making }, () => undefined);
    expect(results.map(({ path }) => path)).toEqual(["a/one.md", "a/two.md"]);
    const small = effects.calls[0]!.at(-1)!;
    expect(effects.calls).toEqual([
      ["replay", "t", "--scenario", "s", "--output", expect.stringMatching(/small-[0-9a-f]{8}$/)],
      ["compare", small, small, "--output", expect.stringMatching(/both-[0-9a-f]{8}$/)],
    ]);
    await runNotebooks([one], { workFolder, effects: making }, () => undefined);
    expect(effects.calls).toHaveLength(2);
  });

  test.each([
    ["export t --to csv", /md:3: data\.small: export: not a command that makes a folder/],
    ["replay t --output elsewhere", /md:3: data\.small: --output: not an option/],
    ["compare {both} x", /md:3: data\.small: there is no folder \{both\} above it/],
    ["nowhere", /md:3: .*nowhere: none of trace\.json/],
  ])("`%s` is refused at its line", async (words, message) => {
    const effects = printing("");
    const running = runNotebooks([notebookOf(made(words))], { workFolder: "x", effects }, () => undefined);
    await expect(running).rejects.toThrow(message);
    await expect(running).rejects.toBeInstanceOf(ToolError);
    expect(effects.calls).toEqual([]);
  });
});

test("whatever an output says, it is read back as the output of its cell, and nothing else", () => {
  const { parts, ...rest } = notebookOf(runText("```sql run\nx\n```\n\nMore.\n\n```luoscope\nkernels\n```\n\nEnd.\n"));
  const [one, two] = parts.filter((part): part is Cell => part.kind !== "prose");
  const anyText = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string({
      unit: fc.constantFrom(
        ...Array.from("`|~<>!-/\\ \n\r\t#_*[]()"),
        "```",
        "<!-- output -->",
        "<!-- /output -->",
        "---",
      ),
    }),
  );
  const property = fc.property(anyText, anyText, fc.boolean(), (name, text, holds) => {
    const answer = { heads: [name], rows: [[text], [name]], isNumber: [false], truncated: holds };
    const outputs = new Map<Cell, Output>([
      [one!, { kind: "table", sql: "x", answer }],
      [two!, { kind: "text", text: text.trimEnd() }],
    ]);
    const written = markdownOf({ notebook: { ...rest, parts }, outputs });
    const again = notebookOf(written);
    expect(again.parts.map(({ kind }) => kind)).toEqual(parts.map(({ kind }) => kind));
    const cells = again.parts.filter((part): part is Cell => part.kind !== "prose");
    const same = new Map([...outputs.values()].map((output, index) => [cells[index]!, output]));
    expect(markdownOf({ notebook: again, outputs: same })).toBe(written);
    expect(staleCells({ notebook: again, outputs: same })).toEqual([]);
  });
  fc.assert(property, { seed: 3, numRuns: 300 });
});
