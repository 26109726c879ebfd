import { formatBytes, formatCount, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import {
  type Chart,
  emptyChart,
  estimateTextPx,
  finishChart,
  numberAxis,
  type Layer,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
} from "./theme.ts";

type Row = CatalogueRow<"device-events">;
type PhaseRow = CatalogueRow<"phases">;
type HeadlineRow = CatalogueRow<"headline">;

export interface DeviceEventRows {
  readonly events: readonly Row[];
  readonly phases: readonly PhaseRow[];
  readonly headline: HeadlineRow;
}

/** The blackout's phases as a coloured strip above the plot. */
function phaseStrip(rows: DeviceEventRows, theme: Theme): Layer[] {
  const values = rows.phases
    .filter((row) => row.in_blackout)
    .map((row) => ({
      start_offset_ns: row.start_offset_ns,
      end_offset_ns: row.end_offset_ns,
      fill: theme.phases[row.phase]!,
      ink: theme.phaseInks[row.phase] ?? theme.ink,
      label: row.phase,
      width_px: (row.phase_ns / rows.headline.blackout_ns) * plotWidth,
    }));
  const x = { field: "start_offset_ns", type: "quantitative" };
  return [
    {
      data: { values },
      mark: { type: "rect" },
      encoding: {
        x,
        x2: { field: "end_offset_ns" },
        y: { value: -20 },
        y2: { value: -4 },
        color: { field: "fill", type: "nominal", scale: null },
        tooltip: tooltipFields({ label: "Phase" }),
      },
    },
    {
      data: { values: values.filter(({ label, width_px: widthPx }) => widthPx > estimateTextPx(label)) },
      mark: { type: "text", align: "left", baseline: "middle", dx: 4 },
      encoding: {
        x,
        y: { value: -12 },
        text: { field: "label", type: "nominal" },
        color: { field: "ink", type: "nominal", scale: null },
      },
    },
  ];
}

const eventTooltip = tooltipFields({
  effect: "Effect",
  kind: "Event",
  events: "Events",
  payload: "Bytes",
  span: "In the blackout",
});

function eventLayer(rows: DeviceEventRows, theme: Theme): Layer {
  const effects = Object.keys(theme.effects).filter((effect) => rows.events.some((row) => row.effect === effect));
  const values = rows.events.map((row) => ({
    start_offset_ns: row.start_offset_ns,
    end_offset_ns: row.end_offset_ns,
    effect: row.effect,
    effect_index: effects.indexOf(row.effect),
    kind: row.kind,
    event_count: row.event_count,
    span: `${formatNs(row.start_offset_ns)} to ${formatNs(row.end_offset_ns)}`,
    events: formatCount(row.event_count),
    payload: formatBytes(row.event_bytes),
  }));
  const color = {
    field: "effect",
    type: "nominal",
    scale: { domain: effects, range: effects.map((effect) => theme.effects[effect]!) },
    legend: { title: null, offset: 24 },
  };
  return {
    data: { values },
    // The outline closes the seams between kinds of event with one effect.
    mark: { type: "bar", strokeWidth: 0.4, stroke: { expr: "scale('color', datum.effect)" } },
    encoding: {
      x: {
        field: "start_offset_ns",
        type: "quantitative",
        bin: "binned",
        scale: { domain: [0, rows.headline.blackout_ns], nice: false },
        axis: { title: "time from the moment the VMs stop (s)", labelExpr: secondsLabel, tickCount: 10 },
      },
      x2: { field: "end_offset_ns" },
      y: {
        field: "event_count",
        type: "quantitative",
        stack: "zero",
        axis: { title: "device events in a bin (count)", tickMinStep: 1, ...numberAxis },
      },
      color,
      order: { field: "effect_index", type: "ordinal" },
      detail: { field: "kind", type: "nominal" },
      tooltip: eventTooltip,
    },
  };
}

/** What happens at the devices while the guests stand still, in bins of time. */
export function deviceEventsChart(rows: DeviceEventRows, theme: Theme): Chart {
  const id = "device-events";
  const { headline } = rows;
  if (rows.events.length === 0) {
    return emptyChart(id, "No device event falls into the blackout in this run.", theme);
  }
  const title =
    `${plural(headline.device_event_count, "device event")} of the trace ${headline.device_event_count === 1 ? "falls" : "fall"} into the blackout; ` +
    `${headline.lost_event_count === 0 ? "none" : formatCount(headline.lost_event_count)} of them would be lost (packets, DMA or interrupts)`;
  const body = {
    width: plotWidth,
    height: 200,
    layer: [eventLayer(rows, theme), ...phaseStrip(rows, theme)],
  };
  return finishChart({ id, title, body }, theme);
}
