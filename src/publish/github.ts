import { displayText } from "../analysis/index.ts";
import {
  type Difference,
  byWeight,
  changeText,
  countsText,
  rowName,
  sidedRows,
  sideTitle,
  verdictWords,
  whyText,
} from "../compare/index.ts";
import type { GateResult, RuleOutcome, RuleResult } from "../gate/index.ts";
import type { Published } from "./published.ts";
import { findingsOf, findingText, ruleCountsText } from "./rules.ts";

type Level = "error" | "warning" | "notice";

interface Annotation {
  readonly level: Level;
  readonly title: string;
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
}

/** GitHub shows so many of a level for a step, and drops the others without a word. */
const maxAnnotations = 10;
/** Lines of one annotation. */
const maxLines = 10;

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
}

function annotationText({ level, title, message, file, line }: Annotation): string {
  const properties = [
    ...(file === undefined ? [] : [`file=${escapeProperty(file)}`]),
    ...(line === undefined ? [] : [`line=${line}`]),
    `title=${escapeProperty(title)}`,
  ];
  return `::${level} ${properties.join(",")}::${escapeData(message)}`;
}

const ruleLevels: Readonly<Record<Exclude<RuleOutcome, "pass">, Level>> = {
  warn: "warning",
  fail: "error",
  inconclusive: "warning",
};

function ruleAnnotation({ difference }: GateResult, result: RuleResult): Annotation[] {
  const { rule, outcome, file, line } = result;
  if (outcome === "pass") return [];
  const findings = findingsOf(result);
  const said = outcome === "inconclusive" ? "cannot be decided" : "is broken";
  const hidden = findings.length - maxLines;
  const lines = [
    `${displayText(rule, 200)} ${said}: ${ruleCountsText(result)}`,
    ...findings.slice(0, maxLines).map((finding) => findingText(difference, finding)),
    ...(hidden > 0 ? [`and ${hidden} more`] : []),
  ];
  const title = `${displayText(rule, 100)} ${said}`;
  return [{ level: ruleLevels[outcome], title, message: lines.join("\n"), file: displayText(file, 400), line }];
}

/** A comparison alone breaks nothing, but for what no longer finishes. */
function rowAnnotations(difference: Difference): Annotation[] {
  return difference.columns.slice(1).flatMap((_, index) => {
    const column = index + 1;
    const bad = sidedRows(difference, column).filter(
      ({ change: { verdict } }) => verdict === "worse" || verdict === "did-not-finish",
    );
    return bad.sort(byWeight).map((sided): Annotation => {
      const { verdict } = sided.change;
      const name = rowName(sided.row);
      const parts = [name, changeText(sided), whyText(sided)].filter((part) => part !== "");
      return {
        level: verdict === "did-not-finish" ? "error" : "warning",
        title: `${verdictWords[verdict]}: ${name}`,
        message: `${sideTitle(difference, column)}: ${displayText(parts.join(": "), 600)}`,
      };
    });
  });
}

function summaryOf({ difference, gate, title }: Published): Annotation {
  if (gate) {
    const count = (outcome: RuleResult["outcome"]): number =>
      gate.rules.filter((rule) => rule.outcome === outcome).length;
    const counts = (["fail", "warn", "inconclusive", "pass"] as const).map((outcome) => `${count(outcome)} ${outcome}`);
    return {
      level: "notice",
      title: `gate: ${gate.outcome}`,
      message: `${displayText(title, 200)}: of ${gate.rules.length} rules ${counts.join(", ")}`,
    };
  }
  const sides = difference.columns
    .slice(1)
    .map((_, index) => `${sideTitle(difference, index + 1)}: ${countsText(sidedRows(difference, index + 1))}`);
  const hidden = sides.length - maxLines;
  const lines = [...sides.slice(0, maxLines), ...(hidden > 0 ? [`and ${hidden} more`] : [])];
  return { level: "notice", title: displayText(title, 200), message: lines.join("\n") };
}

/** The first of a level, and one that counts the others. */
function limited(all: readonly Annotation[], level: Level): Annotation[] {
  const own = all.filter((each) => each.level === level);
  if (own.length <= maxAnnotations) return own;
  const hidden = own.length - (maxAnnotations - 1);
  const rest = { level, title: `and ${hidden} more`, message: `${hidden} more of this kind are not shown here` };
  return [...own.slice(0, maxAnnotations - 1), rest];
}

/**
 * Workflow commands: annotations of a step of GitHub Actions, a line each.
 *
 * Source   docs.github.com, "Workflow commands for GitHub Actions"; github.com/actions/toolkit, core/src/command.ts
 */
export function renderGithub(source: Published): string {
  const { difference, gate } = source;
  const all = gate ? gate.rules.flatMap((rule) => ruleAnnotation(gate, rule)) : rowAnnotations(difference);
  const shown = [...limited(all, "error"), ...limited(all, "warning"), summaryOf(source)];
  return `${shown.map(annotationText).join("\n")}\n`;
}
