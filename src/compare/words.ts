import { formatBytes, formatCount, formatNs } from "../analysis/index.ts";
import type { DifferenceRow } from "./difference.ts";
import type { MetricUnit } from "./metric.ts";

/** A number without a unit, to four digits where it is not whole. */
function plain(value: number): string {
  return Number.isInteger(value) ? formatCount(value) : String(Number(value.toPrecision(4)));
}

/** A value of a metric for people. */
export function formatValue(value: number, unit: MetricUnit): string {
  const sign = value < 0 ? "−" : "";
  const size = Math.abs(value);
  switch (unit) {
    case "ns":
      return sign + formatNs(size);
    case "bytes":
      return sign + formatBytes(size);
    case "pages":
      return `${sign}${plain(size)} pages`;
    case "ratio":
      return `${sign}${Number((size * 100).toPrecision(4))} %`;
    case "per_sec":
      return `${sign}${plain(size)}/s`;
    case "count":
    case "flag":
    case "1":
      return sign + plain(size);
  }
}

/** A difference for people, with its sign. */
export function formatDelta(delta: number, unit: MetricUnit): string {
  return delta > 0 ? `+${formatValue(delta, unit)}` : formatValue(delta, unit);
}

/** A share for people, with its sign: what differs by less than a hundredth of a percent says so. */
export function formatDeltaRatio(ratio: number): string {
  const size = Math.abs(ratio) * 100;
  const digits = size >= 10 ? size.toFixed(0) : size >= 0.1 ? size.toFixed(1) : size.toFixed(2);
  if (Number(digits) === 0) return ratio === 0 ? "0 %" : `${ratio < 0 ? "−" : "+"}<0.01 %`;
  return `${ratio < 0 ? "−" : "+"}${digits} %`;
}

/** Where a row belongs: "kexec, purgatory". */
export function formatDimensions({ dimensions }: Pick<DifferenceRow, "dimensions">): string {
  return dimensions
    .map(([, value]) => value)
    .filter((value) => value !== "")
    .join(", ");
}
