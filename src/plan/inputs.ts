import { type Json, UsageError } from "../base/index.ts";
import { type CostId, costIds, type Costs } from "../model/index.ts";
import { createDistribution, type Distribution, type Interval, quantile } from "../sensitivity/index.ts";
import { inUnit, measure } from "./axes.ts";
import { getPath, parsePath } from "./paths.ts";
import type { IntervalFile } from "./schema.ts";
import type { AxisUnit, InputTarget, UncertainInput } from "./types.ts";

/** From the new kernel's first instruction to userspace, measured by the user on a host as the plan's scenario. */
export const bootInput = "boot_ms";

function targetOf(name: string): InputTarget {
  if (name === bootInput) return "boot";
  return (costIds as readonly string[]).includes(name) ? "cost" : "scenario";
}

interface Ends {
  readonly low: string | number;
  readonly high: string | number;
  readonly base?: string | number | undefined;
  readonly kind?: Interval["kind"];
}

function endsOf(written: IntervalFile): Ends {
  if (!Array.isArray(written)) {
    const { range, base, as } = written;
    return { low: range[0], high: range[1], base, kind: as };
  }
  const [low, second, third] = written as [string | number, string | number, (string | number)?];
  return third === undefined ? { low, high: second } : { low, base: second, high: third };
}

/** Bare numbers are in the unit of the input's name: `boot_ms` in ms, constants of a profile in ns. */
const bareUnits: Readonly<Record<InputTarget, number>> = { boot: 1e6, cost: 1, scenario: 1 };

/**
 * Reads an interval.
 *
 * Errors   UsageError if its numbers have different units, or are no interval
 */
export function readInput(name: string, written: IntervalFile, scenario: Json): UncertainInput {
  const target = targetOf(name);
  const ends = endsOf(written);
  const texts = [ends.low, ends.base ?? ends.low, ends.high];
  const measured = texts.map((text) => {
    const { unit, number } = measure(text);
    return unit === "number" && target !== "scenario"
      ? { unit: "ns" as const, number: number! * bareUnits[target] }
      : { unit, number };
  });
  const [low, base, high] = measured;
  if (
    measured.some(({ unit, number }) => number === null || unit !== low!.unit) ||
    (target !== "scenario" && low!.unit !== "ns")
  ) {
    throw new UsageError(
      `${texts.join(" to ")}: expected two numbers of one unit${target === "scenario" ? "" : ", a time"}`,
    );
  }
  if (!(low!.number! >= 0 && low!.number! <= base!.number! && base!.number! <= high!.number!)) {
    throw new UsageError(`${texts.join(", ")}: low must not be above high, nor below 0`);
  }
  if (target === "scenario") checkScenarioInput(name, low!.unit, scenario);
  const interval: Interval = {
    low: low!.number!,
    high: high!.number!,
    ...(ends.base === undefined ? {} : { base: base!.number! }),
    ...(ends.kind === undefined ? {} : { kind: ends.kind }),
  };
  if (interval.kind === "lognormal" && interval.low === 0) throw new UsageError("a lognormal cannot reach 0");
  return { name, target, unit: low!.unit, interval };
}

function checkScenarioInput(name: string, unit: AxisUnit, scenario: Json): void {
  const path = parsePath(name);
  if (!path) {
    throw new UsageError(`neither ${bootInput} nor a constant of the profile nor a path of the scenario`, {
      hint: "docs/model.md lists the constants, docs/scenario.md the scenario's keys",
    });
  }
  const stated = getPath(scenario, path);
  if (stated === undefined || measure(stated).unit === unit) return;
  throw new UsageError(`the scenario has ${JSON.stringify(stated)} there: another unit`);
}

/** An input, ready to draw from. */
export interface DrawnInput extends UncertainInput {
  readonly distribution: Distribution;
}

/**
 * Everything uncertain in a plan, for one profile: what the plan says, then each constant with an interval of its own, in
 * the catalogue's order. What the plan says of a constant takes the place of the profile's word.
 */
export function listInputs(own: readonly UncertainInput[], drawsProfile: boolean, costs: Costs): DrawnInput[] {
  const named = new Set(own.map(({ name }) => name));
  const fromProfile = costIds.flatMap((id): UncertainInput[] => {
    const { lowNs, unitNs, highNs } = costs[id];
    if (!drawsProfile || named.has(id) || lowNs === highNs) return [];
    return [{ name: id, target: "cost", unit: "ns", interval: { low: lowNs, base: unitNs, high: highNs } }];
  });
  return [...own, ...fromProfile].map((input) => ({ ...input, distribution: createDistribution(input.interval) }));
}

/** An input's value at a share of its distribution; a median is taken as written, not computed. */
export function valueAt({ distribution, interval }: DrawnInput, share: number): number {
  return share === 0.5 && interval.base !== undefined ? interval.base : quantile(distribution, share);
}

/** Costs with some of them at other values; of those nothing is uncertain any more. */
export function withCosts(costs: Costs, values: ReadonlyMap<CostId, number>): Costs {
  const changed: Partial<Record<CostId, Costs[CostId]>> = {};
  for (const [id, unitNs] of values) changed[id] = { ...costs[id], unitNs, lowNs: unitNs, highNs: unitNs };
  return { ...costs, ...changed };
}

/** What an input of the scenario is set to. */
export function scenarioValue({ unit, name }: UncertainInput, value: number, scenario: Json): Json {
  if (unit !== "number") return inUnit(value, unit);
  const stated = getPath(scenario, parsePath(name)!);
  if (typeof stated === "string" && stated.endsWith("%")) return `${Math.max(1, Math.round(value))}%`;
  return typeof stated === "number" && Number.isInteger(stated) ? Math.round(value) : value;
}
