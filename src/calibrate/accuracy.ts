import { countKeys } from "../model/index.ts";
import type { QuantityId } from "../profile/index.ts";
import type { HostRecording, Recording } from "../recording/index.ts";
import type { Residual } from "./cross-validate.ts";
import { median } from "./fit.ts";

/** A difference below this counts as none: shorter steps vary by what happens to be in a cache. */
export const negligibleNs = 500_000;

/** How far predictions of recordings that took no part in a fit may be off. */
export interface Bounds {
  readonly medianRatio: number;
  readonly worstRatio: number;
  /** Where folios lie scattered, so that the boot's cost grows with the square of their number. */
  readonly scatteredRatio: number;
}

export const bounds: Readonly<Record<QuantityId, Bounds>> = {
  preserve: { medianRatio: 0.05, worstRatio: 0.1, scatteredRatio: 0.1 },
  retrieve: { medianRatio: 0.02, worstRatio: 0.04, scatteredRatio: 0.04 },
  reboot_to_userspace: { medianRatio: 0.03, worstRatio: 0.06, scatteredRatio: 0.1 },
  blackout: { medianRatio: 0.03, worstRatio: 0.06, scatteredRatio: 0.06 },
};

/** Share of recordings that their 90 % intervals should hold. */
export const coverageBounds = { leastRatio: 0.8, mostRatio: 0.97 } as const;

/** What cross-validation found of one span or quantity. */
export interface Accuracy {
  readonly id: string;
  readonly recordings: number;
  readonly medianRatio: number;
  /** Signed: above 0 is too long. */
  readonly worstRatio: number;
  readonly worstRecording: string;
  /** Undefined for spans, which have no bounds. */
  readonly met?: boolean;
}

/** Signed and relative; 0 where the difference is negligible. */
export function errorRatio({ predictedNs, recordedNs }: { predictedNs: number; recordedNs: number }): number {
  const differenceNs = predictedNs - recordedNs;
  return Math.abs(differenceNs) < negligibleNs ? 0 : differenceNs / recordedNs;
}

/** Fewer keys than this a run, on average, and its folios lie scattered. */
const scatteredKeysPerRun = 8;

export function isScattered({ keys }: Pick<Recording, "keys">): boolean {
  return keys.length > 1000 && countKeys(keys) / keys.length < scatteredKeysPerRun;
}

function isMet(id: string, residuals: readonly Residual[], scattered: ReadonlySet<string>): boolean | undefined {
  const bound = (bounds as Partial<Record<string, Bounds>>)[id];
  if (!bound) return undefined;
  const ratios = residuals.map((residual) => Math.abs(errorRatio(residual)));
  const isWithin = residuals.every((residual, index) => {
    const worstRatio = scattered.has(residual.recording) ? bound.scatteredRatio : bound.worstRatio;
    return ratios[index]! <= worstRatio;
  });
  return median(ratios) <= bound.medianRatio && isWithin;
}

/** Errors by span or quantity, in the order in which they come. */
export function listAccuracy(
  residuals: readonly Residual[],
  recordings: readonly (Recording | HostRecording)[],
): Accuracy[] {
  const scattered = new Set(recordings.flatMap((each) => ("keys" in each && isScattered(each) ? [each.name] : [])));
  const ids = [...new Set(residuals.map(({ id }) => id))];
  return ids.map((id) => {
    const own = residuals.filter((residual) => residual.id === id);
    const ratios = own.map(errorRatio);
    const worst = ratios.reduce((most, ratio, index) => (Math.abs(ratio) > Math.abs(ratios[most]!) ? index : most), 0);
    const met = isMet(id, own, scattered);
    return {
      id,
      recordings: own.length,
      medianRatio: median(ratios.map(Math.abs)),
      worstRatio: ratios[worst]!,
      worstRecording: own[worst]!.recording,
      ...(met === undefined ? {} : { met }),
    };
  });
}
