import { displayText, formatCount, formatNs } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { type Frame, laneHeight, type Mark, markLayers, placeMarks } from "./marks.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  type Layer,
  numberAxis,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
} from "./theme.ts";

type Row = CatalogueRow<"moments">;

export interface WhenRows {
  readonly moments: readonly Row[];
  readonly windows: readonly CatalogueRow<"moment-windows">[];
  readonly marks: readonly CatalogueRow<"moments-by-mark">[];
}

interface Measure {
  readonly field: "stalled_ns" | "dropped_count" | "blackout_ns" | "lost_ns";
  readonly title: string;
  readonly labelExpr: string;
}

const measures: readonly Measure[] = [
  { field: "stalled_ns", title: "latency added (s)", labelExpr: secondsLabel },
  { field: "dropped_count", title: "packets lost", labelExpr: "format(datum.value, '~s')" },
  { field: "blackout_ns", title: "blackout (s)", labelExpr: secondsLabel },
  { field: "lost_ns", title: "brownout (ms)", labelExpr: "format(datum.value / 1e6, '~r')" },
];

const windowKinds = ["best windows", "worst windows"] as const;

function momentValues(moments: readonly Row[]) {
  return moments.map((row) => ({
    start_ns: row.start_ns,
    // The last start has no next: it is drawn as wide as nothing.
    end_ns: row.end_ns,
    stalled_ns: row.stalled_ns,
    dropped_count: row.dropped_count,
    blackout_ns: row.blackout_ns,
    lost_ns: row.lost_ns,
    opacity: row.complete ? 1 : 0.35,
    at: formatNs(row.start_ns),
    phase: displayText(row.mark_name, 40),
    stalled: formatNs(row.stalled_ns),
    dropped: formatCount(row.dropped_count),
    blackout: formatNs(row.blackout_ns),
    lost: formatNs(row.lost_ns),
  }));
}

const tooltip = tooltipFields({
  at: "Update starts at",
  phase: "Workload",
  stalled: "Added to latencies",
  dropped: "Packets lost",
  blackout: "Blackout",
  lost: "Lost in brownout",
});

function windowLayer({ windows }: WhenRows, legend: Layer | null, theme: Theme): Layer {
  return {
    data: {
      values: windows.map((row) => ({
        start_ns: row.start_ns,
        end_ns: row.end_ns,
        window: windowKinds[row.is_best ? 0 : 1],
      })),
    },
    mark: { type: "rect", opacity: 0.28 },
    encoding: {
      x: { field: "start_ns", type: "quantitative" },
      x2: { field: "end_ns" },
      y: { value: 0 },
      y2: { value: "height" },
      color: {
        field: "window",
        type: "nominal",
        scale: { domain: windowKinds, range: [theme.changes["shorter"]!, theme.changes["longer"]!] },
        legend,
      },
    },
  };
}

interface StripPlace {
  readonly frame: Frame;
  readonly isLast: boolean;
  readonly legend: Layer | null;
  readonly above: readonly Layer[];
}

function strip(rows: WhenRows, measure: Measure, { frame, isLast, legend, above }: StripPlace, theme: Theme): Layer {
  const x = {
    field: "start_ns",
    type: "quantitative",
    scale: { domain: [frame.startNs, frame.endNs], nice: false },
    axis: {
      title: isLast
        ? "the update starts at this moment of the trace (s); pale where the trace does not show the whole blackout"
        : null,
      labels: isLast,
      labelExpr: secondsLabel,
      tickCount: 12,
    },
  };
  return {
    width: plotWidth,
    height: 74,
    layer: [
      windowLayer(rows, legend, theme),
      {
        data: { values: momentValues(rows.moments) },
        mark: { type: "rect", color: theme.writes["first write since resume"] },
        encoding: {
          x,
          x2: { field: "end_ns" },
          y: {
            field: measure.field,
            type: "quantitative",
            scale: { domainMin: 0, zero: true },
            axis: { title: measure.title, labelExpr: measure.labelExpr, tickCount: 3, ...numberAxis },
          },
          y2: { datum: 0 },
          opacity: { field: "opacity", type: "quantitative", scale: null, legend: null },
          tooltip,
        },
      },
      ...above,
    ],
  };
}

function title({ windows, moments }: WhenRows): string {
  const best = windows.find((row) => row.is_best);
  const worst = windows.findLast((row) => !row.is_best) ?? windows.at(-1);
  const starts = `${formatCount(moments.length)} ${moments.length === 1 ? "start" : "starts"}`;
  if (!best || !worst) return `The trace does not show the whole blackout of any of ${starts}`;
  const say = (row: WhenRows["windows"][number]): string => {
    const phase = row.mark_name === "" ? "" : ` (${displayText(row.mark_name, 28)})`;
    return `${formatNs(row.start_ns)}${phase}: ${formatNs(row.stalled_ns)} added to latencies, ${formatCount(row.dropped_count)} packets lost`;
  };
  return `Best to start at ${say(best)}; worst at ${say(worst)}`;
}

/** What the update would cost at each moment of the trace, with the workload's phases and the best and worst windows. */
export function whenToUpdateChart(rows: WhenRows, theme: Theme): Chart {
  const id = "when-to-update";
  const { moments } = rows;
  if (moments.length === 0) return emptyChart(id, "There are no other starts in this run.", theme);
  const frame = { startNs: moments[0]!.start_ns, endNs: Math.max(...moments.map((row) => row.end_ns)) + 1 };
  const marks: Mark[] = rows.marks
    .filter((row) => row.mark_name !== "")
    .map((row) => ({ at_ns: row.start_ns, label: displayText(row.mark_name, 28) }));
  const placed = placeMarks(marks, frame);
  const rulesOnly = placed.map((mark) => ({ ...mark, lane_px: 0, label: "" }));
  const highestPx = Math.max(0, ...placed.map((mark) => -mark.lane_px + laneHeight / 2));
  const legend = { title: null, offset: highestPx + 6, symbolOpacity: 0.6 };
  // A measure that is 0 at every start says nothing: the trace has none of it.
  const shown = measures.filter(({ field }) => field === "blackout_ns" || moments.some((row) => row[field] > 0));
  const body = {
    spacing: 10,
    resolve: { scale: { color: "independent" } },
    vconcat: shown.map((measure, index) =>
      strip(
        rows,
        measure,
        {
          frame,
          isLast: index === shown.length - 1,
          legend: index === 0 ? legend : null,
          above: markLayers(index === 0 ? placed : rulesOnly, theme),
        },
        theme,
      ),
    ),
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
