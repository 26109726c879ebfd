import { gibBytes, kibBytes, mibBytes } from "../../base/index.ts";
import { displayText, formatBytes, formatRatio } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  labelWidth,
  type Layer,
  plotWidth,
  type Theme,
  tooltipFields,
} from "./theme.ts";

type Row = CatalogueRow<"overhead-by-kind">;
type HeadlineRow = CatalogueRow<"headline">;

/** Above this ratio of the largest to the smallest a linear bar of the smallest would be less than a pixel. */
const logRatio = 800;

/** Labels of a byte axis by the powers of 1024; Vega has no format for them. */
const bytesLabel = [
  [1024 * gibBytes, "TiB"],
  [gibBytes, "GiB"],
  [mibBytes, "MiB"],
  [kibBytes, "KiB"],
].reduceRight(
  (rest, [size, name]) => `datum.value >= ${size} ? format(datum.value / ${size}, '~r') + ' ${name}' : ${rest}`,
  "format(datum.value, '~r') + ' B'",
);

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
    return { isLog: false, base: 0, scale: { type: "linear", domainMin: 0 }, values: linearTicks(largest) };
  }
  const lowExponent = Math.floor(Math.log2(smallest)) - 1;
  const highExponent = Math.ceil(Math.log2(largest)) + 1;
  return {
    isLog: true,
    base: 2 ** lowExponent,
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

function layersOf(rows: readonly Row[], theme: Theme): Layer[] {
  const { isLog, base, scale, values } = xScale(rows);
  const groups = Object.keys(theme.groups).filter((group) => rows.some((row) => row.overhead_group === group));
  const y = {
    field: "kind",
    type: "nominal",
    sort: rows.map(({ kind }) => kind),
    axis: { title: null, minExtent: labelWidth, maxExtent: labelWidth, domain: false },
  };
  const title = `host memory (bytes, ${isLog ? "logarithmic" : "linear"} scale; in brackets: share of guest memory)`;
  const x = { field: "overhead_bytes", type: "quantitative", scale, axis: { title, values, labelExpr: bytesLabel } };
  const color = {
    field: "group",
    type: "nominal",
    scale: { domain: groups, range: groups.map((group) => theme.groups[group]!) },
    legend: { title: null },
  };
  const bars = {
    mark: { type: "bar", height: { band: 0.68 } },
    encoding: { x: isLog ? x : { ...x, stack: null }, x2: { datum: base }, y, color, tooltip },
  };
  const labels = {
    mark: { type: "text", align: "left", baseline: "middle", dx: 6 },
    encoding: { x, y, text: { field: "label", type: "nominal" } },
  };
  return [bars, labels];
}

const tooltip = tooltipFields({
  kind: "Kind",
  group: "Group",
  size: "Size",
  share: "Share of guest memory",
  detail: "Largest item",
});

/** One bar a kind of overhead, with its size beside it. */
export function memoryOverheadChart(allRows: readonly Row[], headline: HeadlineRow, theme: Theme): Chart {
  const id = "memory-overhead";
  const rows = allRows.filter((row) => row.overhead_bytes > 0);
  if (rows.length === 0) return emptyChart(id, "There is no memory overhead in this run.", theme);
  const body = {
    width: plotWidth,
    height: { step: 24 },
    data: { values: valuesOf(rows) },
    layer: layersOf(rows, theme),
  };
  const title =
    `Preserving ${formatBytes(headline.guest_bytes)} of guest memory takes ${formatBytes(headline.metadata_bytes)} of metadata ` +
    `and keeps ${formatBytes(headline.scratch_bytes)} of scratch reserved`;
  return finishChart({ id, title, body }, theme);
}
