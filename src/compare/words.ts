import type { DifferenceRow } from "./difference.ts";

/** Where a row belongs: "kexec, purgatory". */
export function formatDimensions({ dimensions }: Pick<DifferenceRow, "dimensions">): string {
  return dimensions
    .map(([, value]) => value)
    .filter((value) => value !== "")
    .join(", ");
}
