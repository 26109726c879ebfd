import type { Graph, Side } from "../formats/evidence.ts";
import { Axes } from "./axes.ts";
import { anywhere, type Bounds, exactly } from "./bounds.ts";
import {
  describeBridge,
  findBridge,
  type FoundBridge,
  tscReadings,
  type TscReading,
  tscKhzOf,
  tscPosition,
} from "./bridge.ts";
import { longestSilence, newParts, oldParts } from "./children.ts";
import { listClocks } from "./clocks.ts";
import { CallTrees, kernelFunctions, sumFunctions } from "./functions.ts";
import { KernelAxis, type Point, timelinePoint } from "./kernel-axis.ts";
import { type Parts, sideOf } from "./parts.ts";
import { newSigns, oldSigns, type Sign } from "./signs.ts";
import { cutTiles, describeHoles, type Tile } from "./tiles.ts";
import type { ClockId, Step, Timeline } from "./timeline.ts";
import { describeUnseen } from "./unseen.ts";
import { aroundPhases, listMarks } from "./user-phases.ts";
import { describeWindow, joinPhases } from "./window.ts";

export interface UpdateOptions {
  readonly name: string;
  readonly offsetNs: number | undefined;
}

/** What was found of an update on the way to its timeline. */
export interface UpdateState {
  readonly parts: Parts;
  readonly axes: Axes;
  readonly bridge: FoundBridge;
  readonly tiles: readonly Tile[];
  /** Undefined: there is none, as far as the recording goes. */
  readonly windowStart: Point | undefined;
  readonly windowEnd: Point | undefined;
  readonly restored: Point | undefined;
  readonly remarks: readonly string[];
}

/** Puts one update's steps on one axis, whose origin is the reboot call or the first sign of it. */
export function buildUpdate(parts: Parts, options: UpdateOptions): Timeline {
  const state = placeUpdate(parts, options);
  const { axes, tiles, windowStart, windowEnd, bridge } = state;
  const length: Bounds = windowStart && windowEnd ? axes.length(windowStart, windowEnd) : anywhere;
  const steps = tiles.filter(({ names }) => names.length > 0).map((tile) => toStep(state, tile));
  return {
    name: options.name,
    kind: "update",
    oldKernel: parts.old?.version ?? null,
    newKernel: parts.new?.version ?? null,
    inputs: parts.evidence.map(({ path, sha256, format, lines, damagedLines }) => {
      return { path, sha256, format, lines, damagedLines };
    }),
    clocks: listClocks(state),
    bridge: describeBridge(bridge),
    window: describeWindow(state, length),
    phases: joinPhases(state, steps, aroundPhases(state)),
    marks: listMarks(state),
    unattributed: describeHoles(axes, tiles, length),
    functions: sumFunctions(parts.graphs),
    unseen: describeUnseen(state),
  };
}

function graphOf(parts: Parts, side: Side): Graph | undefined {
  return parts.graphs.find((graph) => sideOf(graph) === side);
}

function placeUpdate(parts: Parts, { offsetNs }: UpdateOptions): UpdateState {
  const axes = new Axes({ old: axisOf(parts, "old"), new: axisOf(parts, "new") });
  const readings = tscReadings(axes, parts);
  const reboot = markOf(axes, parts, rebootMark) ?? (parts.lab ? lastReading(readings)?.point : undefined);
  const before = oldSigns({ axis: axes.old, log: parts.old, graph: graphOf(parts, "old"), reboot });
  const after = newSigns(axes.new, parts.new);
  placeOld(axes, before);
  const lastOld = lastOf(parts, axes, before);
  if (!lastOld) axes.place("new", exactly(0));
  const isPair = lastOld !== undefined && (after.length > 0 || readings.some(({ side }) => side === "new"));
  const { found, remarks } = isPair
    ? findBridge(axes, parts, { offsetNs, readings, lastOld })
    : { found: loneBridge, remarks: [] };
  if (isPair) {
    axes.place("new", found.newZero);
    // What is known of the border bounds the old side where its messages are not joined to the reboot call.
    axes.place("old", { lowNs: Number.NEGATIVE_INFINITY, highNs: axes.shift("new").highNs - lastOld.readNs });
  }
  const windowEnd = findEnd({ axes, parts, readings, found });
  const signs = [...before, ...holeBefore(parts, axes, lastOld, isPair), ...after];
  const end = windowEnd ?? endOfLog(parts, axes);
  const cut = end ? cutTiles(axes, signs, end) : { tiles: [], misplaced: [] };
  return {
    parts,
    axes,
    bridge: found,
    tiles: cut.tiles,
    windowStart: cut.tiles.find(({ start }) => before.some(({ point }) => point === start))?.start,
    windowEnd,
    restored: findRestored(axes, parts, readings),
    remarks: [...remarks, ...cut.misplaced.map(describeMisplaced)],
  };
}

function axisOf(parts: Parts, side: Side): KernelAxis {
  const samples = parts.clocks.filter((sample) => sample.side === side);
  return new KernelAxis(side, parts[side], samples);
}

/** Names that an agent gives its moments. record/luoscope-record mark */
const rebootMark = { side: "old", names: ["reboot-call", "reboot"] } as const;
const userspaceMark = { side: "new", names: ["userspace"] } as const;

function markOf(axes: Axes, parts: Parts, wanted: { side: Side; names: readonly string[] }): Point | undefined {
  const mark = parts.marks.find(({ side, name }) => side === wanted.side && wanted.names.includes(name));
  return mark && axes[mark.side].monotonic(mark);
}

