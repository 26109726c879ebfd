import { displayText, formatCount, formatNs, formatRatio, plural } from "../analysis/format.ts";
import type { Phase, Step, Timeline } from "../recording/index.ts";
import { formatTable } from "./table.ts";

/** Parts of one step that people are shown, the longest ones; JSON has them all. */
const maxParts = 20;

const maxFunctions = 10;

const maxMarks = 20;

const maxHoles = 5;

const barChars = 20;

/** A moment or a length: exact, within bounds, or not known. */
interface Range {
  readonly exactNs: number | null;
  readonly lowNs?: number | null | undefined;
  readonly highNs?: number | null | undefined;
}

type Timed = Pick<Step, "startNs" | "endNs" | "durationNs"> & Partial<Step>;

function startOf({ startNs, startLowNs, startHighNs }: Timed): Range {
  return { exactNs: startNs, lowNs: startLowNs, highNs: startHighNs };
}

function lengthOf({ durationNs, durationLowNs, durationHighNs }: Timed): Range {
  return { exactNs: durationNs, lowNs: durationLowNs, highNs: durationHighNs };
}

function formatRange({ exactNs, lowNs, highNs }: Range): string {
  if (exactNs !== null) return formatNs(exactNs);
  if (typeof lowNs === "number" && lowNs !== 0 && typeof highNs === "number") return formatBetween(lowNs, highNs);
  if (typeof highNs === "number") return `≤ ${formatNs(highNs)}`;
  return typeof lowNs === "number" && lowNs !== 0 ? `≥ ${formatNs(lowNs)}` : "?";
}

/** "167 – 276 ms", or with both units where they differ. */
function formatBetween(lowNs: number, highNs: number): string {
  const [low, high] = [formatNs(lowNs), formatNs(highNs)];
  const [, unit] = /( \S+)$/.exec(high) ?? [];
  return `${unit !== undefined && low.endsWith(unit) ? low.slice(0, -unit.length) : low} – ${high}`;
}

function formatStart(timed: Timed): string {
  const { exactNs, lowNs, highNs } = startOf(timed);
  if (exactNs !== null) return formatNs(exactNs);
  if (typeof lowNs === "number" && typeof highNs === "number") return formatBetween(lowNs, highNs);
  if (typeof lowNs === "number") return `≥ ${formatNs(lowNs)}`;
  return typeof highNs === "number" ? `≤ ${formatNs(highNs)}` : "";
}

interface View {
  readonly depth: number;
  /** Undefined: the window's length is not known. */
  readonly windowNs: number | undefined;
}

function share(timed: Timed, { windowNs }: View): string[] {
  const { exactNs, lowNs } = lengthOf(timed);
  const ns = exactNs ?? lowNs ?? undefined;
  if (windowNs === undefined || exactNs === null || ns === undefined) return ["", ""];
  const ratio = ns / windowNs;
  return [formatRatio(ratio), "█".repeat(Math.min(barChars, Math.round(ratio * barChars)))];
}

function row(timed: Timed, view: View, label: string): string[] {
  return [formatStart(timed), formatRange(lengthOf(timed)), ...share(timed, view), label];
}

/** Within the window a share means something; before and after it none. */
function isInWindow(name: string): boolean {
  return !["preserve", "restore", "finish", "systemd"].includes(name);
}

function phaseRows(phase: Phase, view: View): string[][] {
  const within = isInWindow(phase.name) ? view : { ...view, windowNs: undefined };
  const known = phase.durationNs !== null || typeof phase.durationHighNs === "number";
  const head = known ? row(phase, within, phase.name) : ["", "", "", "", phase.name];
  if (view.depth < 2) return [head];
  const [only, second] = phase.steps;
  if (only && !second && isOnly(only, phase)) return [head, ...partRows(only, within, 2)];
  return [head, ...phase.steps.flatMap((step) => stepRows(step, within, 2))];
}

