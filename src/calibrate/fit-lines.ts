import type { CostId } from "../model/index.ts";
import { type Assumptions, assumptionsOf } from "./assumptions.ts";
import { fitLine, type GroupFit, type Units } from "./fit.ts";
import type { CalibrationRecording } from "./observe.ts";

/** Every line of kernels that the recordings have, fitted; the first is the one that most of them run. */
export interface LineFit {
  readonly line: string;
  readonly groups: readonly GroupFit[];
  readonly units: Units;
}

/** Lines by the number of recordings out of and into them, most first; of equals the newer. */
function rankLines(recordings: readonly CalibrationRecording[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const line of recordings.flatMap(({ from, to }) => [from, to])) counts.set(line, (counts.get(line) ?? 0) + 1);
  return [...counts]
    .sort(([left, leftCount], [right, rightCount]) => rightCount - leftCount || right.localeCompare(left))
    .map(([line]) => line);
}

function unitsOf(groups: readonly GroupFit[]): Units {
  return new Map(groups.flatMap(({ units }) => [...units]));
}

/** Constants of a line, with another's where it has none of its own. */
export function unitsWith(own: Units, other: Units): Units {
  return new Map<CostId, number>([...other, ...own]);
}

/**
 * Fits all lines. The line with most recordings comes first and stands alone; others are drawn to it, since kernels of
 * neighbouring releases differ little, and take from it what they do not show.
 */
export function fitLines(
  recordings: readonly CalibrationRecording[],
  assumptions: Assumptions = assumptionsOf(),
): readonly LineFit[] {
  const observations = recordings.flatMap((recording) => recording.observations);
  const known = new Map<string, Units>();
  const fits: LineFit[] = [];
  for (const line of rankLines(recordings)) {
    const main = fits[0]?.units;
    const groups = fitLine({ line, observations, known, assumptions, ...(main ? { drawnTo: main } : {}) });
    const units = main ? unitsWith(unitsOf(groups), main) : unitsOf(groups);
    known.set(line, units);
    fits.push({ line, groups, units });
  }
  return fits;
}
