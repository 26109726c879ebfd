import { displayText, formatBytes, formatNs } from "../../analysis/format.ts";
import { bytesLabel, byteTicks, linearTimeLabel } from "../../analysis/spec/axes.ts";
import type { CatalogueRow, QueryName } from "../../analysis/queries.ts";
import { get } from "./api.ts";
import { element, table } from "./dom.ts";
import { brush, type Brushed, currentTheme, leftAxis, plot } from "./plot.ts";
import type { Scene } from "./scene.ts";
import { noBrush } from "./state.ts";

type Configuration = CatalogueRow<"sweep-configurations">;
type Setting = CatalogueRow<"sweep-settings">;

/** What is brushed: memory as "time", pauses as "memory" of the address, since both are two ranges of whole numbers. */
function brushed({ state }: Scene) {
  const { brushFrom, brushTo, brushFirst, brushEnd } = state;
  if (brushFrom === undefined || brushTo === undefined || brushFirst === undefined || brushEnd === undefined)
    return undefined;
  return { bytes: [brushFrom, brushTo] as const, pauseNs: [brushFirst, brushEnd] as const };
}

/** Configurations that have both measures. */
function pointsOf(rows: readonly Configuration[]) {
  return rows.flatMap((row) =>
    row.overhead_bytes === null || row.slo_quantile_ns === null
      ? []
      : [
          {
            configuration: displayText(row.label, 120),
            rank: row.rank_index + 1,
            overhead_bytes: row.overhead_bytes,
            pause_ns: row.slo_quantile_ns,
            keeps: row.is_feasible ? "keeps all" : "does not",
            memory: formatBytes(row.overhead_bytes),
            pause: formatNs(row.slo_quantile_ns),
          },
        ],
  );
}

function scatterPlot(scene: Scene, rows: readonly Configuration[]): HTMLElement {
  const theme = currentTheme();
  const values = pointsOf(rows);
  const held = brushed(scene);
  const sizes = values.map((row) => row.overhead_bytes);
  const legend = { title: null, symbolStrokeWidth: 1.6, symbolSize: 60 };
  const body = {
    width: 900,
    height: 320,
    data: { values },
    params: [brush(["x", "y"], held ? { x: held.bytes, y: held.pauseNs } : undefined)],
    mark: { type: "point", size: 60, strokeWidth: 1.6 },
    encoding: {
      x: {
        field: "overhead_bytes",
        type: "quantitative",
        scale: { zero: false },
        axis: {
          title: "memory overhead",
          labelExpr: bytesLabel,
          values: byteTicks(Math.min(...sizes), Math.max(...sizes)),
        },
      },
      y: {
        field: "pause_ns",
        type: "quantitative",
        scale: { zero: true },
        axis: { title: "pause at the SLO's share of VMs", labelExpr: linearTimeLabel, ...leftAxis },
      },
      shape: {
        field: "keeps",
        type: "nominal",
        scale: { domain: ["keeps all", "does not"], range: ["circle", "triangle-up"] },
        legend,
      },
      color: {
        field: "keeps",
        type: "nominal",
        scale: { domain: ["keeps all", "does not"], range: [...theme.pairs] },
        legend,
      },
      tooltip: ["configuration", "rank", "memory", "pause"].map((field) => ({ field })),
    },
  };
  const onBrush = (range: Brushed) => {
    const [bytes, pauses] = [range["overhead_bytes"], range["pause_ns"]];
    scene.go(
      bytes && pauses
        ? {
            brushFrom: Math.max(0, Math.min(...bytes)),
            brushTo: Math.max(...bytes),
            brushFirst: Math.max(0, Math.min(...pauses)),
            brushEnd: Math.max(...pauses),
          }
        : noBrush,
    );
  };
  const note = "brush to choose configurations";
  return plot({ id: "scatter", heading: "Memory against pause", note, body, rows: values, onBrush }, scene.views);
}

/** How often each value of each axis is among what is chosen. */
function axesPlot(scene: Scene, settings: readonly Setting[], chosen: ReadonlySet<number>): HTMLElement {
  const theme = currentTheme();
  const counts = new Map<string, { axis: string; value: string; configurations: number; chosen: number }>();
  for (const row of settings) {
    const key = `${row.axis_name}\n${row.value_label}`;
    const found = counts.get(key) ?? {
      axis: displayText(row.axis_name, 24),
      value: displayText(row.value_label, 24),
      configurations: 0,
      chosen: 0,
    };
    found.configurations++;
    if (chosen.has(row.configuration_index)) found.chosen++;
    counts.set(key, found);
  }
  const values = [...counts.values()];
  const y = { field: "value", type: "nominal", axis: { title: null } };
  const bar = (field: string, color: string) => ({
    mark: { type: "bar", color },
    encoding: { x: { field, type: "quantitative", stack: null, axis: { title: "configurations", tickCount: 4 } }, y },
  });
  const body = {
    data: { values },
    facet: { field: "axis", type: "nominal", header: { title: null, labelColor: theme.ink } },
    columns: 4,
    spec: {
      width: 180,
      height: { step: 18 },
      layer: [bar("configurations", theme.shade), bar("chosen", theme.pairs[0])],
    },
    resolve: { scale: { y: "independent" } },
  };
  const note = "blue: of what is chosen; grey: of all";
  return plot({ id: "axes", heading: "Values of the axes", note, body, rows: values }, scene.views);
}

/** A sweep: configurations by memory and pause; what is brushed is counted by axis and listed. */
export async function renderSweep(scene: Scene): Promise<HTMLElement[]> {
  const ask = <Name extends QueryName>(question: Name) =>
    get<{ rows: CatalogueRow<Name>[] }>(scene.path(`question/${question}`), {}, scene.signal);
  const [configurations, settings] = await Promise.all([ask("sweep-configurations"), ask("sweep-settings")]);
  const held = brushed(scene);
  const within = (value: number | null, [low, high]: readonly [number, number]) =>
    value !== null && value >= low && value <= high;
  const chosen = configurations.rows.filter(
    (row) => !held || (within(row.overhead_bytes, held.bytes) && within(row.slo_quantile_ns, held.pauseNs)),
  );
  const columns = [
    "rank",
    "configuration",
    "pause_ns",
    "overhead_bytes",
    "blackout_p50_ns",
    "attained_ratio",
    "feasible",
  ].map((name) => ({ name }));
  const rows = chosen.map((row) => [
    row.rank_index + 1,
    row.label,
    row.slo_quantile_ns,
    row.overhead_bytes,
    row.blackout_p50_ns,
    row.attained_ratio,
    row.is_feasible ? "yes" : "no",
  ]);
  const heading = "Configurations";
  const title = element("h2", {}, heading, element("small", {}, `${rows.length} of ${configurations.rows.length}`));
  return [
    scatterPlot(scene, configurations.rows),
    axesPlot(scene, settings.rows, new Set(chosen.map((row) => row.configuration_index))),
    element("section", { class: "panel", id: "configurations" }, title, table({ columns, rows }, heading)),
  ];
}
