import { dirname, basename } from "node:path";

import { canonicalJson, type Json, UsageError } from "../base/index.ts";
import { parseBytes, parseDuration } from "../config/index.ts";
import { parsePath } from "./paths.ts";
import type { AxisFile } from "./schema.ts";
import type { Axis, AxisUnit, AxisValue } from "./types.ts";

/** A value with its unit as a number; null where it is none. */
export interface Measured {
  readonly unit: AxisUnit;
  readonly number: number | null;
}

export function measure(value: Json): Measured {
  if (typeof value === "number") return { unit: "number", number: value };
  if (typeof value !== "string") return { unit: "text", number: null };
  const bytes = parseBytes(value);
  if (bytes !== undefined) return { unit: "bytes", number: bytes };
  const ns = parseDuration(value);
  if (ns !== undefined) return { unit: "ns", number: ns };
  const percent = /^(\d+(?:\.\d+)?)%$/.exec(value);
  return percent ? { unit: "number", number: Number(percent[1]) } : { unit: "text", number: null };
}

/** A number in the words of the unit that it came from. */
export function inUnit(number: number, unit: AxisUnit): Json {
  if (unit === "bytes") return `${Math.round(number)} B`;
  if (unit === "ns") return `${Math.round(number)} ns`;
  return number;
}

/** A value in few words: what people call it. */
export function labelOf(value: Json): string {
  return typeof value === "string" ? value : canonicalJson(value);
}

function unitOf(values: readonly AxisValue[], measured: readonly Measured[]): AxisUnit {
  const [first] = measured;
  const same = measured.every(({ unit }) => unit === first!.unit);
  return same && values.every(({ number }) => number !== null) ? first!.unit : "text";
}

const largestSteps = 10_000;

type Range = Extract<AxisFile, { from: string | number }>;

/** The numbers of a range, its end included where a step meets it. */
function numbersOf({ step, factor, count }: Range, from: number, to: number, stepBy: number | undefined): number[] {
  if (count !== undefined) {
    return Array.from({ length: count }, (_, index) => from + ((to - from) * index) / (count - 1));
  }
  const numbers: number[] = [];
  // A hair's breadth, so that 0.1 three times from 0 meets 0.3.
  const last = to + Math.abs(to - from) * 1e-9;
  for (let number = from; number <= last && numbers.length <= largestSteps;) {
    numbers.push(number);
    number = factor === undefined ? from + stepBy! * numbers.length : number * factor;
  }
  if (numbers.length > largestSteps) throw new UsageError(`more than ${largestSteps} values; step ${step ?? factor}`);
  return numbers;
}

const shownUnits: Readonly<Record<"bytes" | "ns", readonly (readonly [string, number])[]>> = {
  bytes: [
    ["TiB", 2 ** 40],
    ["GiB", 2 ** 30],
    ["MiB", 2 ** 20],
    ["KiB", 2 ** 10],
  ],
  ns: [
    ["s", 1e9],
    ["ms", 1e6],
    ["us", 1e3],
  ],
};

/** A number of a range as one would write it: in the largest unit that gives a short number. */
function showNumber(number: number, unit: AxisUnit): Json {
  if (unit !== "bytes" && unit !== "ns") return Number(number.toPrecision(12));
  for (const [name, size] of shownUnits[unit]) {
    const value = number / size;
    if (value >= 1 && Math.abs(value * 1000 - Math.round(value * 1000)) < 1e-6)
      return `${Math.round(value * 1000) / 1000} ${name}`;
  }
  return inUnit(number, unit);
}

function rangeValues(range: Range): Json[] {
  const [from, to] = [measure(range.from), measure(range.to)];
  if (from.number === null || to.number === null || from.unit !== to.unit) {
    throw new UsageError(`from ${range.from}, to ${range.to}: two numbers, sizes or times are expected`);
  }
  if (from.number > to.number) throw new UsageError(`from ${range.from} is more than to ${range.to}`);
  const step = range.step === undefined ? undefined : measure(range.step);
  if (step && (step.unit !== from.unit || step.number === null || step.number <= 0)) {
    throw new UsageError(`step ${range.step}: expected in the unit of from and to, and more than 0`);
  }
  if (range.factor !== undefined && from.number <= 0) throw new UsageError("a factor needs a from above 0");
  const isPercent = typeof range.from === "string" && range.from.endsWith("%");
  return numbersOf(range, from.number, to.number, step?.number ?? undefined).map((number) =>
    isPercent ? `${Math.round(number)}%` : showNumber(number, from.unit),
  );
}

/** How an axis reads what it names. */
export interface AxisReaders {
  /** The number of a trace or a profile among the plan's sources. */
  readonly addTrace: (path: string) => number;
  readonly addProfile: (nameOrPath: string) => number;
  /** A YAML file as it was written, its includes merged. */
  readonly readMap: (path: string) => Json;
}

const none: Omit<AxisValue, "label"> = { number: null, set: {}, merge: {} };

function listAxis(key: string, values: readonly Json[], readers: AxisReaders): Axis {
  if (key === "trace" || key === "profile") {
    const add = key === "trace" ? readers.addTrace : readers.addProfile;
    const named = values.map((value): AxisValue => {
      if (typeof value !== "string") throw new UsageError(`${labelOf(value)}: expected the name of a ${key}`);
      return { ...none, label: basename(value), [key]: add(value) };
    });
    return { key, unit: "text", values: named };
  }
  if (!parsePath(key)) {
    throw new UsageError("neither trace nor profile nor a path of the scenario such as host.ram or vms[*].folio", {
      hint: "docs/scenario.md lists every key; an axis of another name has variants or files",
    });
  }
  const measured = values.map(measure);
  const own = values.map((value, index): AxisValue => ({
    ...none,
    label: labelOf(value),
    number: measured[index]!.number,
    set: { [key]: value },
  }));
  return { key, unit: unitOf(own, measured), values: own };
}

function checkPaths(set: { readonly [path: string]: Json }): void {
  for (const path of Object.keys(set)) {
    if (!parsePath(path)) throw new UsageError(`${path}: no path of the scenario such as vms[*].folio`);
  }
}

/** Reads one axis of a plan. */
export function readAxis(key: string, axis: AxisFile, readers: AxisReaders): Axis {
  const made = makeAxis(key, axis, readers);
  const labels = new Set(made.values.map(({ label }) => label));
  if (labels.size === made.values.length) return made;
  throw new UsageError("a value stands there twice");
}

function makeAxis(key: string, axis: AxisFile, readers: AxisReaders): Axis {
  if (Array.isArray(axis)) return listAxis(key, axis, readers);
  if ("from" in axis) return listAxis(key, rangeValues(axis), readers);
  if ("files" in axis) {
    const files = axis.files as readonly string[];
    const values = files.map((file): AxisValue => ({
      ...none,
      label: new Set(files.map((each) => basename(each))).size < files.length ? file : basename(file),
      merge: readers.readMap(file),
    }));
    return { key, unit: "text", values };
  }
  const variants = axis.variants as Readonly<Record<string, { readonly [path: string]: Json }>>;
  const values = Object.entries(variants).map(([label, set]): AxisValue => {
    checkPaths(set);
    return { ...none, label, set };
  });
  if (values.length === 0) throw new UsageError("no variants");
  return { key, unit: "text", values };
}

/** The folder that paths are relative to that stand at a place such as `plans/demo.yaml:12`. */
export function folderOf(place: string): string {
  return dirname(place.replace(/:\d+$/, ""));
}
