// Each rule of the migrations stands in the ledger, in code and in a test.
import { globSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

const read = (file: string): string => readFileSync(file, "utf8");
const idPattern = /\bMIG-\d\d\b/g;

const rows = read("docs/migration.md")
  .split("\n")
  .filter((line) => /^\| MIG-\d\d \|/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim().replaceAll("`", "")))
  .map(([, id, what, source, file, where, status]) => ({
    id: id!,
    what: what!,
    source: source!,
    file: file!,
    where: where!,
    status: status!,
  }));

describe("rules of migrations", () => {
  test.each(rows.map((row) => [row.id, row] as const))("%s has a source, and stands where it says", (id, row) => {
    expect(["recorded", "source", "assumed"]).toContain(row.status);
    expect(row.what.length).toBeGreaterThan(10);
    expect(row.source).toMatch(row.status === "assumed" ? /^/ : /\w{3}/);
    expect(read(`src/migration/${row.file}`)).toContain(id);
    expect(read(`test/migration/${row.where}`)).toContain(id);
  });

  test("each id stands there once, and no other is used", () => {
    const ids = rows.map(({ id }) => id);
    expect(ids.length).toBeGreaterThan(15);
    expect(new Set(ids).size).toBe(ids.length);
    const files = globSync(["src/migration/**/*.ts", "test/migration/*.ts"]);
    const used = new Set(files.flatMap((file) => read(file).match(idPattern) ?? []));
    expect([...used].filter((id) => !ids.includes(id))).toEqual([]);
  });
});
