import type { FittedPhase, Workload } from "../recipe/workload-schema.ts";
import { type Group, meanOf, ShareKeeper } from "../groups.ts";
import type { TickRuns } from "../tick-runs.ts";
import type { WorkloadContext, WorkloadRunner } from "../workloads/runner.ts";
import { FreeFrames } from "./free-frames.ts";
import { RunLog } from "./run-log.ts";

/** Places that are looked at for one run, and the best of them taken. */
const tries = 8;
/** Ages that are tried for one run. */
const ageRounds = 4;
/** A place this much as long as the run is taken without a further look. */
const goodFit = 0.9;
/** Frames that are looked at for a place by itself. */
const anyLooks = 4096;
const always: readonly Group[] = [[1, 1, 1]];

/** One phase's distributions, and what has been taken of them. */
class PhaseState {
  readonly endNs: number;
  readonly pages: ShareKeeper;
  readonly runs: ShareKeeper;
  readonly ages: ShareKeeper;
  readonly hasAges: boolean;
  readonly tickCorrelation: number;
  readonly #growth: FittedPhase["new_pages"];
  #tick = 0;
  #knot = 0;
  newPages = 0;

  constructor(phase: FittedPhase, startNs: number) {
    this.endNs = startNs + phase.for;
    this.pages = new ShareKeeper(phase.pages_per_tick);
    this.runs = new ShareKeeper(phase.run_pages);
    this.tickCorrelation = phase.tick_correlation;
    this.hasAges = phase.age_ticks !== undefined;
    this.ages = new ShareKeeper(phase.age_ticks ?? always);
    this.#growth = phase.new_pages;
  }