function lastReading(readings: readonly TscReading[]): TscReading | undefined {
  return readings.findLast(({ side }) => side === "old");
}

const loneBridge: FoundBridge = {
  kind: "one-clock",
  detail: "only one of the two kernels is in the recording",
  newZero: exactly(0),
};

function describeMisplaced({ point, begins }: Sign): string {
  const { file, line } = point.source;
  return `${file}:${line}: the sign of ${begins.join(" + ")} is out of order and not used`;
}

/** The origin is the first sign; messages that no reading is joined to begin some time after it. */
function placeOld(axes: Axes, signs: readonly Sign[]): void {
  const first = signs[0]?.point;
  if (!first) return axes.place("old", exactly(0));
  if (first.axis === "old") return axes.place("old", exactly(-first.lowNs));
  const message = signs.find(({ point }) => point.axis === "old")?.point;
  axes.place("old", { lowNs: -(message?.lowNs ?? 0), highNs: Number.POSITIVE_INFINITY });
}

/** The last thing that is known of the old kernel on its way down. */
function lastOf({ old }: Parts, axes: Axes, signs: readonly Sign[]): Point | undefined {
  const last = signs.at(-1)?.point;
  if (!last || !old) return last;
  const message = axes.old.printk(old.last);
  return last.axis === "timeline" ? (old.shutdowns.length > 0 ? message : last) : later(last, message);
}

function later(left: Point, right: Point): Point {
  return right.readNs > left.readNs ? right : left;
}

/** A log that shows devices going down and not the jump was cut: what came next is not known. */
function holeBefore(parts: Parts, axes: Axes, lastOld: Point | undefined, isPair: boolean): Sign[] {
  const { old } = parts;
  if (!isPair || !old || !lastOld) return [];
  const wasCut = old.shutdowns.length > 0 && old.jump === undefined;
  return wasCut
    ? [{ point: axes.old.printk(old.last), begins: [], hole: "the end of the old kernel's log is missing" }]
    : [];
}

interface EndOptions {
  readonly axes: Axes;
  readonly parts: Parts;
  readonly readings: readonly TscReading[];
  readonly found: FoundBridge;
}

/** The new userspace's first reading, else the kernel's last word before it. */
function findEnd({ axes, parts, readings, found }: EndOptions): Point | undefined {
  const mark = markOf(axes, parts, userspaceMark);
  if (mark) return mark;
  const after = parts.lab ? readings.find(({ side }) => side === "new") : undefined;
  if (after?.point) return after.point;
  const before = lastReading(readings);
  const khz = tscKhzOf(parts);
  if (after && before && khz && found.kind === "tsc") {
    const position = tscPosition(axes, { before, after, khz: khz.khz });
    if (position) return timelinePoint(position, { clock: "tsc", source: after.source });
  }
  const init = parts.new?.signs.get("initNs");
  return init && axes.new.printk(init);
}

/** Where nothing says that userspace began, the window is open: it lasts at least to the log's last message. */
function endOfLog({ old, new: newer }: Parts, axes: Axes): Point | undefined {
  const last = newer ? axes.new.printk(newer.last) : old && axes.old.printk(old.last);
  return last && { ...last, highNs: Number.POSITIVE_INFINITY };
}

/** When everything was retrieved, by the TSC. */
function findRestored(axes: Axes, parts: Parts, readings: readonly TscReading[]): Point | undefined {
  const restored = parts.lab?.restoredTsc;
  const before = readings.findLast(({ side }) => side === "new");
  const khz = tscKhzOf(parts);
  if (!restored || !before || !khz) return undefined;
  const after: TscReading = { side: "new", tsc: restored.tsc, point: undefined, source: restored.source };
  const position = tscPosition(axes, { before, after, khz: khz.khz });
  return position && timelinePoint(position, { clock: "tsc", source: restored.source });
}

/** What measures a length from one kernel's clock to the other's. */
const bridgeClocks: Partial<Record<FoundBridge["kind"], ClockId>> = {
  tsc: "tsc",
  realtime: "realtime",
  given: "given",
};

function toStep({ parts, axes, bridge }: UpdateState, tile: Tile): Step {
  const { names, start, end } = tile;
  const log = start.axis === "new" ? parts.new : parts.old;
  const children = partsOf(parts, axes, tile);
  const silence = start.axis === end.axis ? longestSilence(log, start, end) : undefined;
  return {
    name: names.join(" + "),
    ...axes.spanFields(start, end),
    clock: start.axis === end.axis ? start.clock : (bridgeClocks[bridge.kind] ?? start.clock),
    source: start.source,
    ...(silence ? { detail: silenceText(silence) } : {}),
    ...(children.length > 0 ? { children } : {}),
  };
}

function silenceText({ startNs, endNs, before }: { startNs: number; endNs: number; before: string }): string {
  return `${Math.round((endNs - startNs) / 1e6)} ms without a message, then "${before}"`;
}

function partsOf(parts: Parts, axes: Axes, tile: Tile): readonly Step[] {
  if (tile.start.axis === "new") return parts.new ? newParts(axes, parts.new, tile) : [];
  const graph = graphOf(parts, "old");
  const traced = graph ? tracedParts(new CallTrees(axes, graph, "old"), tile.names) : [];
  const said = parts.old ? oldParts(axes, parts.old, tile) : [];
  return [...traced, ...said];
}

function tracedParts(trees: CallTrees, names: readonly string[]): Step[] {
  return names.flatMap((name) => {
    const step = trees.step(kernelFunctions[name] ?? []);
    return step ? [step] : [];
  });
}
