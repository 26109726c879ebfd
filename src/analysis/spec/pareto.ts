import { displayLabel, displayText, formatBytes, formatCount, formatNs, formatRatio, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { byteTicks, bytesLabel, linearTimeLabel } from "./axes.ts";
import { type LabelledPoint, labelLayers } from "./labels.ts";
import { type Chart, emptyChart, finishChart, type Layer, type Theme, tooltipFields } from "./theme.ts";

type Row = CatalogueRow<"sweep-pareto">;
type HeadlineRow = CatalogueRow<"sweep-headline">;

const size = { widthPx: 880, heightPx: 360 };
/** A rule farther away than so many times the largest value would flatten the rest. */
const farthestRule = 2;

interface Frame {
  readonly x: readonly [from: number, to: number];
  readonly y: readonly [from: number, to: number];
  readonly sloNs: number | undefined;
  readonly limitBytes: number | undefined;
}

function padded(values: readonly number[]): readonly [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const pad = high > low ? (high - low) * 0.07 : Math.max(1, high * 0.1);
  return [Math.max(0, low - pad), high + pad];
}

function frameOf(rows: readonly Row[], headline: HeadlineRow): Frame {
  const bytes = rows.map((row) => row.overhead_bytes);
  const pauses = rows.map((row) => row.slo_quantile_ns);
  const near = (rule: number, values: readonly number[]) =>
    rule > 0 && rule <= farthestRule * Math.max(...values) ? rule : undefined;
  const sloNs = near(headline.slo_pause_ns, pauses);
  const limitBytes = near(headline.memory_limit_bytes, bytes);
  return {
    x: padded([...bytes, ...(limitBytes === undefined ? [] : [limitBytes])]),
    y: padded([...pauses, ...(sloNs === undefined ? [] : [sloNs])]),
    sloNs,
    limitBytes,
  };
}

/** What a mark is, as the legend says it. */
interface Classes {
  readonly feasible: string;
  readonly infeasible: string;
}

function classesOf({ memory_limit_bytes: limit }: HeadlineRow): Classes {
  return limit > 0
    ? { feasible: "keeps the SLO and the memory limit", infeasible: "does not keep both (hollow)" }
    : { feasible: "keeps the SLO", infeasible: "does not keep the SLO (hollow)" };
}

function valueOf(row: Row, classes: Classes) {
  return {
    overhead_bytes: row.overhead_bytes,
    slo_quantile_ns: row.slo_quantile_ns,
    group: row.is_feasible ? classes.feasible : classes.infeasible,
    feasible: row.is_feasible,
    strong: row.is_front || row.rank_index === 0,
    name: row.label === null ? plural(row.configuration_count, "configuration") : displayText(row.label, 200),
    pause: formatNs(row.slo_quantile_ns),
    blackout: row.blackout_p50_ns === null ? "–" : formatNs(row.blackout_p50_ns),
    memory: formatBytes(row.overhead_bytes),
    attained: row.attained_ratio === null ? "–" : formatRatio(row.attained_ratio),
    rank: row.rank_index === null ? "–" : formatCount(row.rank_index + 1),
  };
}

const tooltip = tooltipFields({
  name: "Configuration",
  rank: "Rank",
  pause: "Pause at the SLO's share",
  attained: "Within the SLO",
  blackout: "Blackout, median",
  memory: "Memory",
  group: "Keeps all",
});

/** What all layers share: one that left its scale out would widen the others'. */
interface Axes {
  readonly classes: Classes;
  readonly x: Layer;
  readonly y: Layer;
}

function axesOf(frame: Frame, headline: HeadlineRow): Axes {
  return {
    classes: classesOf(headline),
    x: {
      field: "overhead_bytes",
      type: "quantitative",
      scale: { domain: frame.x, nice: false, zero: false },
      axis: {
        title: "memory overhead: metadata, scratch and kexec image",
        labelExpr: bytesLabel,
        values: byteTicks(...frame.x),
      },
    },
    y: {
      field: "slo_quantile_ns",
      type: "quantitative",
      scale: { domain: frame.y, nice: false, zero: false },
      axis: {
        title: `pause that ${formatRatio(headline.slo_vm_ratio)} of VMs keep to`,
        labelExpr: linearTimeLabel,
        tickCount: 7,
        minExtent: 50,
      },
    },
  };
}

/** Limits as rules with their text: outside them nothing is feasible. */
function ruleLayers({ sloNs, limitBytes }: Frame, { x, y }: Axes, theme: Theme): Layer[] {
  const mark = { type: "rule", color: theme.ink, strokeDash: [5, 3], strokeWidth: 1 };
  const text = { type: "text", fontSize: 10, color: theme.ink };
  const layers: Layer[] = [];
  if (sloNs !== undefined) {
    const words = `SLO ${formatNs(sloNs)}`;
    const data = { values: [{ slo_quantile_ns: sloNs, words }] };
    layers.push({ data, mark, encoding: { y } });
    layers.push({
      data,
      mark: { ...text, align: "left", baseline: "middle", dx: 5 },
      encoding: { x: { value: size.widthPx }, y, text: { field: "words", type: "nominal" } },
    });
  }
  if (limitBytes !== undefined) {
    const data = { values: [{ overhead_bytes: limitBytes, words: `memory limit ${formatBytes(limitBytes)}` }] };
    layers.push({ data, mark, encoding: { x } });
    layers.push({
      data,
      mark: { ...text, align: "center", baseline: "bottom", dy: -4 },
      encoding: { x, y: { value: 0 }, text: { field: "words", type: "nominal" } },
    });
  }
  return layers;
}

/** What is rather one of many: squares, the darker the more configurations are in one. */
function cellLayers(cells: readonly Row[], { x, y, classes }: Axes, theme: Theme): Layer[] {
  if (cells.length === 0) return [];
  return [
    {
      data: { values: cells.map((row) => ({ ...valueOf(row, classes), count: row.configuration_count })) },
      mark: { type: "square", size: 110 },
      encoding: {
        x,
        y,
        color: { condition: { test: "datum.feasible", value: theme.pairs[0] }, value: theme.muted },
        opacity: { field: "count", type: "quantitative", scale: { type: "sqrt", range: [0.15, 0.6] }, legend: null },
        tooltip,
      },
    },
  ];
}

function pointLayers(points: readonly Row[], { x, y, classes }: Axes, theme: Theme): Layer[] {
  const present = [
    ...(points.some((row) => row.is_feasible) ? [classes.feasible] : []),
    ...(points.some((row) => !row.is_feasible) ? [classes.infeasible] : []),
  ];
  const legend = { title: null, symbolType: "circle", symbolSize: 70, symbolStrokeWidth: 2, symbolOpacity: 1 };
  const grouped = (colourOf: (name: string) => string): Layer => ({
    field: "group",
    type: "nominal",
    scale: { domain: present, range: present.map(colourOf) },
    legend,
  });
  const stroke = grouped((name) => (name === classes.feasible ? theme.pairs[0] : theme.muted));
  const fill = grouped((name) => (name === classes.feasible ? theme.pairs[0] : theme.paper));
  const layer = (test: string, opacity: number, pointSize: number): Layer => ({
    transform: [{ filter: test }],
    mark: { type: "point", size: pointSize, strokeWidth: 1.6, opacity },
    encoding: {
      x,
      y,
      stroke,
      fill,
      tooltip,
    },
  });
  return [layer("!datum.strong", 0.45, 44), layer("datum.strong", 1, 80)];
}

/** The front as steps: with so much memory, the shortest pause is that of the last step. */
function frontLayer(front: readonly Row[], { frame, axes }: { frame: Frame; axes: Axes }, theme: Theme): Layer[] {
  if (front.length === 0) return [];
  const [last] = front.slice(-1);
  const steps = [...front, { ...last!, overhead_bytes: frame.x[1] }].map((row) => valueOf(row, axes.classes));
  return [
    {
      data: { values: steps },
      mark: { type: "line", interpolate: "step-after", color: theme.pairs[1], strokeWidth: 1.6 },
      encoding: { x: axes.x, y: axes.y },
    },
  ];
}

function labelPoints(points: readonly Row[], { x, y }: Frame): LabelledPoint[] {
  const front = frontOf(points);
  const named = points.flatMap((row) => {
    const role = [
      ...(row.rank_index === 0 ? [row.is_feasible ? "recommended" : "nearest"] : []),
      ...(row.is_knee ? ["knee"] : []),
    ].join(", ");
    return role === "" ? [] : [{ row, role }];
  });
  const ends = [front[0], front.at(-1)]
    .filter((row) => row !== undefined)
    .filter((row) => !named.some((each) => each.row === row))
    .map((row) => ({ row, role: "" }));
  const placed = (row: Row) => ({
    xPx: ((row.overhead_bytes - x[0]) / (x[1] - x[0])) * size.widthPx,
    // Beside the point runs the front; below a front of one there is nothing, as all others take longer.
    yPx:
      size.heightPx - ((row.slo_quantile_ns - y[0]) / (y[1] - y[0])) * size.heightPx + (front.length === 1 ? 14 : -12),
  });
  return [...named, ...ends].map(({ row, role }) => {
    // A front of one has nothing to tell apart, and the title names it.
    const label = front.length === 1 ? "" : displayLabel(row.short_label ?? row.label ?? "", 58);
    return { ...placed(row), text: [role, label].filter((text) => text !== "").join(": ") };
  });
}

/** The front by memory, one configuration a step. */
function frontOf(points: readonly Row[]): Row[] {
  const sorted = points
    .filter((row) => row.is_front)
    .toSorted((left, right) => left.overhead_bytes - right.overhead_bytes || left.rank_index! - right.rank_index!);
  return sorted.filter((row, index) => row.overhead_bytes !== sorted[index - 1]?.overhead_bytes);
}

function title(rows: readonly Row[], front: readonly Row[]): string {
  const all = rows.reduce((sum, row) => sum + row.configuration_count, 0);
  const hidden = rows.filter((row) => row.mark_kind === "cell");
  const binned = hidden.reduce((sum, row) => sum + row.configuration_count, 0);
  const knee = rows.find((row) => row.is_knee);
  const [cheap, quick] = [front[0]!, front.at(-1)!];
  const words = (row: Row) => `${formatNs(row.slo_quantile_ns)} at ${formatBytes(row.overhead_bytes)}`;
  const first =
    front.length === 1
      ? `Of ${plural(all, "configuration")}, ${displayLabel(cheap.label ?? "", 90)} has both the least memory and the shortest pause at the SLO's share: ${words(cheap)}`
      : `Along the front of ${formatCount(rows[0]!.front_count)} of ${plural(all, "configuration")} the pause at the SLO's share goes from ${words(cheap)} to ${words(quick)}`;
  const second = knee ? `; its knee is ${words(knee)}` : "";
  const third = binned > 0 ? `; ${plural(binned, "configuration")} beyond the best are drawn as squares` : "";
  const unanswered = rows[0]!.unanswered_count;
  const fourth = unanswered > 0 ? `; not drawn: ${formatCount(unanswered)} with a run refused or failed` : "";
  return `${first}${second}${third}${fourth}`;
}

/** What a shorter pause costs in memory: configurations, their front and its knee, with both limits. */
export function paretoChart(rows: readonly Row[], headline: HeadlineRow, theme: Theme): Chart {
  const id = "pareto";
  if (rows.length === 0) {
    return emptyChart(id, "There is no configuration in this sweep of which every run ended well.", theme);
  }
  const points = rows.filter((row) => row.mark_kind === "configuration");
  const front = frontOf(points);
  const frame = frameOf(rows, headline);
  const axes = axesOf(frame, headline);
  const body = {
    width: size.widthPx,
    height: size.heightPx,
    data: { values: points.map((row) => valueOf(row, axes.classes)) },
    layer: [
      ...cellLayers(
        rows.filter((row) => row.mark_kind === "cell"),
        axes,
        theme,
      ),
      ...ruleLayers(frame, axes, theme),
      ...frontLayer(front, { frame, axes }, theme),
      ...pointLayers(points, axes, theme),
      ...labelLayers(labelPoints(points, frame), size, theme),
    ],
  };
  return finishChart({ id, title: title(rows, front), body }, theme);
}
