import type { KernelLog } from "./kernel-log.ts";
import type { LabReadings } from "./lab-readings.ts";
import type { Spans } from "./spans.ts";
import type { Startup } from "./systemd.ts";
import type { SuspendEvents } from "./suspend-events.ts";

/** Where something stands: a file, or a file in a bundle, and its line from 1. */
export interface Source {
  readonly file: string;
  readonly line: number;
}

/** A reading of one clock. */
export interface Moment {
  readonly ns: number;
  readonly source: Source;
}

export interface NamedMoment extends Moment {
  readonly name: string;
}

/** Something that began and ended by one clock. */
export interface Call {
  readonly name: string;
  readonly startNs: number;
  readonly endNs: number;
  readonly source: Source;
  readonly detail?: string;
}

/** Which of the two kernels; undefined: the file does not say. */
export type Side = "old" | "new";

/** Clocks of one kernel that a tracer may use: `local`, its default, counts as printk's does before it follows the timekeeper. */
export type TraceClock = "local" | "monotonic";

/** Functions of one trace, and whose they are. */
export interface Graph {
  readonly spans: Spans;
  readonly file: string;
  readonly side: Side | undefined;
  readonly clock: TraceClock;
}

/** Several clocks of one kernel, read at one moment: the true one lies between the two readings of CLOCK_MONOTONIC. */
export interface ClockSample {
  readonly side: Side;
  readonly monoLowNs: number;
  readonly monoHighNs: number;
  readonly realtimeNs: number | undefined;
  readonly tsc: number | undefined;
  /** The tracer's clock `local`, just behind the TSC. */
  readonly localNs: number | undefined;
  readonly source: Source;
}

/** A moment that userspace noted, by CLOCK_MONOTONIC. */
export interface Mark extends NamedMoment {
  readonly side: Side;
}

/** What one file says, whatever its format; a part that it lacks is empty or undefined. */
export interface Evidence {
  readonly path: string;
  readonly sha256: string;
  readonly format: string;
  readonly lines: number;
  /** Lines that were cut or changed; they are left out. */
  readonly damagedLines: number;
  /** One for every boot in the file, in their order. */
  readonly kernels: readonly KernelLog[];
  readonly lab: LabReadings | undefined;
  readonly graphs: readonly Graph[];
  readonly suspend: SuspendEvents | undefined;
  readonly marks: readonly Mark[];
  readonly clocks: readonly ClockSample[];
  /** As the recorder found it. */
  readonly tscKhz: number | undefined;
  readonly startup: Startup | undefined;
  /** What the file itself says it lacks. */
  readonly remarks: readonly string[];
}
