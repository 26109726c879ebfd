import { type CostId, costIds } from "../model/index.ts";
import {
  type CostData,
  parseProfile,
  type Profile,
  type ProfileData,
  profileFor,
  type QuantityId,
} from "../profile/index.ts";
import { assumedFactor, type Assumptions, assumptionsOf } from "./assumptions.ts";
import { bootstrapIntervals, type Interval } from "./bootstrap.ts";
import { type Case, crossValidate, type CrossValidation } from "./cross-validate.ts";
import type { GroupFit } from "./fit.ts";
import { fitLines, type LineFit } from "./fit-lines.ts";
import { deviationNs } from "./price.ts";
import { coverageOf, fitFactors, fitSpreads } from "./spread.ts";

export interface ProfileOptions {
  readonly name: string;
  readonly about: string;
  readonly madeBy: string;
  /** Line whose constants come first; by default the one with most recordings. */
  readonly kernel?: string;
  /** Profile that constants come from which the recordings do not show. */
  readonly base?: Profile;
}

export interface Calibration {
  readonly data: ProfileData;
  readonly fits: readonly LineFit[];
  readonly validation: CrossValidation;
  /** By quantity: share of left-out recordings that their interval holds. */
  readonly coverage: Readonly<Record<QuantityId, number>>;
}

function round(ns: number): number {
  return Number(ns.toPrecision(6));
}

/** Rounded outwards, so that the value never falls out of its range. */
function range(unitNs: number, { lowNs, highNs }: Interval) {
  const [unit, low, high] = [unitNs, lowNs, highNs].map(round) as [number, number, number];
  return { unit_ns: unit, low_ns: Math.min(low, unit), high_ns: Math.max(high, unit) };
}

function assumedCost(ns: number, why: string): CostData {
  const interval = { lowNs: ns / assumedFactor, highNs: ns * assumedFactor };
  return { ...range(ns, interval), status: "assumed", source: `assumed: ${why}` };
}

/** Name of a group's fit: what it was fitted to. */
function fitId({ spans }: GroupFit): string {
  return spans[0]!;
}

interface FittedCost {
  readonly assumptions: Assumptions;
  readonly group: GroupFit;
  readonly interval: Interval;
  readonly spread: number;
}

function fittedCost(id: CostId, { group, interval, spread, assumptions }: FittedCost): CostData {
  const inseparable = group.inseparable.find((each) => each.id === id);
  if (inseparable) {
    const from = inseparable.from.join(", ") || "the others of its fit";
    const what = `cannot be told apart from ${from}; to settle it, record ${inseparable.record}`;
    if (inseparable.heldNs === 0) {
      return { unit_ns: 0, low_ns: 0, high_ns: 0, status: "assumed", source: `assumed: contained; ${what}` };
    }
    const why = assumptions.fallbackFor(id)?.why ?? "as a constant that pays for the same work";
    return assumedCost(inseparable.heldNs, `${why}; ${what}`);
  }
  const recordings = group.behind.get(id)!.length;
  return {
    ...range(group.units.get(id)!, interval),
    status: "measured",
    source: `fitted to ${group.spans.join(", ")} of recordings; 90 % interval by bootstrap`,
    fit: fitId(group),
    recordings,
    ...(spread > 0 ? { spread_ratio: Number(spread.toPrecision(3)) } : {}),
  };
}

/** What a profile is made of beside the fits. */
interface Rest {
  readonly spreads: ReadonlyMap<CostId, number>;
  readonly assumptions: Assumptions;
  readonly base: Profile | undefined;
}

/** Constants that one line's recordings fit. */
function costsOfLine(fit: LineFit, { spreads, assumptions }: Rest): Map<CostId, CostData> {
  const costs = new Map<CostId, CostData>();
  for (const group of fit.groups) {
    const intervals = bootstrapIntervals(group);
    for (const id of group.constants) {
      costs.set(id, fittedCost(id, { group, interval: intervals.get(id)!, spread: spreads.get(id) ?? 0, assumptions }));
    }
  }
  return costs;
}

function unseenCost(id: CostId, { assumptions, base }: Rest): CostData {
  if (base) {
    const own = base.data.costs[id]!;
    // A fit of another profile is none of this one's.
    return { ...own, fit: undefined, recordings: undefined, source: `profile ${base.name}: ${own.source}` };
  }
  const held = assumptions.heldAt(id);
  return held ? assumedCost(held.ns, held.why) : assumedCost(0, "no recording pays for it");
}

function listFits(fits: readonly LineFit[]): NonNullable<ProfileData["fits"]> {
  return fits.flatMap(({ line, groups }) =>
    groups.map((group) => ({
      id: fitId(group),
      kernel: line,
      spans: [...group.spans],
      recordings: [...group.recordings],
      rms_ratio: Number(group.rmsRatio.toPrecision(3)),
      stray_count: group.strayCount,
      inseparable: group.inseparable.map(({ id, from, record }) => ({ constant: id, from: [...from], record })),
    })),
  );
}

/** All constants with those of `kernel` first, and those of other lines beside them where they have their own. */
function arrangeCosts(fits: readonly LineFit[], rest: Rest, kernel: string) {
  const byLine = new Map(fits.map((fit) => [fit.line, costsOfLine(fit, rest)]));
  // What the first line does not pay, such as hashing, another one may.
  const inOrder = [byLine.get(kernel), ...byLine.values()];
  const find = (id: CostId): CostData | undefined => inOrder.find((own) => own?.has(id))?.get(id);
  const costs = Object.fromEntries(costIds.map((id) => [id, find(id) ?? unseenCost(id, rest)]));
  const others = [...byLine].filter(([line]) => line !== kernel);
  const kernels = Object.fromEntries(others.map(([line, own]) => [line, Object.fromEntries(own)]));
  return { costs, ...(others.length > 0 ? { kernels } : {}) };
}

/** Fits every constant to the recordings, and how far predictions of recordings that it has not seen are off. */
export function calibrate(cases: readonly Case[], options: ProfileOptions): Calibration {
  const { base } = options;
  const assumptions = assumptionsOf(base);
  const fits = fitLines(
    cases.map(({ calibration }) => calibration),
    assumptions,
  );
  const validation = crossValidate(cases, assumptions);
  const kernel = options.kernel ?? fits[0]!.line;
  const spreads = fitSpreads(validation.spans, fits);
  const draft: ProfileData = {
    name: options.name,
    kernel,
    about: options.about,
    made_by: options.madeBy,
    recordings: cases.map(({ recording: { name, sha256 } }) => ({ name, sha256 })),
    fits: listFits(fits),
    ...arrangeCosts(fits, { spreads, assumptions, base }, kernel),
  };
  const deviationOf = deviationsBy(draft);
  const coverage = coverageOf(validation.quantities, deviationOf);
  if (validation.quantities.length === 0) return { data: draft, fits, validation, coverage };
  const prediction = fitFactors(validation.quantities, deviationOf);
  return { data: { ...draft, prediction }, fits, validation, coverage };
}

function deviationsBy(draft: ProfileData) {
  const profile = parseProfile(JSON.stringify(draft), draft.name);
  const byLines = new Map<string, Profile>();
  return ({ terms, lines }: { terms: ReadonlyMap<CostId, number>; lines: { from: string; to: string } }): number => {
    const key = `${lines.from} ${lines.to}`;
    const own = byLines.get(key) ?? profileFor(profile, lines);
    byLines.set(key, own);
    return deviationNs(terms, own);
  };
}
