import { createHash } from "node:crypto";

import { z } from "zod";

import { canonicalJson, FormatError } from "../../base/index.ts";
import type { Breakdown, Measurement } from "../measurement.ts";
import { metricUnits, polarities } from "../metric.ts";
import { explainedMetrics } from "../metrics.ts";

const format = "luoscope-measurement";
const version = 1;
/** Most rows of a metric: more than any sweep has. */
const maxRows = 2_000_000;

const text = z.string().max(4096);
const number = z.number().nullable();

const metricSchema = z.strictObject({
  id: z.string().min(1).max(200),
  unit: z.enum(metricUnits),
  polarity: z.enum(polarities),
  exact: z.boolean(),
  floor: z.number().nonnegative(),
  floor_ratio: z.number().nonnegative(),
  absent: z.number().optional(),
  doc: text,
  dimensions: z.array(text).max(64),
  rows: z.array(z.strictObject({ words: z.array(text), values: z.array(number) })).max(maxRows),
});

const stepSchema = z.strictObject({
  phase: text,
  id: text,
  name: text,
  ns: number,
  terms: z.array(z.strictObject({ cost: text, per: text, rule: text, ns: z.number() })),
});

const storedSchema = z.strictObject({
  format: z.literal(format),
  version: z.literal(version),
  luoscope_version: text,
  /** What it was taken from, and of what kind that was. */
  kind: z.enum(["run", "sweep", "recording", "samples"]),
  label: text,
  source_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  inputs: z.array(
    z.strictObject({ kind: text, name: text, sha256: text.optional(), fields: z.record(z.string(), text).optional() }),
  ),
  composed: z.record(z.string(), z.array(text)),
  metrics: z.array(metricSchema).max(10_000),
  breakdowns: z.array(
    z.strictObject({ metric: text, words: z.array(text), total_ns: z.number(), steps: z.array(stepSchema) }),
  ),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
type Stored = z.infer<typeof storedSchema>;

function identityOf(content: Omit<Stored, "sha256">): string {
  return createHash("sha256")
    .update(canonicalJson({ ...content, sha256: undefined }))
    .digest("hex");
}

function storeMetrics({ series }: Measurement): Stored["metrics"] {
  return series.map(({ metric, dimensions, words, offsets, values }) => ({
    id: metric.id,
    unit: metric.unit,
    polarity: metric.polarity,
    exact: metric.exact,
    floor: metric.floor,
    floor_ratio: metric.floorRatio,
    ...(metric.absent === undefined ? {} : { absent: metric.absent }),
    doc: metric.doc,
    dimensions: [...dimensions],
    rows: Array.from({ length: offsets.length - 1 }, (_, row) => ({
      words: words.map((column) => column[row]!),
      values: Array.from(values.subarray(offsets[row], offsets[row + 1]), (value) =>
        Number.isFinite(value) ? value : null,
      ),
    })),
  }));
}

async function storeBreakdowns(measurement: Measurement): Promise<Stored["breakdowns"]> {
  // A sweep has steps for each configuration, and they are asked for a few at a time.
  if (measurement.kind === "sweep") return [];
  const found: Breakdown[] = [];
  for (const metric of explainedMetrics) found.push(...(await measurement.readBreakdowns(metric, [[]])));
  return found.map(({ metric, words, totalNs, steps }) => ({
    metric,
    words: [...words],
    total_ns: totalNs,
    steps: steps.map(({ terms, ...step }) => ({ ...step, terms: terms.map((term) => ({ ...term })) })),
  }));
}

/**
 * A measurement as a JSON document: what a baseline is, and what another program may write to have its numbers compared.
 *
 * Shape    the same measurement gives the same bytes; no path of a machine is in it
 */
export async function writeStored(measurement: Measurement, luoscopeVersion: string): Promise<string> {
  const { kind, label, sha256, inputs, composed } = measurement;
  const content: Omit<Stored, "sha256"> = {
    format,
    version,
    luoscope_version: luoscopeVersion,
    kind: kind === "baseline" ? "samples" : kind,
    label,
    source_sha256: sha256,
    inputs: inputs.map(({ fields, ...input }) => ({
      ...input,
      ...(fields ? { fields: Object.fromEntries(fields) } : {}),
    })),
    composed: Object.fromEntries([...composed].map(([name, parts]) => [name, [...parts]])),
    metrics: storeMetrics(measurement),
    breakdowns: await storeBreakdowns(measurement),
  };
  return `${JSON.stringify({ ...content, sha256: identityOf(content) }, undefined, 1)}\n`;
}

function parseJson(source: string, path: string): unknown {
  try {
    return JSON.parse(source);
  } catch (cause) {
    throw new FormatError(`${path}: no JSON: ${(cause as Error).message}`, { cause });
  }
}

function checkStored(source: string, path: string): Stored {
  const parsed = storedSchema.safeParse(parseJson(source, path));
  if (!parsed.success) {
    const { path: place, message } = parsed.error.issues[0]!;
    throw new FormatError(`${path}: ${place.join(".")}: ${message}`, {
      hint: `a document of format "${format}", version ${version}, is expected; docs/compare.md describes it`,
    });
  }
  const stored = parsed.data;
  if (identityOf(stored) !== stored.sha256) {
    throw new FormatError(`${path}: its content does not fit its sha256: it was changed or cut`, {
      hint: "save the baseline again",
    });
  }
  return stored;
}

function seriesOf({ metrics }: Stored, path: string): Measurement["series"] {
  return metrics.map(({ dimensions, rows, floor_ratio: floorRatio, absent, ...own }) => {
    const metric = { ...own, ...(absent === undefined ? {} : { absent }) };
    for (const { words } of rows) {
      if (words.length !== dimensions.length) {
        throw new FormatError(`${path}: a row of ${metric.id} has not one word a dimension`);
      }
    }
    const offsets = new Uint32Array(rows.length + 1);
    for (const [index, { values }] of rows.entries()) offsets[index + 1] = offsets[index]! + values.length;
    const values = Float64Array.from(rows.flatMap((row) => row.values.map((value) => value ?? NaN)));
    const words = dimensions.map((_, dimension) => rows.map((row) => row.words[dimension]!));
    return { metric: { ...metric, floorRatio }, dimensions, words, offsets, values };
  });
}

/**
 * Reads a stored measurement.
 *
 * Errors   FormatError: no such document, of another version, or changed since
 */
export function readStored(source: string, path: string, label: string): Measurement {
  const stored = checkStored(source, path);
  const breakdowns = stored.breakdowns.map(({ total_ns: totalNs, ...each }) => ({ ...each, totalNs }));
  return {
    label: label === "" ? stored.label : label,
    path,
    kind: "baseline",
    sha256: stored.source_sha256,
    series: seriesOf(stored, path),
    composed: new Map(Object.entries(stored.composed)),
    inputs: stored.inputs.map(({ fields, sha256, ...input }) => ({
      ...input,
      ...(sha256 === undefined ? {} : { sha256 }),
      ...(fields ? { fields: new Map(Object.entries(fields)) } : {}),
    })),
    readBreakdowns: (metric) => Promise.resolve(breakdowns.filter((each) => each.metric === metric)),
    warnings: [],
  };
}
