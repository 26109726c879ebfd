import { z } from "zod";

import { UsageError } from "../base/index.ts";
import { type CompareSettings, type Metric, polarities } from "../compare/index.ts";
import { loadYaml, type ReadText } from "../config/index.ts";
import type { GateLevel } from "./gate-result.ts";
import { parseQuantity, parseSelector, type Selector, type WrittenQuantity } from "./selector.ts";

export type Operator = "<" | "<=" | ">" | ">=" | "==";

/** What a rule asks: a limit of the new side's value, or how far it may be from the base's. */
export type Demand =
  | { readonly kind: "limit"; readonly operator: Operator; readonly limit: WrittenQuantity }
  | { readonly kind: "exact" }
  /** `direction` 1: not more above the base than that; -1: not more below it; 0: neither. */
  | { readonly kind: "tolerance"; readonly direction: -1 | 0 | 1; readonly size: WrittenQuantity };

export interface Rule {
  readonly text: string;
  readonly level: GateLevel;
  readonly file: string;
  readonly line: number;
  readonly selector: Selector;
  readonly demand: Demand;
}

export interface Policy {
  readonly path: string;
  readonly rules: readonly Rule[];
  readonly settings: Partial<CompareSettings>;
  readonly filter: string | undefined;
  readonly metrics: ReadonlyMap<string, Partial<Omit<Metric, "id">>>;
  /** Of a metric's rows together: a mean change of less than this share of the base is noise. */
  readonly noiseFloors: ReadonlyMap<string, number>;
  /** What the new side may lack. */
  readonly mayVanish: readonly Selector[];
  readonly inconclusiveFails: boolean;
}

const ruleField = z.union(
  [z.string().max(500), z.record(z.string().max(500), z.union([z.string().max(100), z.number()]))],
  {
    error: "`metric.p99 < 3000 ms`, or `metric: +2 %`",
  },
);

const share = z.union([z.number().min(0).max(10), z.string()]).transform((text, context) => {
  if (typeof text === "number") return text;
  const found = parseQuantity(text);
  if (found?.unit === "%" && found.value >= 0) return found.value / 100;
  context.addIssue({ code: "custom", message: `${JSON.stringify(text.slice(0, 60))} is no share; write 1 % or 0.01` });
  return z.NEVER;
});

const metricField = z.strictObject({
  polarity: z.enum(polarities).optional(),
  exact: z.boolean().optional(),
  floor: z.number().nonnegative().optional(),
  floor_ratio: share.optional(),
});

const policySchema = z.strictObject({
  version: z.literal(1, { error: "version 1 is the only one" }),
  alpha: z.number().gt(0).max(0.5).optional(),
  min_samples: z.int().min(2).max(1000).optional(),
  seed: z.int().min(0).optional(),
  filter: z.string().max(2000).optional(),
  metrics: z.record(z.string(), metricField).default({}),
  noise_floor: z.record(z.string(), share).default({}),
  may_vanish: z.array(z.string()).max(1000).default([]),
  inconclusive: z.enum(["pass", "fail"]).default("pass"),
  fail: z.array(ruleField).max(1000).default([]),
  warn: z.array(ruleField).max(1000).default([]),
});

const limitShape = /^(.*?)\s*(<=|>=|==|<|>)\s*([^<>=]+)$/;

const rulesHint =
  "rules are `metric < 3 s`, `metric.p99 < 3000`, `metric: +2 %`, `metric{phase:kexec}: exact`; docs/gate.md has all of it";

type Place = Pick<Rule, "level" | "file" | "line">;

function wrong({ file, line }: Place, what: string): never {
  throw new UsageError(`${file}:${line}: ${what}`, { hint: rulesHint });
}

function selectorOf(text: string, place: Place): Selector {
  return parseSelector(text) ?? wrong(place, `"${text.slice(0, 100)}" names no metric`);
}

function parseLimit(text: string, place: Place): Rule {
  const match = limitShape.exec(text);
  if (!match) return wrong(place, `"${text.slice(0, 100)}" is no rule`);
  const limit = parseQuantity(match[3]!);
  if (!limit) return wrong(place, `"${match[3]!.slice(0, 60)}" is no quantity`);
  const demand: Demand = { kind: "limit", operator: match[2] as Operator, limit };
  return { ...place, text, selector: selectorOf(match[1]!, place), demand };
}

function parseTolerance(text: string, written: string, place: Place): Demand {
  if (written.trim() === "exact") return { kind: "exact" };
  const size = parseQuantity(written);
  if (!size) return wrong(place, `"${text.slice(0, 100)}: ${written.slice(0, 60)}" is no tolerance`);
  const sign = /^\s*[+\-−]/.exec(written)?.[0]?.trim();
  const direction = sign === "+" ? 1 : sign === undefined ? 0 : -1;
  return { kind: "tolerance", direction, size: { ...size, value: Math.abs(size.value) } };
}

function parseRule(rule: z.infer<typeof ruleField>, place: Place): Rule {
  if (typeof rule === "string") return parseLimit(rule, place);
  const entries = Object.entries(rule);
  if (entries.length !== 1) return wrong(place, "a rule has one metric");
  const [text, written] = entries[0]!;
  // YAML reads +10 as 10: its sign would be lost.
  if (typeof written === "number" && written !== 0) {
    return wrong(place, `${text}: ${written}: write the tolerance with its unit: +${Math.abs(written)} ms, +2 %`);
  }
  const demand = parseTolerance(text, String(written), place);
  return { ...place, text: `${text}: ${written}`, selector: selectorOf(text, place), demand };
}

function splitPlace(origin: string): { readonly file: string; readonly line: number } {
  const cut = origin.lastIndexOf(":");
  const line = Number(origin.slice(cut + 1));
  return Number.isInteger(line) && cut > 0 ? { file: origin.slice(0, cut), line } : { file: origin, line: 1 };
}

/**
 * Reads a policy: which rules a comparison must keep.
 *
 * Errors   UsageError with one line a problem: `file:line: what is wrong`
 */
export function loadPolicy(path: string, readText: ReadText): Policy {
  const source = { readText, what: "policy", schema: policySchema, hint: "docs/gate.md lists every key" };
  const { value, placeOf } = loadYaml(path, source);
  const rulesOf = (level: GateLevel): Rule[] =>
    value[level].map((rule, index) => parseRule(rule, { level, ...splitPlace(placeOf([level, index])) }));
  const rules = [...rulesOf("fail"), ...rulesOf("warn")];
  if (rules.length === 0) {
    throw new UsageError(`${path}: no rule: whatever is compared would pass`, { hint: rulesHint });
  }
  const place: Place = { level: "fail", ...splitPlace(placeOf(["may_vanish"])) };
  const { alpha, min_samples: minSamples, seed } = value;
  return {
    path,
    rules,
    settings: {
      ...(alpha === undefined ? {} : { alpha }),
      ...(minSamples === undefined ? {} : { minSamples }),
      ...(seed === undefined ? {} : { seed }),
    },
    filter: value.filter,
    metrics: new Map(
      Object.entries(value.metrics).map(([id, { floor_ratio: floorRatio, ...metric }]) => [
        id,
        { ...metric, ...(floorRatio === undefined ? {} : { floorRatio }) } as Partial<Omit<Metric, "id">>,
      ]),
    ),
    noiseFloors: new Map(Object.entries(value.noise_floor)),
    mayVanish: value.may_vanish.map((text) => selectorOf(text, place)),
    inconclusiveFails: value.inconclusive === "fail",
  };
}
