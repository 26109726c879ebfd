import { type OpenFolder, runSchema } from "../../trace/index.ts";
import { labelOf, smallRows } from "./rows.ts";

const { phaseTable, stepTable } = runSchema;

/** A step of a run's lifecycle. */
export interface Step {
  readonly name: string;
  readonly phase: string;
  readonly lifecycleRow: number;
  readonly vmIndex: number | null;
  readonly startNs: number;
  readonly endNs: number;
  readonly lowNs: number;
  readonly highNs: number;
  readonly detail: string;
}

export interface Phase {
  readonly name: string;
  readonly startNs: number;
  readonly endNs: number;
  readonly lowNs: number;
  readonly highNs: number;
  readonly inBlackout: boolean;
}

/** Steps by their beginnings, and of those that begin together the longest first. */
export function readSteps(folder: OpenFolder): readonly Step[] {
  return smallRows(folder, stepTable)
    .map((row) => ({
      name: row["name"] as string,
      phase: labelOf(stepTable, "phase", row["phase"]),
      lifecycleRow: row["lifecycle_row"] as number,
      vmIndex: row["vm_index"] as number | null,
      startNs: row["start_ns"] as number,
      endNs: row["end_ns"] as number,
      lowNs: row["low_ns"] as number,
      highNs: row["high_ns"] as number,
      detail: row["detail"] as string,
    }))
    .toSorted((one, two) => one.startNs - two.startNs || two.endNs - one.endNs);
}

export function readPhases(folder: OpenFolder): readonly Phase[] {
  return smallRows(folder, phaseTable).map((row) => ({
    name: labelOf(phaseTable, "phase", row["phase"]),
    startNs: row["start_ns"] as number,
    endNs: row["end_ns"] as number,
    lowNs: row["low_ns"] as number,
    highNs: row["high_ns"] as number,
    inBlackout: row["in_blackout"] === 1,
  }));
}
