import { displayText } from "../analysis/index.ts";
import {
  type Difference,
  changeText,
  sidedRows,
  type SidedRow,
  sideTitle,
  valueText,
  verdictWords,
  whyText,
} from "../compare/index.ts";
import type { GateResult, RuleResult } from "../gate/index.ts";
import { dimensionsKey, fitKey, keyEscape, KeySet } from "./keys.ts";
import type { Published } from "./published.ts";
import { type Finding, findingsOf, findingText, ruleCountsText } from "./rules.ts";
import { xmlAttributes, xmlText } from "./xml.ts";

type Outcome = "passed" | "failure" | "error" | "skipped";

interface Case {
  readonly classname: string;
  readonly name: string;
  readonly outcome: Outcome;
  /** One line: why it did not pass. */
  readonly message: string;
  readonly type: string;
  readonly text: string;
}

interface Suite {
  readonly name: string;
  readonly cases: readonly Case[];
}

/** More rows of one rule nobody reads. */
const maxFindings = 50;

/** Names are keys to those who keep a history of tests: two rows never share one. */
const escape = keyEscape("=,");

function caseOf(sided: SidedRow, keys: KeySet): Case {
  const { row, change, base, next } = sided;
  const { verdict } = change;
  const classname = fitKey(escape(row.metric));
  const unique = keys.add(`${classname}\n${fitKey(dimensionsKey(row, escape, ", "))}`);
  const changed = changeText(sided);
  return {
    classname,
    name: unique.slice(classname.length + 1),
    outcome: outcomeOf(verdict),
    message: displayText(
      [verdictWords[verdict], changed, whyText(sided)].filter((part) => part !== "").join(": "),
      400,
    ),
    type: verdict,
    text: `base: ${valueText(row, base)}\nnew: ${valueText(row, next)}\n${changed === "" ? "" : `change: ${changed}\n`}`,
  };
}

function outcomeOf(verdict: SidedRow["change"]["verdict"]): Outcome {
  switch (verdict) {
    case "worse":
      return "failure";
    case "did-not-finish":
      return "error";
    case "inconclusive":
    case "only-base":
      return "skipped";
    case "better":
    case "same":
    case "different":
    case "only-new":
      return "passed";
  }
}

function rowSuites(difference: Difference): Suite[] {
  const names = new KeySet();
  return difference.columns.slice(1).map((_, index) => {
    const keys = new KeySet();
    return {
      name: names.add(sideTitle(difference, index + 1)),
      cases: sidedRows(difference, index + 1).map((sided) => caseOf(sided, keys)),
    };
  });
}

function findingsText(difference: Difference, findings: readonly Finding[]): string {
  const lines = findings.slice(0, maxFindings).map((finding) => `${findingText(difference, finding)}\n`);
  const hidden = findings.length - lines.length;
  return lines.join("") + (hidden > 0 ? `and ${hidden} more\n` : "");
}

const ruleOutcomes: Readonly<Record<RuleResult["outcome"], Outcome>> = {
  pass: "passed",
  // A warning breaks no build.
  warn: "passed",
  fail: "failure",
  inconclusive: "skipped",
};

function ruleCase(result: RuleResult, gate: GateResult, keys: KeySet): Case {
  const { rule, outcome, level } = result;
  const findings = findingsOf(result);
  const first = findings[0] ? `: ${findingText(gate.difference, findings[0])}` : "";
  return {
    classname: `gate.${level}`,
    name: keys.add(fitKey(escape(rule))),
    outcome: ruleOutcomes[outcome],
    message: ruleCountsText(result) + first,
    type: outcome,
    text: findingsText(gate.difference, findings),
  };
}

function caseText({ classname, name, outcome, message, type, text }: Case): string {
  const start = `    <testcase${xmlAttributes({ name, classname })}`;
  switch (outcome) {
    case "passed":
      return `${start}/>`;
    case "skipped":
      return `${start}>\n      <skipped${xmlAttributes({ message })}/>\n    </testcase>`;
    case "failure":
    case "error": {
      const body = `<${outcome}${xmlAttributes({ message, type })}>${xmlText(text).replaceAll("&#10;", "\n")}</${outcome}>`;
      return `${start}>\n      ${body}\n    </testcase>`;
    }
  }
}

function countsOf(cases: readonly Case[]) {
  const count = (outcome: Outcome): number => cases.filter((each) => each.outcome === outcome).length;
  return { tests: cases.length, failures: count("failure"), errors: count("error"), skipped: count("skipped") };
}

function suiteText({ name, cases }: Suite): string {
  const start = `  <testsuite${xmlAttributes({ name, ...countsOf(cases) })}>`;
  return [start, ...cases.map(caseText), "  </testsuite>"].join("\n");
}

/**
 * JUnit XML: a case a rule of a gate; without one, a case a row and column.
 *
 * Source   the common part of what Jenkins and Ant read; the tests have it as a schema
 */
export function renderJunit({ difference, gate, title }: Published): string {
  const keys = new KeySet();
  const suites: readonly Suite[] = gate
    ? [{ name: displayText(gate.policy, 200), cases: gate.rules.map((rule) => ruleCase(rule, gate, keys)) }]
    : rowSuites(difference);
  const { tests, failures, errors, skipped } = countsOf(suites.flatMap(({ cases }) => cases));
  const head = xmlAttributes({ name: displayText(title, 200), tests, failures, errors, skipped });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${head}>`,
    ...suites.map(suiteText),
    "</testsuites>",
    "",
  ].join("\n");
}
