import type { Timeline } from "../../src/recording/index.ts";

type Piece = Omit<Timeline["window"], "startSign" | "endSign">;

function keyOf(piece: Piece, edge: "start" | "end"): string {
  return [piece[`${edge}Ns`], piece[`${edge}LowNs`], piece[`${edge}HighNs`]].map((ns) => ns ?? "").join("|");
}

/** Pieces of the window: steps of its phases, and holes. */
function piecesOf({ kind, phases, unattributed }: Timeline): Piece[] {
  const inWindow = kind === "suspend" ? phases : phases.filter(({ name }) => name === "serialize" || name === "kexec");
  return [...inWindow.flatMap(({ steps }) => steps), ...unattributed.intervals];
}

/** Laid end to end the pieces lead from the window's start to its end: no overlap, and no hole that is not listed. */
function checkChain(timeline: Timeline): string[] {
  const pieces = piecesOf(timeline);
  if (pieces.length === 0) return [];
  const balance = new Map<string, number>();
  const add = (key: string, by: number): unknown => balance.set(key, (balance.get(key) ?? 0) + by);
  for (const piece of pieces) {
    add(keyOf(piece, "start"), -1);
    add(keyOf(piece, "end"), 1);
  }
  const open = [...balance].filter(([, count]) => count !== 0);
  const problems: string[] = [];
  if (open.length > 2 || open.some(([, count]) => Math.abs(count) > 1)) {
    problems.push(`pieces do not meet: ${JSON.stringify(open)}`);
  }
  // A window without length begins and ends in one moment.
  if (open.length === 0) return problems;
  const { window } = timeline;
  const [start, end] = [keyOf(window, "start"), keyOf(window, "end")];
  if (window.startSign !== null && start !== end && balance.get(start) !== -1)
    problems.push("no piece begins the window");
  if (window.endSign !== null && start !== end && balance.get(end) !== 1) problems.push("no piece ends the window");
  return problems;
}

/** The lengths add up to the window's, as far as they are known. */
function checkSum(timeline: Timeline): string[] {
  const { durationNs } = timeline.window;
  if (durationNs === null || timeline.window.startSign === null) return [];
  let [lowNs, highNs] = [0, 0];
  for (const piece of piecesOf(timeline)) {
    lowNs += piece.durationNs ?? piece.durationLowNs ?? 0;
    highNs += piece.durationNs ?? piece.durationHighNs ?? Number.POSITIVE_INFINITY;
  }
  // Bounds are whole ns each.
  const slackNs = piecesOf(timeline).length;
  return lowNs - slackNs <= durationNs && durationNs <= highNs + slackNs
    ? []
    : [`lengths ${lowNs} to ${highNs} do not add up to ${durationNs}`];
}

function checkNumbers(value: unknown, path: string): string[] {
  if (typeof value === "number") {
    const isWhole = path.endsWith("Ns") ? Number.isSafeInteger(value) : Number.isFinite(value);
    return isWhole ? [] : [`${path} is ${value}`];
  }
  if (value === null || typeof value !== "object") return [];
  const record = value as Record<string, unknown>;
  const problems = Object.entries(record).flatMap(([key, inner]) => checkNumbers(inner, `${path}.${key}`));
  for (const name of ["start", "end", "duration", "zero", "newZero"]) {
    const [low, high] = [record[`${name}LowNs`], record[`${name}HighNs`]];
    if (typeof low === "number" && typeof high === "number" && low > high)
      problems.push(`${path}.${name}: ${low} > ${high}`);
  }
  const durationNs = record["durationNs"];
  if (typeof durationNs === "number" && durationNs < 0) problems.push(`${path}.durationNs is negative`);
  return problems;
}

/** What is wrong with a timeline, whatever it was made of. */
export function violationsOf(timeline: Timeline): string[] {
  return [...checkChain(timeline), ...checkSum(timeline), ...checkNumbers(timeline, "timeline")];
}
