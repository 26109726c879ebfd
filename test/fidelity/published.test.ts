// Constants that claim a published row hold that row's own value.
import { existsSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { type CostId, type CostTerm, preserveFileTerms, priceWork, retrieveFileTerms } from "../../src/model/index.ts";
import { type CostData, parseProfile } from "../../src/profile/index.ts";

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

const profile = parseProfile(readFileSync("profiles/published-x86.yaml", "utf8"), "published-x86");
const costs = Object.entries(profile.data.costs) as [CostId, CostData][];
const claims = costs.flatMap(([id, { rows = [] }]) => rows.map((row) => [id, row.id, row] as const));

describe.skipIf(!existsSync(table))(`published rows (${table}, where it is there)`, () => {
  const rows = existsSync(table) ? readRows() : new Map<string, Row>();

  test.each(claims)("%s takes %s as it was published", (_, id, row) => {
    expect(rows.get(id)).toEqual(row);
  });
});

test("a constant is assumed, or names a row", () => {
  for (const [id, { status, rows = [], source }] of costs) {
    if (status === "assumed") expect(source, id).toMatch(/^assumed: /);
    else expect(rows.length, id).toBeGreaterThan(0);
  }
});

const ms = 1e6;
const gib = 1024 ** 3;

/** A time with all constants at their low, base and high values. */
function priceAll(terms: readonly CostTerm[]): readonly [low: number, base: number, high: number] {
  const work = { name: "", lifecycleRow: 0, phase: "kexec", detail: "", terms } as const;
  return [
    priceWork(work, profile.costs, "low"),
    priceWork(work, profile.costs, "base"),
    priceWork(work, profile.costs, "high"),
  ];
}

/** PKRAM's tmpfs file of 100 GiB, as a memfd of the model. */
function fileOf(folioPages: number) {
  const pageCount = (100 * gib) / 4096;
  const none = {
    holeFolioCount: 0,
    holePageCount: 0,
    migratedFolioCount: 0,
    migratedPageCount: 0,
    spilledPageCount: 0,
  };
  return { ...none, folioCount: pageCount / folioPages, pageCount, metadataPages: 0 };
}

describe("published times, by the model with the profile made of them", () => {
  test.each([
    ["A2-save-4K-t1", preserveFileTerms(fileOf(1), 0), 2265],
    ["A2-save-2M-t1", preserveFileTerms(fileOf(512), 0), 58],
    ["A2-load-4K-t1", retrieveFileTerms(fileOf(1), 1), 8833],
    ["A2-load-2M-t1", retrieveFileTerms(fileOf(512), 1), 752],
  ] as const)("%s: PKRAM with one thread is the base value", (_, terms, recordedMs) => {
    const [low, base, high] = priceAll(terms);
    expect(base / (recordedMs * ms)).toBeCloseTo(1, 1);
    expect(low).toBeLessThan(recordedMs * ms);
    expect(high).toBeGreaterThan(recordedMs * ms);
  });

  test.each([
    ["A2-save-4K-t16", preserveFileTerms(fileOf(1), 0), 232],
    ["A2-load-4K-t16", retrieveFileTerms(fileOf(1), 1), 516],
  ] as const)("%s: PKRAM with sixteen threads lies at the low end", (_, terms, recordedMs) => {
    const [low, base] = priceAll(terms);
    expect(recordedMs * ms).toBeLessThan(base);
    expect(Math.abs(low / (recordedMs * ms) - 1)).toBeLessThan(0.75);
  });

  test.each([
    ["E1-SKX-t0-memmap", 384, 1785.7],
    ["E1-BDW-t0-memmap", 192, 1096],
    ["E1-ZEN64-t0-memmap", 64, 240.7],
    ["E1-ZEN16, one thread", 16, 49.7],
    ["E1-HSW14, one thread", 14, 122.3],
  ])("%s: struct pages of %i GiB, one thread", (_, nodeGib, recordedMs) => {
    const [low, , high] = priceAll([{ cost: "initStructPageNs", count: (nodeGib * gib) / 4096 }]);
    expect(low).toBeLessThanOrEqual(recordedMs * ms * 1.01);
    expect(high).toBeGreaterThanOrEqual(recordedMs * ms * 0.99);
  });

  test.each([
    ["1,919 CPUs in parallel", 1919, 14_000],
    ["1,919 CPUs one after the other", 1919, 71_000],
    ["31 CPUs of one VM", 31, 11],
  ])("D1: %s", (_, cpus, recordedMs) => {
    const [low, , high] = priceAll([{ cost: "startCpuNs", count: cpus }]);
    expect(low).toBeLessThanOrEqual(recordedMs * ms);
    expect(high).toBeGreaterThanOrEqual(recordedMs * ms * 0.99);
  });
});
