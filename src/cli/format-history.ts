import { displayText, plural, formatDeltaRatio, formatValue } from "../analysis/index.ts";

import type { Shift, Trend } from "../history/index.ts";
import { sparkline } from "./blocks.ts";
import { formatTable } from "./table.ts";

/** Most points of a line of blocks: the last so many. */
const maxBlocks = 40;
const maxTrends = 200;

function shiftText({ unit }: Trend, { point, before, after, verdict, pValue }: Shift): string {
  const ratio = before === 0 ? "" : ` ${formatDeltaRatio((after - before) / Math.abs(before))}`;
  const commit = point.commit === "" ? point.time : `${displayText(point.commit, 16)}, ${point.time}`;
  return `    from ${commit}: ${verdict}, ${formatValue(before, unit)} to ${formatValue(after, unit)}${ratio} (p = ${pValue.toPrecision(2)})`;
}

/** Series with their change points, those that have some first. */
export function formatTrends(trends: readonly Trend[]): string {
  if (trends.length === 0) return "no such series in the history";
  const sorted = trends.toSorted((left, right) => Number(right.shifts.length > 0) - Number(left.shifts.length > 0));
  const rows = sorted.slice(0, maxTrends).map((trend) => {
    const values = trend.points.map(({ value }) => value!);
    return [
      trend.metric,
      displayText(trend.dimensions, 60),
      displayText(trend.branch, 20),
      displayText(trend.testbed, 20),
      String(values.length),
      formatValue(values.at(-1)!, trend.unit),
      sparkline(values.slice(-maxBlocks)),
      trend.shifts.length === 0 ? "" : plural(trend.shifts.length, "change"),
    ];
  });
  const table = formatTable(["metric", "of", "branch", "testbed", "points", "last", "over time", ""], rows, [
    false,
    false,
    false,
    false,
    true,
    true,
  ]);
  const hidden = sorted.length - rows.length;
  const changed = sorted.slice(0, maxTrends).filter(({ shifts }) => shifts.length > 0);
  const details = changed.map((trend) =>
    [
      `  ${trend.metric}${trend.dimensions === "" ? "" : ` of ${displayText(trend.dimensions, 60)}`} (${displayText(trend.branch, 20)}, ${displayText(trend.testbed, 20)})`,
      ...trend.shifts.map((shift) => shiftText(trend, shift)),
    ].join("\n"),
  );
  const advice = "Change points are advice: they say where to look, and decide nothing.";
  return [
    table,
    ...(hidden > 0 ? [`and ${plural(hidden, "more series", "more series")}`] : []),
    ...details,
    advice,
  ].join("\n\n");
}
