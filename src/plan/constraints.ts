import { type Json, UsageError } from "../base/index.ts";
import { labelOf, measure } from "./axes.ts";
import { getPath, parsePath } from "./paths.ts";
import type { Axis, Requirement } from "./types.ts";

const comparison = /^\s*(\S+)\s*(<=|>=|==|!=|<|>)\s*(\S.*?)\s*$/;

/** "agent.pause_workers <= host.cpus" */
export function parseRequirement(text: string): Requirement {
  const match = comparison.exec(text);
  if (!match || !parsePath(match[1]!)) {
    throw new UsageError(`${text}: expected a path of the scenario, one of <= < >= > == !=, and a path or a value`);
  }
  return { text, left: match[1]!, operator: match[2] as Requirement["operator"], right: match[3]! };
}

/** The labels of an axis that an exclusion means: one value, or a list of them. */
export function excludedLabels(key: string, written: Json, axes: readonly Axis[]): string[] {
  const axis = axes.find((known) => known.key === key);
  if (!axis)
    throw new UsageError(`no axis ${key}; the axes are ${axes.map((known) => known.key).join(", ") || "none"}`);
  return (Array.isArray(written) ? (written as readonly Json[]) : [written]).map((value) => {
    const label = labelOf(value);
    if (axis.values.some((known) => known.label === label)) return label;
    throw new UsageError(`axis ${key} has no value ${label}`, {
      hint: `its values are ${axis.values.map((known) => known.label).join(", ")}`,
    });
  });
}

function operandOf(text: string, scenario: Json): Json {
  const path = parsePath(text);
  const found = path && getPath(scenario, path);
  if (found !== undefined) return found;
  const number = Number(text);
  return Number.isNaN(number) ? text.replaceAll(/^["']|["']$/g, "") : number;
}

function compare(left: number | string, right: number | string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

const holds: Readonly<Record<Requirement["operator"], (order: number) => boolean>> = {
  "<=": (order) => order <= 0,
  "<": (order) => order < 0,
  ">=": (order) => order >= 0,
  ">": (order) => order > 0,
  "==": (order) => order === 0,
  "!=": (order) => order !== 0,
};

/**
 * Whether a scenario, as it is written, meets a requirement; sizes and times are compared in their own unit.
 *
 * Errors   UsageError if a path of it says nothing, or what is compared has different units
 */
export function meets({ text, left, operator, right }: Requirement, scenario: Json): boolean {
  const found = getPath(scenario, parsePath(left)!);
  if (found === undefined) throw new UsageError(`${text}: the scenario does not state ${left}`);
  const operand = operandOf(right, scenario);
  const [one, other] = [measure(found), measure(operand)];
  if (one.unit !== other.unit) {
    throw new UsageError(`${text}: ${JSON.stringify(found)} and ${JSON.stringify(operand)} have different units`);
  }
  const order = compare(one.number ?? labelOf(found), other.number ?? labelOf(operand));
  return holds[operator](order);
}
