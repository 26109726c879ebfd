import type { Json } from "../base/index.ts";
import type { ProfileData } from "../profile/index.ts";
import type { Interval } from "../sensitivity/index.ts";
import type { Slo } from "../slo/index.ts";

/** What one value of an axis changes in a scenario. */
export interface AxisValue {
  /** As people write it. */
  readonly label: string;
  /** In bytes or ns where it is a size or a time, to draw it to scale; null where it is no number. */
  readonly number: number | null;
  /** Dotted paths of the scenario, and what stands there. */
  readonly set: { readonly [path: string]: Json };
  /** A map that is merged over the scenario. */
  readonly merge: Json;
  /** Numbers of the plan's sources. */
  readonly trace?: number | undefined;
  readonly profile?: number | undefined;
}

export type AxisUnit = "bytes" | "ns" | "number" | "text";

export interface Axis {
  readonly key: string;
  readonly unit: AxisUnit;
  readonly values: readonly AxisValue[];
}

/** What an uncertain input is a value of. */
export type InputTarget = "cost" | "boot" | "scenario";

/** Something whose value is known only as an interval. */
export interface UncertainInput {
  /** Constant of the profile, `boot_ms`, or path of the scenario. */
  readonly name: string;
  readonly target: InputTarget;
  /** Of what the interval's numbers are: ns, bytes, or a bare number. */
  readonly unit: AxisUnit;
  readonly interval: Interval;
}

/** `path` compared with a value or another path. */
export interface Requirement {
  readonly text: string;
  readonly left: string;
  readonly operator: "<=" | "<" | ">=" | ">" | "==" | "!=";
  readonly right: string;
}

export interface PlanTrace {
  readonly path: string;
  readonly name: string;
  readonly sha256: string;
}

/**
 * A plan with everything that it names read in: from here on no file of the user's but the traces is needed, and every
 * machine makes the same runs of it.
 */
export interface Plan {
  readonly name: string;
  readonly seed: number;
  readonly repeats: number;
  readonly combine: "product" | "paired";
  /** The scenario as it was written, includes merged. */
  readonly scenario: Json;
  readonly traces: readonly PlanTrace[];
  readonly profiles: readonly ProfileData[];
  readonly axes: readonly Axis[];
  readonly excludes: readonly { readonly [axisKey: string]: readonly string[] }[];
  readonly requirements: readonly Requirement[];
  /** Constants of each profile are drawn from their intervals, too. */
  readonly drawsProfile: boolean;
  /** What the plan itself says is uncertain. */
  readonly inputs: readonly UncertainInput[];
  readonly slo: Slo;
  readonly memoryLimitBytes: number | null;
  readonly sensitivity: {
    readonly tornado: boolean;
    readonly morrisTrajectories: number;
    readonly sobolSamples: number;
  };
}
