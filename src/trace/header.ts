import { z } from "zod";

import { FormatError } from "../base/index.ts";
import type { Table } from "./schema/column.ts";
import { comparisonTables } from "./schema/comparison-tables.ts";
import { differenceTables, outcomeLabels, sideKindLabels } from "./schema/difference-tables.ts";
import { fleetTables } from "./schema/fleet-tables.ts";
import { runTables } from "./schema/run-tables.ts";
import { sweepTables } from "./schema/sweep-tables.ts";
import { traceTables } from "./schema/trace-tables.ts";

/** The newest version of each format: the one that this code writes; it reads all the earlier ones too. */
export const formatVersions = { trace: 2, run: 1, comparison: 1, sweep: 1, fleet: 1, difference: 1 } as const;

const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/, "a SHA-256 in hexadecimal");
const wholeNumber = z.int().nonnegative();
const tableEntry = z.strictObject({
  // A bare file name: a header must not lead out of its folder.
  file: z.string().regex(/^[a-z_]+\.arrow$/, "the name of a file in this folder, like page_write.arrow"),
  rows: wholeNumber,
  bytes: wholeNumber,
  sha256: sha256Hex,
});
const tableEntries = z.record(z.string(), tableEntry);

const traceHeader = z.strictObject({
  format: z.literal("luoscope-trace"),
  version: z.int().min(1).max(formatVersions.trace),
  name: z.string(),
  source: z.string(),
  licence: z.string(),
  importer: z.string(),
  clock: z.string(),
  page_bytes: z.literal(4096),
  span_ns: wholeNumber,
  inputs: z.array(z.strictObject({ file: z.string(), bytes: wholeNumber, sha256: sha256Hex })),
  tables: tableEntries,
  sha256: sha256Hex,
});

const input = z.strictObject({ name: z.string(), sha256: sha256Hex });
const runHeader = z.strictObject({
  format: z.literal("luoscope-run"),
  version: z.literal(formatVersions.run),
  luoscope_version: z.string(),
  trace: input,
  scenario: input,
  profile: input.extend({ constants: wholeNumber, assumed_constants: wholeNumber }),
  seed: wholeNumber,
  kernel_from: z.string(),
  kernel_to: z.string(),
  span_ns: wholeNumber,
  blackout_start_ns: wholeNumber,
  blackout_end_ns: wholeNumber,
  scenario_json: z.string(),
  tables: tableEntries,
  sha256: sha256Hex,
});

const comparisonHeader = z.strictObject({
  format: z.literal("luoscope-comparison"),
  version: z.literal(formatVersions.comparison),
  luoscope_version: z.string(),
  profile: input,
  recordings: z.array(input),
  tables: tableEntries,
  sha256: sha256Hex,
});

const sweepHeader = z.strictObject({
  format: z.literal("luoscope-sweep"),
  version: z.literal(formatVersions.sweep),
  luoscope_version: z.string(),
  plan: input,
  traces: z.array(input),
  profiles: z.array(input),
  seed: wholeNumber,
  repeats: wholeNumber,
  slo: z.strictObject({ name: z.string(), pause_ns: wholeNumber, vm_ratio: z.number(), source: z.string() }),
  /** 0: none. */
  memory_limit_bytes: wholeNumber,
  tables: tableEntries,
  sha256: sha256Hex,
});

const fleetHeader = z.strictObject({
  format: z.literal("luoscope-fleet"),
  version: z.literal(formatVersions.fleet),
  luoscope_version: z.string(),
  fleet: input,
  profile: input.extend({ constants: wholeNumber, assumed_constants: wholeNumber }),
  inventories: z.array(input),
  seed: wholeNumber,
  kernel_from: z.string(),
  kernel_to: z.string(),
  concurrency: wholeNumber,
  abort_hosts: wholeNumber,
  recovery_ns: wholeNumber,
  fleet_json: z.string(),
  tables: tableEntries,
  sha256: sha256Hex,
});

const differenceHeader = z.strictObject({
  format: z.literal("luoscope-difference"),
  version: z.literal(formatVersions.difference),
  luoscope_version: z.string(),
  title: z.string(),
  columns: z.array(
    z.strictObject({ label: z.string(), file: z.string(), kind: z.enum(sideKindLabels), sha256: sha256Hex }),
  ),
  alpha: z.number().min(0).max(1),
  min_samples: wholeNumber,
  seed: wholeNumber,
  test_count: wholeNumber,
  /** Null: no gate was held against it. */
  gate: z.strictObject({ policy: z.string(), outcome: z.enum(outcomeLabels), iterations: wholeNumber }).nullable(),
  tables: tableEntries,
  sha256: sha256Hex,
});

export type TraceHeader = z.infer<typeof traceHeader>;
export type RunHeader = z.infer<typeof runHeader>;
export type ComparisonHeader = z.infer<typeof comparisonHeader>;
export type SweepHeader = z.infer<typeof sweepHeader>;
export type FleetHeader = z.infer<typeof fleetHeader>;
export type DifferenceHeader = z.infer<typeof differenceHeader>;

interface Headers {
  readonly trace: TraceHeader;
  readonly run: RunHeader;
  readonly comparison: ComparisonHeader;
  readonly sweep: SweepHeader;
  readonly fleet: FleetHeader;
  readonly difference: DifferenceHeader;
}

/** A folder of the kind has the header `<kind>.json`. */
export type FolderKind = keyof Headers;
export type FolderHeader<Kind extends FolderKind = FolderKind> = Headers[Kind];

/** What the kinds of folder differ in. */
const formats: { readonly [Kind in FolderKind]: { schema: z.ZodType<Headers[Kind]>; tables: readonly Table[] } } = {
  trace: { schema: traceHeader, tables: traceTables },
  run: { schema: runHeader, tables: runTables },
  comparison: { schema: comparisonHeader, tables: comparisonTables },
  sweep: { schema: sweepHeader, tables: sweepTables },
  fleet: { schema: fleetHeader, tables: fleetTables },
  difference: { schema: differenceHeader, tables: differenceTables },
};

export const folderKinds = Object.keys(formats) as readonly FolderKind[];

/** Tables that a folder of the kind holds. */
export function folderTables(kind: FolderKind): readonly Table[] {
  return formats[kind].tables;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${path}: not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function checkVersion(kind: FolderKind, value: unknown, path: string): void {
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === "number" && version > formatVersions[kind]) {
    throw new FormatError(`${path}: format version ${version}; the highest known here is ${formatVersions[kind]}`, {
      hint: "it was written by a newer luoscope; update this one",
    });
  }
}

/** Checks a header's text; every problem of its fields is named with its path. */
export function parseHeader<Kind extends FolderKind>(kind: Kind, text: string, path: string): FolderHeader<Kind> {
  const value = parseJson(text, path);
  checkVersion(kind, value, path);
  const result = formats[kind].schema.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "header"}: ${issue.message}`);
    throw new FormatError(`${path}: ${problems.join("; ")}`);
  }
  const known = new Set(folderTables(kind).map((table) => table.name));
  const unknown = Object.keys(result.data.tables).filter((name) => !known.has(name));
  if (unknown.length > 0) throw new FormatError(`${path}: tables.${unknown[0]}: unknown table`);
  return result.data;
}

export function serializeHeader(header: FolderHeader): string {
  return `${JSON.stringify(header, undefined, 2)}\n`;
}