/** A phase of one step that has its name, `dpm_suspend[2]`, is one line. */
function isOnly({ name }: Step, phase: Phase): boolean {
  return name.replace(/\[.*$/, "") === phase.name;
}

function label({ name, detail, count }: Step, level: number): string {
  const calls = count === undefined ? "" : ` × ${formatCount(count)}`;
  const more = level > 2 && detail !== undefined ? ` (${displayText(detail, 100)})` : "";
  return `${"  ".repeat(level - 1)}${displayText(name, 100)}${calls}${more}`;
}

function stepRows(step: Step, view: View, level: number): string[][] {
  return [row(step, view, label(step, level)), ...partRows(step, view, level)];
}

function partRows(step: Step, view: View, level: number): string[][] {
  const rows: string[][] = [];
  if (level >= view.depth) return rows;
  if (level === 2 && step.detail !== undefined) {
    rows.push(["", "", "", "", `${"  ".repeat(level)}· ${displayText(step.detail, 120)}`]);
  }
  const { shown, hidden } = longestParts(step.children ?? []);
  for (const part of shown) rows.push(...stepRows(part, view, level + 1));
  if (hidden > 0) rows.push(["", "", "", "", `${"  ".repeat(level)}… and ${plural(hidden, "shorter part")}`]);
  return rows;
}

/** The longest parts, in their own order. */
function longestParts(parts: readonly Step[]): { shown: readonly Step[]; hidden: number } {
  if (parts.length <= maxParts) return { shown: parts, hidden: 0 };
  const lengthNs = ({ durationNs, durationHighNs }: Step): number => durationNs ?? durationHighNs ?? 0;
  const kept = new Set([...parts].sort((left, right) => lengthNs(right) - lengthNs(left)).slice(0, maxParts));
  return { shown: parts.filter((part) => kept.has(part)), hidden: parts.length - maxParts };
}

function formatKernels({ kind, oldKernel, newKernel, window, phases }: Timeline): string {
  const show = (version: string | null): string => (version === null ? "?" : displayText(version, 40));
  if (kind === "suspend") return `suspend and resume, Linux ${show(oldKernel)}`;
  if (oldKernel === null && newKernel === null) return phases.length > 0 ? "live update" : "nothing of an update";
  if (oldKernel === null && window.startSign === null) return `boot of Linux ${show(newKernel)}`;
  return `live update, Linux ${show(oldKernel)} to ${show(newKernel)}`;
}

function formatWindow({ window, unattributed, kind }: Timeline): string {
  if (window.endNs === null && typeof window.durationLowNs !== "number") return "how long it took in all is not known";
  if (window.startSign === null) return "how long an update took in all is not in the recording";
  const what =
    kind === "suspend" ? "from the suspend to the end of the resume" : "from the reboot call to the new userspace";
  const length = formatRange(lengthOf(window));
  if (unattributed.ratio !== null) return `${length} ${what}; ${formatRatio(unattributed.ratio)} of it unattributed`;
  const { ns: exactNs, lowNs, highNs } = unattributed;
  return `${length} ${what}; unattributed: ${formatRange({ exactNs, lowNs, highNs })}`;
}

function formatBridge({ bridge, kind }: Timeline): string[] {
  if (kind === "suspend" || bridge.kind === "one-clock") return [];
  const { newZeroNs, newZeroLowNs, newZeroHighNs } = bridge;
  const began = formatRange({ exactNs: newZeroNs, lowNs: newZeroLowNs, highNs: newZeroHighNs });
  return [`clocks: ${displayText(bridge.detail, 160)}; the new kernel's begins at ${began}`];
}

/** Moments that userspace noted, in their order. */
function formatMarks({ marks }: Timeline): string[] {
  const shown = marks.slice(0, maxMarks).map(({ name, atNs, atLowNs, atHighNs }) => {
    return `${displayText(name, 60)} ${formatRange({ exactNs: atNs, lowNs: atLowNs, highNs: atHighNs })}`;
  });
  if (shown.length === 0) return [];
  return ["", `marks: ${shown.join(", ")}${marks.length > maxMarks ? ", …" : ""}`];
}

function formatFunctions({ functions, phases }: Timeline, depth: number): string[] {
  if (functions.length === 0 || (depth < 3 && phases.length > 0)) return [];
  const rows = functions
    .slice(0, maxFunctions)
    .map(({ name, calls, totalNs }) => [displayText(name, 60), formatCount(calls), formatNs(totalNs)]);
  return ["", formatTable(["traced function", "calls", "in all"], rows, [false, true, true])];
}

/** The longest holes, in their own order. */
function holeRows({ unattributed: { intervals } }: Timeline, view: View): string[][] {
  const lengthNs = (hole: Timed): number => hole.durationNs ?? hole.durationHighNs ?? Number.POSITIVE_INFINITY;
  const kept = new Set([...intervals].sort((left, right) => lengthNs(right) - lengthNs(left)).slice(0, maxHoles));
  const rows = intervals
    .filter((hole) => kept.has(hole))
    .map((hole) => row(hole, view, `(no step: ${displayText(hole.reason, 100)})`));
  const hidden = intervals.length - kept.size;
  return hidden > 0 ? [...rows, ["", "", "", "", `(… and ${plural(hidden, "shorter hole")})`]] : rows;
}

function formatTimeline(timeline: Timeline, depth: number): string {
  const { window, phases, unseen, inputs } = timeline;
  const view = { depth, windowNs: window.durationNs ?? undefined };
  const rows = phases.flatMap((phase) => phaseRows(phase, view));
  rows.push(...holeRows(timeline, view));
  const damaged = inputs.reduce((total, { damagedLines }) => total + damagedLines, 0);
  const heads = ["at", "takes", "share", "", "what"];
  return [
    `${displayText(timeline.name, 200)}: ${formatKernels(timeline)}`,
    formatWindow(timeline),
    ...formatBridge(timeline),
    ...(rows.length > 0 ? ["", formatTable(heads, rows, [true, true, true])] : []),
    ...formatMarks(timeline),
    ...formatFunctions(timeline, depth),
    "",
    ...unseen.map((text) => `not seen: ${displayText(text, 300)}`),
    ...(damaged > 0 ? [`${plural(damaged, "line")} damaged and left out`] : []),
  ].join("\n");
}

/** Timelines for people: a tree with times, and what could not be seen. */
export function formatTimelines(timelines: readonly Timeline[], depth: number): string {
  return timelines.map((timeline) => formatTimeline(timeline, depth)).join("\n\n");
}
