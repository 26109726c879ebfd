import { FormatError, UsageError } from "../base/index.ts";
import { type Difference, formatDimensions } from "../compare/index.ts";
import type { GateResult, RuleOutcome, RuleResult } from "./gate-result.ts";
import { judgeRule } from "./judge-rule.ts";
import type { Policy } from "./policy.ts";
import { findMetric } from "./selector.ts";
import { matchingRows } from "./subjects.ts";

/** Rows that the new side may lack. */
function mayVanish(difference: Difference, { mayVanish: selectors }: Policy): ReadonlySet<number> {
  const known = new Set(difference.rows.map(({ metric }) => metric));
  return new Set(
    selectors.flatMap((selector) => {
      const metric = findMetric(selector.metric, known);
      return metric ? matchingRows(difference, metric.id, selector) : [];
    }),
  );
}

/** Rows that rules are about, and all rows of metrics of which a column has none any more. */
function guardedRows(difference: Difference, policy: Policy): ReadonlySet<number> {
  const known = new Set(difference.rows.map(({ metric }) => metric));
  const guarded = new Set<number>();
  for (const { selector } of policy.rules) {
    const metric = findMetric(selector.metric, known);
    for (const row of metric ? matchingRows(difference, metric.id, selector) : []) guarded.add(row);
  }
  for (let column = 0; column < difference.columns.length; column++) {
    const present = new Set(difference.rows.filter(({ cells }) => cells[column]).map(({ metric }) => metric));
    for (const [index, { metric }] of difference.rows.entries()) if (!present.has(metric)) guarded.add(index);
  }
  return guarded;
}

/** A benchmark that is gone must not pass for one that is well. */
function checkVanished(difference: Difference, policy: Policy): void {
  const allowed = mayVanish(difference, policy);
  const guarded = guardedRows(difference, policy);
  const gone = difference.rows.flatMap((row, index) => {
    const column = row.changes.findIndex(({ verdict }) => verdict === "only-base");
    return column < 0 || allowed.has(index) || !guarded.has(index) ? [] : [{ row, column: column + 1 }];
  });
  const [first] = gone;
  if (!first) return;
  const where = formatDimensions(first.row);
  const name = where === "" ? first.row.metric : `${first.row.metric}{${where.slice(0, 100)}}`;
  const others = gone.length === 1 ? "" : ` and ${gone.length - 1} more`;
  throw new FormatError(`${difference.columns[first.column]!.label} has no ${name}${others}, which the base has`, {
    hint: `if that is meant, say so in the policy: may_vanish: [${first.row.metric}]`,
  });
}

/** What a policy says of a metric that is not there would be without effect, and nobody would notice. */
function checkNames(difference: Difference, { path, metrics, noiseFloors }: Policy): void {
  const known = new Set(difference.rows.map(({ metric }) => metric));
  const unknown =
    [...metrics.keys()].find((name) => !known.has(name)) ??
    [...noiseFloors.keys()].find((name) => !findMetric(name, known));
  if (unknown === undefined) return;
  throw new UsageError(`${path}: there is no metric ${unknown.slice(0, 100)}`, {
    hint: `metrics and noise_floor name some of ${[...known].slice(0, 40).join(", ")}`,
  });
}

function outcomeOf(rules: readonly RuleResult[]): RuleOutcome {
  if (rules.some(({ outcome }) => outcome === "fail")) return "fail";
  if (rules.some(({ level, outcome }) => level === "fail" && outcome === "inconclusive")) return "inconclusive";
  return rules.some(({ outcome }) => outcome === "warn") ? "warn" : "pass";
}

/**
 * Holds a policy's rules against a comparison.
 *
 * Errors   FormatError: the new side lacks what the base has, and the policy does not allow it; UsageError: a rule that
 *          fits nothing here
 */
export function judgeGate(difference: Difference, policy: Policy, iterationCount: number): GateResult {
  checkVanished(difference, policy);
  checkNames(difference, policy);
  const rules = policy.rules.map((rule) => judgeRule(difference, rule, policy));
  return { difference, outcome: outcomeOf(rules), policy: policy.path, rules, iterationCount };
}
