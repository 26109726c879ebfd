import { secNs } from "../../base/index.ts";
import type { Side, Source } from "../formats/evidence.ts";
import type { Axes } from "./axes.ts";
import { type Bounds, boundFields, exactly, sum } from "./bounds.ts";
import { type Point, timelinePoint } from "./kernel-axis.ts";
import type { Parts } from "./parts.ts";
import type { Bridge } from "./timeline.ts";

/** A reading of the TSC, which the kexec does not stop, beside CLOCK_MONOTONIC. */
export interface TscReading {
  readonly side: Side;
  readonly tsc: number;
  /** Undefined: CLOCK_MONOTONIC cannot be placed among the messages. */
  readonly point: Point | undefined;
  readonly source: Source;
}

export interface FoundBridge {
  readonly kind: Bridge["kind"];
  readonly detail: string;
  /** Where the new kernel's clock begins, on the timeline. */
  readonly newZero: Bounds;
}

/** Of the board's clocks that are read at boot, each may be off by as much: they count in seconds. */
const rtcErrorNs = secNs / 2;

/** Longer than any update; beyond it a reading is no TSC's. */
const maxLengthNs = 1e15;

/** kHz of the TSC, by the best of what the kernels say. */
export function tscKhzOf({
  old,
  new: newer,
  tscKhz,
}: Parts): { readonly khz: number; readonly how: string } | undefined {
  for (const log of [newer, old]) {
    if (log?.tscRefined && log.tscKhz !== undefined) return { khz: log.tscKhz, how: "refined" };
  }
  if (tscKhz !== undefined) return { khz: tscKhz, how: "by the recorder" };
  for (const log of [newer, old]) if (log?.tscKhz !== undefined) return { khz: log.tscKhz, how: "detected" };
  return undefined;
}

/** Where a reading of the new kernel lies, by the TSC; undefined when the readings contradict each other. */
export function tscPosition(
  axes: Axes,
  readings: { before: TscReading; after: TscReading; khz: number },
): Bounds | undefined {
  const { before, after, khz } = readings;
  const lengthNs = ((after.tsc - before.tsc) / khz) * 1e6;
  if (!(lengthNs >= 0 && lengthNs < maxLengthNs) || !before.point) return undefined;
  return sum(axes.position(before.point), exactly(Math.round(lengthNs)));
}

function byTsc(axes: Axes, parts: Parts, readings: readonly TscReading[]): FoundBridge | undefined {
  const before = readings.findLast(({ side }) => side === "old");
  const after = readings.find(({ side }) => side === "new");
  const khz = tscKhzOf(parts);
  if (!before || !after || !khz) return undefined;
  const position = tscPosition(axes, { before, after, khz: khz.khz });
  if (!position) return undefined;
  const detail = `the TSC, read on both sides, at ${khz.khz} kHz (${khz.how})`;
  if (after.point) {
    const { lowNs, highNs } = after.point;
    return { kind: "tsc", detail, newZero: { lowNs: position.lowNs - highNs, highNs: position.highNs - lowNs } };
  }
  // Only what comes before userspace bounds where its clock began.
  const init = parts.new?.signs.get("initNs") ?? parts.new?.signs.get("initrdEndNs");
  if (!init) return undefined;
  const newZero = { lowNs: Number.NEGATIVE_INFINITY, highNs: position.highNs - axes.new.printk(init).lowNs };
  return { kind: "tsc", detail: `${detail}; the new kernel's own clocks are not joined`, newZero };
}

/** A moment by the board's clock: as the recorder read it, or as the kernel did while it booted. */
function realtimeOf(axes: Axes, parts: Parts, side: Side): { point: Point; epochNs: number } | undefined {
  const samples = parts.clocks.filter((sample) => sample.side === side && sample.realtimeNs !== undefined);
  const sample = side === "old" ? samples.at(-1) : samples[0];
  const point = sample && axes[side].monotonic({ ns: sample.monoLowNs, source: sample.source });
  if (point) return { point, epochNs: sample.realtimeNs! };
  const rtc = parts[side]?.rtc;
  return rtc && { point: axes[side].printk(rtc), epochNs: rtc.epochNs };
}