  /** New pages that there should be by the end of the next tick of the phase. */
  nextNewPages(): number {
    this.#tick++;
    const knots = this.#growth;
    while (this.#knot < knots.length - 2 && knots[this.#knot + 1]![0] < this.#tick) this.#knot++;
    const [[fromTick, fromPages], [toTick, toPages]] = [knots[this.#knot]!, knots[this.#knot + 1]!];
    const part = Math.min(1, (this.#tick - fromTick) / (toTick - fromTick));
    return Math.round(fromPages + (toPages - fromPages) * part);
  }
}

/**
 * Writes that have the distributions of a recorded trace: pages a tick, lengths of runs, ticks since a page was last
 * written, and new pages over time.
 *
 * How      a run's length and its age are chosen by what the phase still lacks of each; then places are tried that were
 *          last written that long ago, and the one that fits best in length is taken
 * Cost     some ten looks a run; 8 B a frame of the region, 8 B a run of the last four million
 */
class Twin implements WorkloadRunner {
  readonly #context: WorkloadContext;
  readonly #phases: readonly PhaseState[];
  /** Tick of each frame's last write, from 1; 0: never. */
  readonly #lastTicks: Uint32Array;
  readonly #free: FreeFrames;
  readonly #log: RunLog;
  #phaseIndex = 0;
  #tick = 0;
  /** Whether ticks are busy just now: standard normal, with the phase's correlation from one to the next. */
  #level = 0;
  /** Frames that were written so far, in the order of their first write. */
  readonly #known: Uint32Array;
  #knownPages = 0;
  /** The best place so far, and how well it fits. */
  #bestStart = -1;
  #bestLength = 0;
  #bestFit = -1;

  constructor(workload: Workload<"fitted">, context: WorkloadContext) {
    this.#context = context;
    let startNs = 0;
    this.#phases = workload.phases.map((phase) => {
      const state = new PhaseState(phase, startNs);
      startNs = state.endNs;
      return state;
    });
    this.#lastTicks = new Uint32Array(context.frames);
    this.#known = new Uint32Array(context.frames);
    this.#free = new FreeFrames(context.frames);
    this.#log = new RunLog(expectedRuns(workload));
    this.#log.beginTick();
  }

  write(_fromNs: number, toNs: number, runs: TickRuns): void {
    while (this.#phaseIndex < this.#phases.length - 1 && this.#phases[this.#phaseIndex]!.endNs < toNs) {
      this.#phaseIndex++;
    }
    const phase = this.#phases[this.#phaseIndex]!;
    this.#tick++;
    this.#log.beginTick();
    let newLeft = Math.max(0, phase.nextNewPages() - phase.newPages);
    const wanted = Math.min(this.#drawPages(phase, newLeft), this.#context.frames);
    for (let left = wanted; left > 0;) {
      const newBefore = phase.newPages;
      const written = this.#writeRun(phase, left, newLeft, runs);
      // All that there is has been written in this tick.
      if (written === 0) break;
      left -= written;
      newLeft -= phase.newPages - newBefore;
    }
  }

  /** Pages of the tick: as many as there must be new ones by then, and no more than those and all known ones. */
  #drawPages({ pages, tickCorrelation }: PhaseState, newLeft: number): number {
    const { random } = this.#context;
    const most = pages.groups.at(-1)![1];
    this.#level = tickCorrelation * this.#level + Math.sqrt(1 - tickCorrelation ** 2) * random.normal();
    // A logistic curve is near enough to the normal one here, as shares are kept anyway.
    const quantile = 1 / (1 + Math.exp(-1.702 * this.#level));
    const index = pages.chooseNear(quantile, { least: Math.min(newLeft, most), most: newLeft + this.#knownPages });
    const [first, last] = pages.groups[index]!;
    pages.take(index, 1);
    return Math.min(first + random.below(last - first + 1), newLeft + this.#knownPages);
  }

  /** Writes one run of at most `left` frames; gives its frames. */
  #writeRun(phase: PhaseState, left: number, newLeft: number, runs: TickRuns): number {
    const { random } = this.#context;
    const [first, last] = phase.runs.groups[phase.runs.choose(random, 1, { least: 0, most: left })]!;
    const length = Math.min(left, first + random.below(last - first + 1));
    const isNew = !phase.hasAges || this.#tick === 1 || random.unit() * left < newLeft;
    this.#bestStart = -1;
    this.#bestFit = -1;
    if (isNew && this.#takeFree(length, newLeft)) return this.#mark(phase, runs);
    if (phase.hasAges) this.#chooseOld(phase, length);
    if (this.#bestStart < 0 && !this.#chooseAny(length, true)) this.#chooseAny(length, false);
    return this.#bestStart < 0 ? 0 : this.#mark(phase, runs);
  }

  /** Takes frames that were never written, with a gap to what this tick wrote already. */
  #takeFree(length: number, newLeft: number): boolean {
    const wanted = Math.max(1, Math.min(length, newLeft));
    return this.#free.take(wanted + 1, this.#context.random, (start, freeLength) => {
      const gap = this.#isFresh(start - 1) && freeLength > 1 ? 1 : 0;
      this.#bestStart = start + gap;
      this.#bestLength = Math.min(wanted, freeLength - gap);
      this.#free.put(start, gap);
      const end = this.#bestStart + this.#bestLength;
      this.#free.put(end, start + freeLength - end);
      // The rest of the run goes on over what is known, as far as this tick has not been there.
      if (wanted === length) return;
      while (this.#bestLength < length && this.#canExtend(this.#bestStart + this.#bestLength)) this.#bestLength++;
    });
  }

  #isFresh(frame: number): boolean {
    return frame >= 0 && frame < this.#lastTicks.length && this.#lastTicks[frame] === this.#tick;
  }

  /** Whether a run may go on to this frame: it was written before, but not in this tick, nor was the next one. */
  #canExtend(frame: number): boolean {
    const last = this.#lastTicks[frame];
    return last !== undefined && last !== 0 && last !== this.#tick && !this.#isFresh(frame + 1);
  }

  /** A place of the age that is lacking most; if there is none of it, of others. */
  #chooseOld(phase: PhaseState, length: number): void {
    const { random } = this.#context;
    for (let round = 0; round < ageRounds && this.#bestStart < 0; round++) {
      const group = phase.ages.groups[phase.ages.choose(random, length, { least: 0, most: this.#tick - 1 })]!;
      const oldest = Math.min(group[1], this.#tick - 1);
      for (let attempt = 0; attempt < tries && this.#bestFit < goodFit; attempt++) {
        this.#tryTick(this.#tick - (group[0] + random.below(Math.max(1, oldest - group[0] + 1))), length);
      }
    }
    // Any age, with each power of two as likely: most pages are written again soon.
    for (let attempt = 0; attempt < tries && this.#bestStart < 0; attempt++) {
      this.#tryTick(this.#tick - Math.floor(this.#tick ** random.unit()), length);
    }
  }

  /** Looks at one run of a tick, as far as it was not written since. */
  #tryTick(tick: number, length: number): void {
    const { random } = this.#context;
    const count = tick < 1 ? 0 : this.#log.countOf(tick);
    if (count === 0) return;
    const index = random.below(count);
    const page = this.#log.startOf(tick, index) + random.below(this.#log.lengthOf(tick, index));
    if (this.#lastTicks[page] !== tick) return;
    let start = page;
    while (page - start < length && this.#lastTicks[start - 1] === tick) start--;
    let end = page + 1;
    while (end - start <= length && this.#lastTicks[end] === tick) end++;
    // A run stands by itself: what this tick has written must not touch it.
    if (this.#isFresh(start - 1)) start++;
    const whole = Math.max(length, end - start);
    let held = Math.min(length, end - start);
    if (this.#isFresh(start + held)) held--;
    const fit = held / whole;
    if (held < 1 || fit <= this.#bestFit) return;
    let longer = held;
    while (longer < length && this.#canExtend(start + longer)) longer++;
    this.#bestFit = fit;
    this.#bestStart = start;
    this.#bestLength = longer;
  }

  /**
   * Any frames that were written before, but not in this tick, where nothing better was found, and by itself as long as that
   * can be had.
   */
  #chooseAny(length: number, byItself: boolean): boolean {
    const known = this.#knownPages;
    if (known === 0) return false;
    const from = this.#context.random.below(known);
    for (let look = 0; look < Math.min(known, anyLooks); look++) {
      const start = this.#known[(from + look) % known]!;
      if (this.#lastTicks[start] === this.#tick) continue;
      if (byItself && (this.#isFresh(start - 1) || this.#isFresh(start + 1))) continue;
      this.#bestStart = start;
      this.#bestLength = 1;
      while (this.#bestLength < length && this.#canExtend(start + this.#bestLength)) this.#bestLength++;
      return true;
    }
    return false;
  }

  /** Writes the chosen run and counts what it was. */
  #mark(phase: PhaseState, runs: TickRuns): number {
    const { ages } = phase;
    const [start, length] = [this.#bestStart, this.#bestLength];
    for (let frame = start; frame < start + length; frame++) {
      const last = this.#lastTicks[frame]!;
      if (last === 0) {
        phase.newPages++;
        this.#known[this.#knownPages++] = frame;
      } else ages.take(ages.groupOf(this.#tick - last), 1);
      this.#lastTicks[frame] = this.#tick;
    }
    phase.runs.take(phase.runs.groupOf(length), 1);
    this.#log.add(start, length);
    runs.add(this.#context.startGfn + start, length);
    return length;
  }
}

/** Runs of all phases, for the memory that they take; ticks are taken to be 1 ms long at the least. */
function expectedRuns(workload: Workload<"fitted">): number {
  const perPhase = workload.phases.map(
    (phase) => (phase.for / 1e6) * (meanOf(phase.pages_per_tick) / meanOf(phase.run_pages)),
  );
  return Math.ceil(Math.min(2 ** 30, 2 * perPhase.reduce((sum, runs) => sum + runs, 0)));
}

export function createFitted(workload: Workload<"fitted">, context: WorkloadContext): WorkloadRunner {
  return new Twin(workload, context);
}
