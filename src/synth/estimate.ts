import { arrivalsPerSecond } from "./arrivals.ts";
import { meanOf } from "./groups.ts";
import type { Activity } from "./recipe/plan.ts";
import type { Arrival, Recipe, RecipeDevice } from "./recipe/schema.ts";
import type { Workload } from "./recipe/workload-schema.ts";
import { pageBytes } from "../base/index.ts";

/** Rows that a recipe is expected to make, by table; page_population depends on too much to be told beforehand. */
export type ExpectedRows = Record<
  "tick" | "page_write" | "device_io" | "dma" | "interrupt" | "net_packet" | "mark",
  number
>;

/** Distinct places of `count` that `draws` equally likely draws hit, and the runs that they form. */
function uniformRuns(draws: number, count: number): number {
  const distinct = count * -Math.expm1(-draws / count);
  return distinct * (1 - distinct / count) + (distinct > count / 2 ? 1 : 0);
}

/** Chances of ranks fall off smoothly, so that ranks are taken together: each octave in this many parts. */
const stepsPerOctave = 8;

/** Calls `each` with stretches of ranks of about the same chance. */
function eachRankStretch(count: number, skew: number, each: (ranks: number, chance: number) => void): void {
  const stretches: { ranks: number; weight: number }[] = [];
  let total = 0;
  for (let rank = 1; rank <= count;) {
    const next = Math.min(count + 1, Math.max(rank + 1, Math.floor(rank * 2 ** (1 / stepsPerOctave))));
    const weight = ((rank + next - 1) / 2) ** -skew;
    stretches.push({ ranks: next - rank, weight });
    total += weight * (next - rank);
    rank = next;
  }
  for (const { ranks, weight } of stretches) each(ranks, weight / total);
}

function zipfRuns(
  draws: number,
  { count, skew, isRanked }: { count: number; skew: number; isRanked: boolean },
): number {
  let distinct = 0;
  let borders = 0;
  eachRankStretch(count, skew, (ranks, chance) => {
    const written = -Math.expm1(-draws * chance);
    distinct += ranks * written;
    borders += ranks * written * (1 - written);
  });
  return isRanked ? borders + 1 : distinct * (1 - distinct / count);
}

function checkpointRuns(workload: Workload<"database-checkpoint">, frames: number, tickNs: number): number {
  const perTick = tickNs / 1e9;
  const buffers = Math.max(1, frames - Math.ceil(workload.log / pageBytes));
  const shape = { count: buffers, skew: workload.skew, isRanked: false };
  const dirty = zipfRuns(workload.writes_per_second * perTick, shape);
  const headers = zipfRuns(workload.writes_per_second * (workload.every / 1e9), shape) / 64;
  return dirty + 1 + headers * (tickNs / workload.every);
}

/** Runs that an activity writes in one tick, on the average. */
function runsPerTick({ workload, frames, fromNs, toNs }: Activity, tickNs: number): number {
  const seconds = tickNs / 1e9;
  switch (workload.kind) {
    case "idle":
      return workload.hot_pages + uniformRuns(workload.stray_writes_per_second * seconds, workload.stray_pages);
    case "uniform":
      return uniformRuns(workload.writes_per_second * seconds, Math.max(1, frames / workload.run_pages));
    case "zipf": {
      const shape = { count: frames, skew: workload.skew, isRanked: workload.placement === "ranked" };
      return zipfRuns(workload.writes_per_second * seconds, shape);
    }
    case "hot-cold": {
      const hot = Math.max(1, frames * workload.hot_ratio);
      const draws = workload.writes_per_second * seconds;
      const cold = Math.max(1, frames - hot);
      return (
        uniformRuns(draws * workload.hot_write_ratio, hot) + uniformRuns(draws * (1 - workload.hot_write_ratio), cold)
      );
    }
    case "streaming":
      return 1;
    case "boot":
      return 1 + (workload.rewrites_per_second * seconds) / 8;
    case "database-checkpoint":
      return checkpointRuns(workload, frames, tickNs);
    case "ballooning":
      return uniformRuns(workload.writes_per_second * seconds, frames * ((1 + workload.floor_ratio) / 2));
    case "trace":
      return 0;
    case "fitted": {
      const phases = workload.phases.map(
        (phase) => phase.for * (meanOf(phase.pages_per_tick) / meanOf(phase.run_pages)),
      );
      const lengthNs = workload.phases.reduce((sum, phase) => sum + phase.for, 0);
      return (phases.reduce((sum, runs) => sum + runs, 0) / lengthNs) * (toNs > fromNs ? 1 : 0);
    }
  }
}

/** Rows of page_write of one activity, but for parts of traces, whose rows are in their files. */
export function expectedWrites(activity: Activity, tickNs: number): number {
  const ticks = Math.ceil((activity.toNs - activity.fromNs) / tickNs);
  return ticks * runsPerTick(activity, tickNs);
}

/** Requests that a workload hands to a device. */
export function addWorkloadRows(
  { workload, frames, fromNs, toNs }: Activity,
  tickNs: number,
  rows: ExpectedRows,
): void {
  if (workload.kind !== "database-checkpoint" || workload.device === undefined) return;
  const lengthNs = toNs - fromNs;
  const logged = ((workload.log_rate / workload.request) * lengthNs) / 1e9;
  const periods = Math.max(0, Math.floor(lengthNs / workload.every) - 1) + partOfLast(lengthNs, workload);
  const buffers = Math.max(1, frames - Math.ceil(workload.log / pageBytes));
  const shape = { count: buffers, skew: workload.skew, isRanked: false };
  const flushed = periods * zipfRuns((workload.writes_per_second * workload.every) / 1e9, shape);
  // A log that is slower than a request a tick still gives one a tick.
  const writes = Math.max(logged, Math.min(lengthNs / tickNs, logged * (workload.request / pageBytes))) + flushed;
  rows.device_io += writes + periods;
  rows.interrupt += writes + periods;
  rows.dma += writes;
}

/** How much of its last sweep an activity still sees. */
function partOfLast(lengthNs: number, { every, lasts }: Workload<"database-checkpoint">): number {
  return lengthNs < every ? 0 : Math.min(1, (lengthNs % every) / Math.min(lasts, every));
}

interface Stream {
  readonly arrival: Arrival;
  readonly from: number;
  readonly for?: number | undefined;
}

function eventsOf(stream: Stream, { duration }: Recipe): number {
  const toNs = stream.for === undefined ? duration : Math.min(duration, stream.from + stream.for);
  return (Math.max(0, toNs - stream.from) / 1e9) * arrivalsPerSecond(stream.arrival);
}

export function addDeviceRows(device: RecipeDevice, recipe: Recipe, rows: ExpectedRows): void {
  for (const stream of device.requests) {
    const events = eventsOf(stream, recipe);
    rows.device_io += events;
    rows.interrupt += events;
    rows.dma += events * (1 - stream.flush_ratio);
  }
  for (const stream of device.packets) {
    const events = eventsOf(stream, recipe);
    rows.net_packet += events;
    rows.dma += stream.dma ? events : 0;
    rows.interrupt += stream.interrupts ? events * stream.rx_ratio : 0;
  }
  for (const stream of device.interrupts) rows.interrupt += eventsOf(stream, recipe);
}