function byRealtime(axes: Axes, parts: Parts): FoundBridge | undefined {
  const before = realtimeOf(axes, parts, "old");
  const after = realtimeOf(axes, parts, "new");
  if (!before || !after) return undefined;
  const lengthNs = after.epochNs - before.epochNs;
  if (!(Math.abs(lengthNs) < maxLengthNs)) return undefined;
  const position = axes.position(before.point);
  return {
    kind: "realtime",
    detail: "the board's clock, which both kernels read at boot, to a second",
    newZero: {
      lowNs: position.lowNs + lengthNs - 2 * rtcErrorNs - after.point.highNs,
      highNs: position.highNs + lengthNs + 2 * rtcErrorNs - after.point.lowNs,
    },
  };
}

export interface BridgeOptions {
  /** From the start of the old kernel's clock to that of the new one's, as the user says. */
  readonly offsetNs: number | undefined;
}

/**
 * What joins the two kernels' clocks: what the user says, else the TSC, else the board's clock. One that would have the new
 * kernel start before the old one's last sign is refused.
 */
export function findBridge(
  axes: Axes,
  parts: Parts,
  { offsetNs, readings, lastOld }: BridgeOptions & { readings: readonly TscReading[]; lastOld: Point },
): { readonly found: FoundBridge; readonly remarks: readonly string[] } {
  const remarks: string[] = [];
  const earliestNs = axes.position(lastOld).lowNs;
  const candidates: (FoundBridge | undefined)[] = [
    offsetNs === undefined
      ? undefined
      : {
          kind: "given",
          detail: `an offset that was given: ${offsetNs} ns from clock to clock`,
          newZero: sum(axes.shift("old"), exactly(offsetNs)),
        },
    byTsc(axes, parts, readings),
    byRealtime(axes, parts),
  ];
  for (const candidate of candidates) {
    if (!candidate) continue;
    const { lowNs, highNs } = candidate.newZero;
    if (highNs >= earliestNs) {
      return { found: { ...candidate, newZero: { lowNs: Math.max(lowNs, earliestNs), highNs } }, remarks };
    }
    remarks.push(`${candidate.detail}: refused, the new kernel would begin before the old one's last sign`);
  }
  return {
    found: {
      kind: "none",
      detail: "nothing joins the clocks of the two kernels",
      newZero: { lowNs: earliestNs, highNs: Number.POSITIVE_INFINITY },
    },
    remarks,
  };
}

export function describeBridge({ kind, detail, newZero }: FoundBridge): Bridge {
  return { kind, detail, ...boundFields("newZero", newZero) };
}

/** Readings that the lab made, and those of the recorder, in their order. */
export function tscReadings(axes: Axes, { lab, clocks }: Parts): TscReading[] {
  const readings: TscReading[] = [];
  for (const { side, tsc, localNs, monoLowNs, monoHighNs, source } of clocks) {
    if (tsc === undefined) continue;
    const middle = { ns: Math.round((monoLowNs + monoHighNs) / 2), source };
    // The tracer's clock is read right behind the TSC, on both sides alike.
    const point = localNs === undefined ? axes[side].monotonic(middle) : axes[side].local({ ns: localNs, source });
    readings.push({ side, tsc, point: point && { ...point, clock: "tsc" }, source });
  }
  if (lab?.reboot) {
    const { monoNs, tsc, source } = lab.reboot;
    const point =
      axes.old.monotonic({ ns: monoNs, source }) ?? timelinePoint(exactly(0), { clock: "old-monotonic", source });
    readings.push({ side: "old", tsc, point, source });
  }
  if (lab?.userspace) {
    const { monoNs, tsc, source } = lab.userspace;
    readings.push({ side: "new", tsc, point: axes.new.monotonic({ ns: monoNs, source }), source });
  }
  return readings;
}
