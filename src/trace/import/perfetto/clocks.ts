import { secNs } from "../../../base/index.ts";
import type { ProtoFields } from "../../source/protobuf.ts";
import type { ClockName } from "../clock.ts";
import { type Moment, setWordMoment } from "../fields.ts";

/** Clocks by their numbers in a trace (clock_snapshot.proto, BuiltinClocks). */
const clockNames: ReadonlyMap<number, ClockName> = new Map([
  [1, "realtime"],
  [2, "realtime"],
  [3, "monotonic"],
  [4, "monotonic"],
  [6, "boottime"],
]);
const boottime = 6;
/** Numbers from here to 127 are clocks of one sequence of packets. */
const firstOwn = 64;
const lastOwn = 127;
const maxClocks = 100_000;

interface Reading {
  readonly key: string;
  readonly second: number;
  readonly nanosecond: number;
  readonly isIncremental: boolean;
  readonly unitNs: number;
}

/** A clock: what is to be added for the trace's, and for a clock of differences where it stands. */
interface KnownClock {
  addSecond: number;
  addNanosecond: number;
  readonly isIncremental: boolean;
  readonly unitNs: number;
  second: number;
  nanosecond: number;
}

function keyOf(clock: number, sequence: number): string {
  return clock >= firstOwn && clock <= lastOwn ? `${sequence}/${clock}` : `${clock}`;
}

function readClock(fields: ProtoFields, sequence: number): Reading {
  const moment: Moment = { second: 0, nanosecond: 0 };
  let clock = 0;
  let isIncremental = false;
  let unitNs = 1;
  let [low, high] = [0, 0];
  while (fields.next()) {
    if (fields.field === 1) clock = fields.unsigned;
    else if (fields.field === 2) [low, high] = [fields.low, fields.high];
    else if (fields.field === 3) isIncremental = fields.low !== 0;
    else if (fields.field === 4) unitNs = Math.max(fields.unsigned, 1);
  }
  if (unitNs === 1) setWordMoment(moment, low, high >>> 0);
  else addUnits(moment, (high >>> 0) * 4_294_967_296 + (low >>> 0), unitNs);
  return { key: keyOf(clock, sequence), ...moment, isIncremental, unitNs };
}

/** Adds a number of units to a moment; a second must be a whole number of units, or a unit a whole number of seconds. */
function addUnits(moment: Moment, units: number, unitNs: number): void {
  const unitsEach = secNs / unitNs;
  const seconds = Math.floor(units / unitsEach);
  moment.second += seconds;
  moment.nanosecond += Math.round((units - seconds * unitsEach) * unitNs);
  normalize(moment);
}

function normalize(moment: Moment): void {
  const seconds = Math.floor(moment.nanosecond / secNs);
  moment.second += seconds;
  moment.nanosecond -= seconds * secNs;
}

/**
 * The clocks of a trace, and how each relates to the one in which the trace is kept: its primary clock as the first snapshot
 * says it, else the time since boot.
 *
 * A snapshot reads several clocks at once; a time is put by the newest one that knows its clock.
 */
export class PerfettoClocks {
  readonly #clocks = new Map<string, KnownClock>();
  #target: number | undefined;

  /** The clock of the trace's times. */
  get name(): ClockName {
    return clockNames.get(this.#target ?? boottime) ?? "own";
  }

  /** The clock of packets that name none. */
  get defaultClock(): number {
    return this.#target ?? boottime;
  }

  snapshot(fields: ProtoFields, sequence: number): void {
    const readings: Reading[] = [];
    let primary = 0;
    while (fields.next()) {
      if (fields.field === 1) readings.push(readClock(fields.inner(), sequence));
      else if (fields.field === 2) primary = fields.unsigned;
    }
    const has = (clock: number) => readings.some(({ key }) => key === `${clock}`);
    this.#target ??= has(primary) ? primary : has(boottime) ? boottime : has(3) ? 3 : undefined;
    const target = `${this.defaultClock}`;
    const anchor = readings.find(({ key }) => key === target) ?? readings.find(({ key }) => this.#clocks.has(key));
    const add = anchor && (anchor.key === target ? { addSecond: 0, addNanosecond: 0 } : this.#clocks.get(anchor.key)!);
    if (!anchor || !add) return;
    for (const reading of readings) {
      if (this.#clocks.size >= maxClocks && !this.#clocks.has(reading.key)) continue;
      this.#clocks.set(reading.key, {
        addSecond: anchor.second - reading.second + add.addSecond,
        addNanosecond: anchor.nanosecond - reading.nanosecond + add.addNanosecond,
        isIncremental: reading.isIncremental,
        unitNs: reading.unitNs,
        second: reading.second,
        nanosecond: reading.nanosecond,
      });
    }
  }

  /** Puts a packet's time on the trace's clock; false where nobody says how the clock relates to it. */
  convert(moment: Moment, time: ProtoTime, sequence: number): boolean {
    const clock = this.#clocks.get(keyOf(time.clock, sequence));
    if (clock?.isIncremental === true) {
      moment.second = clock.second;
      moment.nanosecond = clock.nanosecond;
      addUnits(moment, (time.high >>> 0) * 4_294_967_296 + (time.low >>> 0), clock.unitNs);
      clock.second = moment.second;
      clock.nanosecond = moment.nanosecond;
    } else if (clock && clock.unitNs !== 1) {
      moment.second = moment.nanosecond = 0;
      addUnits(moment, (time.high >>> 0) * 4_294_967_296 + (time.low >>> 0), clock.unitNs);
    } else {
      setWordMoment(moment, time.low, time.high >>> 0);
    }
    if (!clock) return time.clock === this.defaultClock;
    moment.second += clock.addSecond;
    moment.nanosecond += clock.addNanosecond;
    normalize(moment);
    return true;
  }
}

/** A time as a packet has it. */
export interface ProtoTime {
  readonly clock: number;
  readonly low: number;
  readonly high: number;
}
