import type { BoundFields } from "./bounds.ts";
import type { Source } from "../formats/evidence.ts";

/** What a moment was read from. */
export type ClockId =
  | "old-printk"
  | "old-monotonic"
  | "new-printk"
  | "new-monotonic"
  | "tsc"
  | "realtime"
  | "given"
  | "trace";

/**
 * A step of an update, or a part of one.
 *
 * Units    ns from the timeline's origin; a time is null where only its bounds are known, which then stand beside it
 *          as `startLowNs`, `startHighNs` (null: no bound); a duration may be known where the moments are not
 */
export interface Step extends BoundFields<"start">, BoundFields<"end">, BoundFields<"duration"> {
  /** The model's own name of the step; several that no sign tells apart are joined by " + ". */
  readonly name: string;
  readonly clock: ClockId;
  readonly source: Source;
  readonly detail?: string;
  /** Calls that are summed up here, where there is more than one. */
  readonly count?: number;
  /** Parts; unlike steps they may overlap and leave holes. */
  readonly children?: readonly Step[];
}

export interface Phase extends BoundFields<"start">, BoundFields<"end">, BoundFields<"duration"> {
  readonly name: string;
  readonly steps: readonly Step[];
}

/** A moment that userspace noted: preserve-start, vm0-resumed. */
export interface TimelineMark extends BoundFields<"at"> {
  readonly name: string;
  readonly clock: ClockId;
  readonly source: Source;
}

/** Time in the window that no step is known for. */
export interface Hole extends BoundFields<"start">, BoundFields<"end">, BoundFields<"duration"> {
  readonly reason: string;
}

export interface Input {
  readonly path: string;
  readonly sha256: string;
  readonly format: string;
  readonly lines: number;
  readonly damagedLines: number;
}

/** A clock that was read, and where its zero lies on the timeline. */
export interface Clock extends BoundFields<"zero"> {
  readonly id: ClockId;
  readonly kernel: string | null;
  readonly detail: string;
}

/** What joins the clocks of the two kernels. */
export interface Bridge extends BoundFields<"newZero"> {
  readonly kind: "tsc" | "realtime" | "given" | "one-clock" | "none";
  readonly detail: string;
}

/** From the reboot call to the new userspace, or from a suspend to the end of its resume. */
export interface Window extends BoundFields<"start">, BoundFields<"end">, BoundFields<"duration"> {
  readonly startSign: string | null;
  readonly endSign: string | null;
}

/** Time in the window that belongs to no step; `ns` is null where only its bounds are known. */
export interface Unattributed {
  readonly ns: number | null;
  readonly lowNs?: number | null;
  readonly highNs?: number | null;
  /** Of the window. */
  readonly ratio: number | null;
  readonly intervals: readonly Hole[];
}

/** When one recorded live update, or one suspend, did what; the origin is the window's start. */
export interface Timeline {
  readonly name: string;
  readonly kind: "update" | "suspend";
  readonly oldKernel: string | null;
  readonly newKernel: string | null;
  readonly inputs: readonly Input[];
  readonly clocks: readonly Clock[];
  readonly bridge: Bridge;
  readonly window: Window;
  readonly phases: readonly Phase[];
  readonly marks: readonly TimelineMark[];
  readonly unattributed: Unattributed;
  /** Functions of traces, by the time that they took in all. */
  readonly functions: readonly FunctionSum[];
  /** What the recording cannot show, one sentence each. */
  readonly unseen: readonly string[];
}

export interface FunctionSum {
  readonly name: string;
  readonly calls: number;
  readonly totalNs: number;
}
