// Constants that claim a published row hold that row's own value.
import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

const table = "../shared/reference/published-numbers.csv";

interface Row {
  readonly id: string;
  readonly value: number;
  readonly unit: string;
}

/** Fields of one CSV line, with quoted fields. */
function fieldsOf(line: string): string[] {
  return [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, field]) => field!.replace(/^"|"$/g, ""));
}

function readRows(): Map<string, Row> {
  const [head, ...lines] = readFileSync(table, "utf8").trim().split("\n");
  const columns = fieldsOf(head!);
  const [id, value, unit] = ["id", "value", "unit"].map((name) => columns.indexOf(name));
  return new Map(
    lines.map((line) => {
      const fields = fieldsOf(line);
      return [fields[id!]!, { id: fields[id!]!, value: Number(fields[value!]), unit: fields[unit!]! }];
    }),
  );
}

const profile = JSON.parse(readFileSync("profiles/published-x86.json", "utf8")) as {
  costs: Record<string, { rows: Row[]; assumed: boolean; source: string }>;
};
const claims = Object.entries(profile.costs).flatMap(([id, { rows }]) => rows.map((row) => [id, row.id, row] as const));

describe.skipIf(!existsSync(table))(`published rows (${table}, where it is there)`, () => {
  const rows = existsSync(table) ? readRows() : new Map<string, Row>();

  test.each(claims)("%s takes %s as it was published", (_, id, row) => {
    expect(rows.get(id)).toEqual(row);
  });
});

test("a constant is assumed, or names a row", () => {
  for (const [id, { assumed, rows, source }] of Object.entries(profile.costs)) {
    if (assumed) expect(source, id).toMatch(/^assumed: /);
    else expect(rows.length, id).toBeGreaterThan(0);
  }
});
