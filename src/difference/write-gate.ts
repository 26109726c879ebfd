import { assert } from "../base/index.ts";
import type { Difference } from "../compare/index.ts";
import type { Breach, GateResult, RuleResult } from "../gate/index.ts";
import { differenceSchema } from "../trace/index.ts";
import { labelCode, lastPart, type Push } from "./push.ts";

const { ruleTable, breachTable, breachRowTable } = differenceSchema;

/** What a reader sees of a rule that does not hold: where first, and by how much. */
function reasonOf({ outcome, breaches, undecided }: RuleResult): string {
  const first = outcome === "inconclusive" ? (undecided[0] ?? breaches[0]) : (breaches[0] ?? undecided[0]);
  return outcome === "pass" || first === undefined ? "" : `${first.what}: ${first.reason}`;
}

function pushRule(push: Push, rule: RuleResult): void {
  push(ruleTable, {
    rule: rule.rule,
    file: lastPart(rule.file),
    line: rule.line,
    level: labelCode(ruleTable, "level", rule.level),
    outcome: labelCode(ruleTable, "outcome", rule.outcome),
    reason: reasonOf(rule),
    row_count: rule.rowCount,
    breach_count: rule.breaches.length,
    undecided_count: rule.undecided.length,
  });
}

/** The rules of a gate, what breaks them, and of which rows of the difference. */
export function pushGate(push: Push, { rules }: GateResult, { rows, columns }: Difference): void {
  let breachCount = 0;
  const pushBreach = ({ column, what, reason, rows: concerned }: Breach, ruleIndex: number, isUndecided: boolean) => {
    assert(column < columns.length, "a breach is of a column of the comparison");
    push(breachTable, {
      rule_index: ruleIndex,
      side_index: column,
      is_undecided: Number(isUndecided),
      what,
      reason,
      row_count: concerned.length,
    });
    for (const row of concerned) {
      assert(row < rows.length, "a breach is of rows of the comparison");
      push(breachRowTable, { breach_index: breachCount, row_index: row });
    }
    breachCount++;
  };
  for (const [ruleIndex, rule] of rules.entries()) {
    pushRule(push, rule);
    for (const breach of rule.breaches) pushBreach(breach, ruleIndex, false);
    for (const breach of rule.undecided) pushBreach(breach, ruleIndex, true);
  }
}
