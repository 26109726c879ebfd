import { displayText } from "../analysis/index.ts";
import type { Difference } from "../compare/index.ts";
import type { Breach, RuleResult } from "../gate/index.ts";

/** A row of which a rule does not hold, or of which nobody can say. */
export interface Finding extends Breach {
  readonly isDecided: boolean;
}

/** Where a rule does not hold, then where it cannot be decided. */
export function findingsOf({ breaches, undecided }: RuleResult): Finding[] {
  return [
    ...breaches.map((breach) => ({ ...breach, isDecided: true })),
    ...undecided.map((breach) => ({ ...breach, isDecided: false })),
  ];
}

/** "1 of 3 rows broken, 1 not decided". */
export function ruleCountsText({ breaches, undecided, rowCount }: RuleResult): string {
  const broken = `${breaches.length} of ${rowCount} ${rowCount === 1 ? "row" : "rows"} broken`;
  return undecided.length === 0 ? broken : `${broken}, ${undecided.length} not decided`;
}

/** A finding in one line: the side where there are several, the row, and why. */
export function findingText({ columns }: Difference, { column, what, reason, isDecided }: Finding): string {
  const side = columns.length > 2 ? `${displayText(columns[column]!.label, 60)}: ` : "";
  return `${side}${displayText(what, 160)}: ${isDecided ? "" : "not decided: "}${displayText(reason, 240)}`;
}
