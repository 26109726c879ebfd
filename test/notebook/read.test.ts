import { describe, expect, test } from "vitest";

import { UsageError } from "../../src/base/index.ts";
import { checkMaker, checkTeller, expandWords, splitWords } from "../../src/notebook/words.ts";
import { notebookOf, runText } from "../kit/notebooks.ts";

describe("reading", () => {
  test("takes prose, cells and outputs apart, and knows their lines", () => {
    const { title, parts, data } = notebookOf(
      runText(
        "Words.\n\n```sql run\nfrom vm\n```\n\n<!-- output -->\n\nold\n\n<!-- /output -->\n\n```chart run phase-gantt\n```\n",
      ),
    );
    expect(title).toBe("A question");
    expect(data).toMatchObject([{ name: "run", words: ["run"], isPath: true, place: "some/notebook.md:3" }]);
    expect(parts.map(({ kind }) => kind)).toEqual(["prose", "sql", "prose", "chart"]);
    expect(parts[1]).toMatchObject({ line: 10, folder: "run", body: "from vm", writtenOutput: "old" });
    expect(parts[3]).toMatchObject({ line: 20, chart: "phase-gantt", writtenOutput: null });
  });

  test("a fence inside another, and one of another kind, are prose", () => {
    const { parts } = notebookOf(
      runText("````text\n```sql run\nfrom vm\n```\n````\n\n~~~sql run\n~~~\n\n```sh\nls\n```\n"),
    );
    expect(parts.map(({ kind }) => kind)).toEqual(["prose"]);
  });

  test("ends of lines of other systems make no difference", () => {
    const text = runText("```sql run\nfrom vm\n```\n");
    expect(notebookOf(text.replaceAll("\n", "\r\n"))).toEqual(notebookOf(text));
  });

  test.each([
    ["no front matter", "# Title\n", /^some\/notebook\.md:1: a notebook begins with its front matter$/],
    ["front matter without an end", "---\ndata: {}\n", /md:1: the front matter does not end/],
    ["an unknown key", "---\ndata: {}\ndate: today\n---\n", /md:3: date: unknown key/],
    ["a name that is no name", "---\ndata:\n  ../up: x\n---\n", /md:3: data\.\.\.\/up/],
    ["an include", "---\ninclude: other.yaml\ndata: {}\n---\n", /includes nothing/],
    ["data that is empty", "---\ndata:\n  run: ' '\n---\n", /md:3: data\.run: empty/],
    ["quotes without an end", "---\ndata:\n  run: 'replay \"x'\n---\n", /md:3: a double quote that does not end/],
    ["a fence without an end", runText("```sql run\nfrom vm\n"), /md:8: a fence that does not end/],
    ["a cell without its folder", runText("```sql\nfrom vm\n```\n"), /md:8: `sql` is no head of a cell/],
    ["a cell with a folder too many", runText("```sql run run\nfrom vm\n```\n"), /no head of a cell/],
    ["a folder that is not there", runText("```sql other\nfrom vm\n```\n"), /md:8: there is no folder other/],
    ["an empty cell", runText("```sql run\n```\n"), /md:8: an empty cell/],
    ["a chart with something inside", runText("```chart run phases\nx\n```\n"), /a chart cell has nothing inside/],
    ["an output without its cell", runText("<!-- output -->\n"), /md:8: an output without its cell/],
    [
      "an output without an end",
      runText("```sql run\nx\n```\n<!-- output -->\n"),
      /md:11: an output that does not end/,
    ],
    ["too many cells", runText("```sql run\nx\n```\n".repeat(201)), /201 cells; at most 200/],
  ])("%s is refused at its line", (_, text, message) => {
    expect(() => notebookOf(text)).toThrow(UsageError);
    expect(() => notebookOf(text)).toThrow(message);
  });
});

describe("commands", () => {
  const expansion = { folderOf: (name: string) => `/made/${name}`, rootFolder: "recordings", place: "here" };

  test("words: quotes hold together, names become folders, stars become files, and nothing else means anything", () => {
    const words = splitWords('query {run} "select {x}  * from vm;" v72-size-*.log.gz a=$(id) `id` ~', "here");
    expect(expandWords(words, expansion)).toEqual([
      "query",
      "/made/run",
      "select {x}  * from vm;",
      "v72-size-512.log.gz",
      "v72-size-64.log.gz",
      "a=$(id)",
      "`id`",
      "~",
    ]);
    expect(() => expandWords(["no-*.such"], expansion)).toThrow("here: no-*.such: no such files");
  });

  test.each([
    ["replay trace --output elsewhere", /--output: not an option for a notebook/],
    ["replay trace --output=elsewhere", /--output: not an option/],
    ["replay trace -o elsewhere", /-o: not an option/],
    ["sweep plan.yaml --engine bullmq", /--engine: not an option/],
    ["fleet f.yaml --png /tmp", /--png: not an option/],
    ["export run --to csv", /export: not a command that makes a folder/],
    ["gate --save-baseline x", /gate: not a command/],
    ["worker", /worker: not a command/],
    ["notebook run x.md", /notebook: not a command/],
  ])("`%s` does not make data", (text, message) => {
    expect(() => checkMaker(expandWords(splitWords(text, "here"), expansion), "here")).toThrow(message);
  });

  test.each([
    ["query run --database out.duckdb"],
    ["query run vm -o x.csv"],
    ['query run "-ox.csv"'],
    ["slo other run"],
    ["replay trace --scenario x"],
    ["history add x"],
  ])("`%s` is no cell", (text) => {
    expect(() => checkTeller(expandWords(splitWords(text, "here"), expansion), "here")).toThrow(UsageError);
  });

  test.each(["slo check run --slo pause-10s", "query run headline --limit 5", "kernels"])("`%s` is one", (text) => {
    expect(() => checkTeller(splitWords(text, "here"), "here")).not.toThrow();
  });
});
