import { displayText, formatBytes, formatNs, formatRatio } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { bytesLabel } from "./axes.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  labelWidth,
  type Layer,
  numberAxis,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
} from "./theme.ts";

type Row = CatalogueRow<"overhead-by-kind">;
type HeadlineRow = CatalogueRow<"headline">;
type StretchRow = CatalogueRow<"overhead-over-time">;

export interface OverheadRows {
  readonly kinds: readonly Row[];
  readonly stretches: readonly StretchRow[];
  readonly headline: HeadlineRow;
}

const timeHeightPx = 130;

/** Above this ratio of the largest to the smallest a linear bar of the smallest would be less than a pixel. */
const logRatio = 800;

function linearTicks(largest: number): number[] {
  const step = 2 ** Math.max(0, Math.ceil(Math.log2(largest / 7)));
  return Array.from({ length: Math.floor(largest / step) + 1 }, (_, index) => index * step);
}

function logTicks(lowExponent: number, highExponent: number): number[] {
  const stride = highExponent - lowExponent > 20 ? 5 : highExponent - lowExponent > 12 ? 2 : 1;
  const first = Math.ceil(lowExponent / stride) * stride;
  return Array.from(
    { length: Math.floor((highExponent - first) / stride) + 1 },
    (_, index) => 2 ** (first + index * stride),
  );
}

function xScale(rows: readonly Row[]) {
  const sizes = rows.map((row) => row.overhead_bytes);
  const largest = Math.max(...sizes);
  const smallest = Math.min(...sizes);
  if (largest / smallest < logRatio) {
    return { isLog: false, scale: { type: "linear", domainMin: 0 }, values: linearTicks(largest) };
  }
  const lowExponent = Math.floor(Math.log2(smallest)) - 1;
  const highExponent = Math.ceil(Math.log2(largest)) + 1;
  return {
    isLog: true,
    scale: { type: "log", base: 2, domain: [2 ** lowExponent, 2 ** highExponent], nice: false },
    values: logTicks(lowExponent, highExponent),
  };
}

function valuesOf(rows: readonly Row[]) {
  return rows.map((row) => ({
    kind: row.kind,
    group: row.overhead_group,
    overhead_bytes: row.overhead_bytes,
    size: formatBytes(row.overhead_bytes),
    share: row.guest_ratio === null ? "no guest memory" : formatRatio(row.guest_ratio),
    label: formatBytes(row.overhead_bytes) + (row.guest_ratio === null ? "" : ` (${formatRatio(row.guest_ratio)})`),
    detail: displayText(row.detail, 120),
  }));
}

function colorOf(kinds: readonly Row[], theme: Theme) {
  const groups = Object.keys(theme.groups).filter((group) => kinds.some((row) => row.overhead_group === group));
  return {
    field: "group",
    type: "nominal",
    scale: { domain: groups, range: groups.map((group) => theme.groups[group]!) },
    legend: { title: null },
  };
}

/** What each kind takes; on a logarithmic scale, where a bar's length would say nothing, its place. */
function kindLayers(rows: readonly Row[], theme: Theme): Layer[] {
  const { isLog, scale, values } = xScale(rows);
  const y = {
    field: "kind",
    type: "nominal",
    sort: rows.map(({ kind }) => kind),
    axis: { title: null, minExtent: labelWidth, maxExtent: labelWidth, domain: false, grid: isLog },
  };
  const title = `host memory by kind (bytes${isLog ? ", logarithmic" : ""}; in brackets: share of guest memory)`;
  const x = { field: "overhead_bytes", type: "quantitative", scale, axis: { title, values, labelExpr: bytesLabel } };
  const color = colorOf(rows, theme);
  const mark = isLog ? { type: "point", filled: true, size: 110, opacity: 1 } : { type: "bar", height: { band: 0.68 } };
  const marks = { mark, encoding: { x: isLog ? x : { ...x, stack: null }, y, color, tooltip } };
  const labels = {
    mark: { type: "text", align: "left", baseline: "middle", dx: isLog ? 10 : 6 },
    encoding: { x, y, text: { field: "label", type: "nominal" } },
  };
  return [marks, labels];
}

/** What is held when: a line a group, which ends where the memory is given back. */
function timePanel({ kinds, stretches, headline }: OverheadRows, theme: Theme): Layer {
  const values = stretches.map((row) => ({
    group: row.overhead_group,
    start_ns: row.start_offset_ns,
    end_ns: row.end_offset_ns,
    overhead_bytes: row.overhead_bytes,
    size: formatBytes(row.overhead_bytes),
    when: `${formatNs(row.start_offset_ns)} to ${formatNs(row.end_offset_ns)}`,
  }));
  const sizes = values.map((row) => row.overhead_bytes);
  const low = Math.floor(Math.log2(Math.min(...sizes))) - 1;
  const high = Math.ceil(Math.log2(Math.max(...sizes))) + 1;
  const x = {
    field: "start_ns",
    type: "quantitative",
    scale: { nice: false, zero: false },
    axis: { title: "held from when to when, from the moment the VMs stop (s)", labelExpr: secondsLabel, tickCount: 10 },
  };
  const y = {
    field: "overhead_bytes",
    type: "quantitative",
    scale: { type: "log", base: 2, domain: [2 ** low, 2 ** high], nice: false },
    axis: {
      title: "bytes, logarithmic",
      labelExpr: bytesLabel,
      values: logTicks(low, high).filter((_, index, all) => index % Math.ceil(all.length / 5) === 0),
      ...numberAxis,
    },
  };
  const blackout = { start_ns: 0, end_ns: headline.blackout_ns };
  return {
    width: plotWidth,
    height: timeHeightPx,
    layer: [
      {
        data: { values: [blackout] },
        mark: { type: "rect", color: theme.shade },
        encoding: { x, x2: { field: "end_ns" }, y: { value: 0 }, y2: { value: "height" } },
      },
      {
        data: { values },
        mark: { type: "rule", strokeWidth: 4, strokeCap: "butt" },
        encoding: {
          x,
          x2: { field: "end_ns" },
          y,
          color: colorOf(kinds, theme),
          tooltip: tooltipFields({ group: "Group", size: "Held", when: "When" }),
        },
      },
    ],
  };
}

const tooltip = tooltipFields({
  kind: "Kind",
  group: "Group",
  size: "Size",
  share: "Share of guest memory",
  detail: "Largest item",
});

/** What is held when, and below what each kind of overhead takes. */
export function memoryOverheadChart(rows: OverheadRows, theme: Theme): Chart {
  const id = "memory-overhead";
  const { headline } = rows;
  const kinds = rows.kinds.filter((row) => row.overhead_bytes > 0);
  if (kinds.length === 0) return emptyChart(id, "There is no memory overhead in this run.", theme);
  const kindPanel = {
    width: plotWidth,
    height: { step: 24 },
    data: { values: valuesOf(kinds) },
    layer: kindLayers(kinds, theme),
  };
  const panels = rows.stretches.length > 0 ? [timePanel({ ...rows, kinds }, theme), kindPanel] : [kindPanel];
  const title =
    `Preserving ${formatBytes(headline.guest_bytes)} of guest memory takes ${formatBytes(headline.metadata_bytes)} of metadata ` +
    `and keeps ${formatBytes(headline.scratch_bytes)} of scratch reserved`;
  return finishChart({ id, title, body: { vconcat: panels, spacing: 24 } }, theme);
}
