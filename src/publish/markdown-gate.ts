import type { Difference } from "../compare/index.ts";
import type { GateResult, RuleOutcome, RuleResult } from "../gate/index.ts";
import { code, type Page, prose, tableHead, tableRow } from "./markdown-text.ts";
import { type Finding, findingsOf, ruleCountsText } from "./rules.ts";

const outcomeWords: Readonly<Record<RuleOutcome, string>> = {
  fail: "**fail**",
  inconclusive: "inconclusive",
  warn: "warn",
  pass: "pass",
};
const order: readonly RuleOutcome[] = ["fail", "warn", "inconclusive", "pass"];

/** More rows of one rule nobody reads in a comment. */
const maxFindings = 20;

function countOf({ rules }: GateResult, outcome: RuleOutcome): number {
  return rules.filter((rule) => rule.outcome === outcome).length;
}

/** What came of a policy, in one line. */
export function gateSentence(gate: GateResult): string {
  const all = `${gate.rules.length} ${gate.rules.length === 1 ? "rule" : "rules"}`;
  const undecided = countOf(gate, "inconclusive");
  switch (gate.outcome) {
    case "fail":
      return `**Fail**: ${countOf(gate, "fail")} of ${all} broken`;
    case "inconclusive":
      return `**Inconclusive**: ${undecided} of ${all} cannot be decided`;
    case "warn":
      return `**Pass**, with a warning of ${countOf(gate, "warn")} of ${all}`;
    case "pass":
      return undecided === 0 ? `**Pass**: ${all} kept` : `**Pass**: ${all}, ${undecided} of them not decided`;
  }
}

function findingLine({ columns }: Difference, { column, what, reason, isDecided }: Finding): string {
  const side = columns.length > 2 ? `${code(columns[column]!.label, 40)}: ` : "";
  return `  - ${side}${code(what, 120)}: ${isDecided ? "" : "not decided: "}${prose(reason)}`;
}

function detailLines(difference: Difference, result: RuleResult): string[] {
  const findings = findingsOf(result);
  if (findings.length === 0) return [];
  const hidden = findings.length - maxFindings;
  return [
    `- ${code(result.rule, 120)} ${result.outcome === "inconclusive" ? "cannot be decided" : "is broken"}`,
    ...findings.slice(0, maxFindings).map((finding) => findingLine(difference, finding)),
    ...(hidden > 0 ? [`  - and ${hidden} more`] : []),
  ];
}

/** Rules with what came of them, and where the broken ones do not hold. Takes at most half of what room there is. */
export function addRules(page: Page, gate: GateResult): void {
  const rules = [...gate.rules].sort((one, other) => order.indexOf(one.outcome) - order.indexOf(other.outcome));
  const details = rules.flatMap((rule) => detailLines(gate.difference, rule));
  const maxBytes = Math.floor(page.leftBytes / 4);
  const hiddenLines = page.addMost([], details, maxBytes);
  if (hiddenLines > 0) page.add(["", `and ${hiddenLines} more lines of broken rules`]);
  const head = tableHead(["", "rule", "at", ""], [false, false, false, false]);
  const lines = rules.map((result) => {
    const { rule, outcome, file, line } = result;
    const place = `${file.length > 80 ? `…${file.slice(-80)}` : file}:${line}`;
    return tableRow([outcomeWords[outcome], code(rule, 120), code(place, 100), ruleCountsText(result)]);
  });
  const hiddenRules = page.addMost(details.length > 0 ? ["", ...head] : head, lines, maxBytes);
  if (hiddenRules > 0) page.add(["", `and ${hiddenRules} more rules`]);
  if (gate.iterationCount > 0) page.add(["", `Samples were collected anew ${gate.iterationCount} times.`]);
  page.add([""]);
}
