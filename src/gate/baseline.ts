import { UsageError } from "../base/index.ts";
import type { MeasuredInput, Measurement } from "../compare/index.ts";

/** Inputs in which a baseline and what is held against it must agree: another host or kernel is another question. */
const mustAgree: readonly string[] = ["kernel", "profile", "cost profile", "scenario", "plan", "workload", "host"];

/** Facts of a host that tell classes apart; others vary from one update to the next. */
const hostClass: readonly string[] = ["cpuCount", "nodeCount", "ramBytes"];

const baselineName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/**
 * File of a named baseline in a folder.
 *
 * Errors   UsageError for a name that is none: it becomes a file's
 */
export function baselinePath(folder: string, name: string): string {
  if (baselineName.test(name)) return `${folder}/${name}.json`;
  throw new UsageError(`"${name.slice(0, 100)}" is no name of a baseline`, {
    hint: "letters, digits and . _ - are allowed, a letter or digit first",
  });
}

function describe({ name, sha256, fields }: MeasuredInput, kind: string): string {
  if (kind.endsWith("host")) return hostClass.map((key) => `${key} ${fields?.get(key) ?? "?"}`).join(", ");
  return sha256 === undefined ? name : `${name} (${sha256.slice(0, 12)})`;
}

function isSame(base: MeasuredInput, next: MeasuredInput, kind: string): boolean {
  if (kind.endsWith("host")) return describe(base, kind) === describe(next, kind);
  return base.sha256 !== undefined && next.sha256 !== undefined ? base.sha256 === next.sha256 : base.name === next.name;
}

/**
 * Refuses a baseline that answers another question: kernel, profile, scenario or class of host differ.
 *
 * Errors   UsageError with what differs
 */
export function checkBaseline(base: Measurement, next: Measurement): void {
  const own = new Map(next.inputs.map((input) => [input.kind, input]));
  const differing = base.inputs.flatMap((input) => {
    const { kind } = input;
    const other = own.get(kind);
    if (!other || !mustAgree.some((word) => kind === word || kind.endsWith(`: ${word}`))) return [];
    return isSame(input, other, kind)
      ? []
      : [`${kind}: ${describe(input, kind)} in the baseline, ${describe(other, kind)} now`];
  });
  if (differing.length === 0) return;
  throw new UsageError(`the baseline ${base.label} is of something else:\n${differing.join("\n")}`, {
    hint: "compare the two in one go (`luoscope gate --policy FILE BASE NEW`), or save a new baseline with --save-baseline",
  });
}
