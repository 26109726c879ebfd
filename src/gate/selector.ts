import { parseFilter, type RowFilter } from "../compare/index.ts";
import { parseBytes, parseDuration } from "../config/index.ts";

/** A statistic of the samples that a rule is about. */
export type Statistic =
  | { readonly name: "median" | "mean" | "min" | "max" }
  | { readonly name: "quantile"; readonly share: number };

/** Which rows a rule is about: `metric{filter}.statistic`. */
export interface Selector {
  /** As written: its unit may be another than the metric's own. */
  readonly metric: string;
  readonly keeps: RowFilter;
  /** Undefined: each row by itself. */
  readonly statistic: Statistic | undefined;
}

const shape =
  /^([A-Za-z][A-Za-z0-9_/-]*(?:\.[A-Za-z0-9_/-]+)*?)(?:\{(.*)\})?(?:\.(median|mean|min|max|p\d{1,2}(?:\.\d+)?))?$/;

function statisticOf(word: string | undefined): Statistic | undefined {
  if (word === undefined) return undefined;
  if (word === "median" || word === "mean" || word === "min" || word === "max") return { name: word };
  return { name: "quantile", share: Number(word.slice(1)) / 100 };
}

/**
 * Reads a selector; undefined if it is none.
 *
 * Errors   UsageError for a filter that is not understood
 */
export function parseSelector(text: string): Selector | undefined {
  const match = shape.exec(text.trim());
  if (!match) return undefined;
  return { metric: match[1]!, keeps: parseFilter(match[2] ?? "").keeps, statistic: statisticOf(match[3]) };
}

/** Units as the last word of a metric's name, as rules and files write them. */
const lastWords: Readonly<Record<string, string>> = {
  sec: "s",
  bytes: "B",
  kib: "KiB",
  mib: "MiB",
  gib: "GiB",
  tib: "TiB",
};

/** A unit as the metric's own, and its size in that; undefined for a word that is none. */
function unitOf(word: string): { readonly own: "ns" | "bytes"; readonly size: number } | undefined {
  const written = `1 ${lastWords[word] ?? word}`;
  const ns = parseDuration(written);
  if (ns !== undefined) return { own: "ns", size: ns };
  const size = parseBytes(written);
  return size === undefined ? undefined : { own: "bytes", size };
}

/** The metric that a written name means, and the size of a number that is written without a unit. */
export interface NamedMetric {
  readonly id: string;
  readonly numberSize: number;
}

/** Finds a metric by a name that may end with another unit: blackout_ms is blackout_ns in ms. */
export function findMetric(written: string, known: ReadonlySet<string>): NamedMetric | undefined {
  if (known.has(written)) return { id: written, numberSize: 1 };
  const cut = written.lastIndexOf("_");
  const unit = cut < 0 ? undefined : unitOf(written.slice(cut + 1));
  if (unit === undefined) return undefined;
  const id = `${written.slice(0, cut)}_${unit.own}`;
  return known.has(id) ? { id, numberSize: unit.size } : undefined;
}

/** A quantity as a rule writes it. */
export interface WrittenQuantity {
  readonly value: number;
  /** `%`, a unit, or nothing. */
  readonly unit: string;
}

const quantity = /^([+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(%|[A-Za-z]+)?$/i;

export function parseQuantity(text: string): WrittenQuantity | undefined {
  const match = quantity.exec(text.trim().replace("−", "-"));
  if (!match) return undefined;
  const unit = match[2] ?? "";
  if (unit !== "" && unit !== "%" && !unitOf(unit)) return undefined;
  return { value: Number(match[1]), unit };
}

/** A written quantity in the metric's unit; undefined where its unit is of another kind. */
export function sizeIn({ value, unit }: WrittenQuantity, { id, numberSize }: NamedMetric): number | undefined {
  if (unit === "%") return id.endsWith("_ratio") ? value / 100 : undefined;
  if (unit === "") return value * numberSize;
  const { own, size } = unitOf(unit)!;
  return id.endsWith(`_${own}`) ? value * size : undefined;
}
