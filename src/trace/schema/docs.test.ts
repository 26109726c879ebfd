import { expect, test } from "vitest";

import { staleDocuments } from "../../../scripts/generate-docs.ts";
import { fillDocument, tablesMarkdown } from "./docs.ts";
import { comparisonTables } from "./comparison-tables.ts";
import { differenceTables } from "./difference-tables.ts";
import { sweepTables } from "./sweep-tables.ts";
import { runTables } from "./run-tables.ts";
import { traceTables } from "./trace-tables.ts";

const allTables = [...traceTables, ...runTables, ...comparisonTables, ...sweepTables, ...differenceTables];

test("the format documents say what the schema says (node scripts/generate-docs.ts rewrites them)", () => {
  expect(staleDocuments()).toStrictEqual([]);
});

test("every column of every format is documented, and every table ends each row with a sentence", () => {
  const text = tablesMarkdown(allTables);
  for (const { columns } of allTables) {
    for (const { name, doc } of columns) {
      expect(text).toContain(`| \`${name}\` |`);
      expect(doc).toMatch(/\.$/);
    }
  }
});

test("a document without marks around its generated part is refused", () => {
  expect(() => fillDocument("# no marks", "")).toThrow(/no marks/);
});
