import { displayText, plural } from "../analysis/index.ts";
import type { Breach, GateResult, RuleOutcome, RuleResult } from "../gate/index.ts";
import { formatTable } from "./table.ts";

const maxBreaches = 20;

const words: Readonly<Record<RuleOutcome, string>> = {
  pass: "pass",
  warn: "warn",
  fail: "FAIL",
  inconclusive: "inconclusive",
};

function breachLines({ breaches, undecided }: RuleResult, gate: GateResult): string[] {
  const several = gate.difference.columns.length > 2;
  const line = ({ what, reason, column }: Breach): string => {
    const side = several ? `${displayText(gate.difference.columns[column]!.label, 40)}: ` : "";
    return `    ${side}${displayText(what, 100)}: ${displayText(reason, 200)}`;
  };
  const all = [...breaches, ...undecided];
  const hidden = all.length - maxBreaches;
  return [...all.slice(0, maxBreaches).map(line), ...(hidden > 0 ? [`    and ${plural(hidden, "more row")}`] : [])];
}

function sentence({ outcome, rules }: GateResult): string {
  const failed = rules.filter((rule) => rule.outcome === "fail").length;
  const warned = rules.filter((rule) => rule.outcome === "warn").length;
  const undecided = rules.filter((rule) => rule.outcome === "inconclusive").length;
  const all = plural(rules.length, "rule");
  switch (outcome) {
    case "fail":
      return `FAIL: ${failed} of ${all} broken`;
    case "inconclusive":
      return `INCONCLUSIVE: ${undecided} of ${all} cannot be decided`;
    case "warn":
      return `pass, with ${plural(warned, "warning")} (${all})`;
    case "pass":
      return undecided === 0 ? `pass: ${all} kept` : `pass: ${all}, ${undecided} of them not decided`;
  }
}

/** What came of a policy, for people. */
export function formatGate(gate: GateResult): string {
  const heads = ["", "level", "rule", "rows"];
  const rows = gate.rules.map(({ outcome, level, rule, rowCount }) => [
    words[outcome],
    level,
    displayText(rule, 100),
    String(rowCount),
  ]);
  const details = gate.rules
    .filter(({ breaches, undecided }) => breaches.length + undecided.length > 0)
    .map((rule) =>
      [`  ${displayText(rule.rule, 100)} (${rule.file}:${rule.line})`, ...breachLines(rule, gate)].join("\n"),
    );
  const again = gate.iterationCount === 0 ? [] : [`samples were collected ${plural(gate.iterationCount, "more time")}`];
  return [formatTable(heads, rows, [false, false, false, true]), ...details, ...again, sentence(gate)].join("\n\n");
}
