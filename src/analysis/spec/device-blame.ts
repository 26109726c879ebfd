import { displayLabel, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { laneAxis } from "./lanes.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  labelWidth,
  type Layer,
  plotWidth,
  secondsLabel,
  type Theme,
  tooltipFields,
  uniqueLabels,
} from "./theme.ts";

type Row = CatalogueRow<"device-blame">;

const lanePx = 26;

/** What is done to a device, in the order in which it happens. */
const stepWords: Readonly<Record<string, string>> = {
  "reset-device": "reset by its driver",
  "shutdown-device": "shut down by the old kernel",
  "probe-device": "probed by the new kernel",
  "attach-devices": "attached to its VM again",
};

function title(rows: readonly Row[], blackoutNs: number): string {
  const { device_count: count, all_clock_ns: allNs, device_name: name, device_clock_ns: mostNs } = rows[0]!;
  const shown = rows.at(-1)!.rank_index + 1;
  const hidden = count > shown ? `; not shown: ${plural(count - shown, "more device")}` : "";
  const second = rows.find((row) => row.rank_index === 1);
  const isAlike = second !== undefined && formatNs(second.device_clock_ns) === formatNs(mostNs);
  const most = isAlike ? `up to ${formatNs(mostNs)} each` : `${displayLabel(name, 40)} most, ${formatNs(mostNs)}`;
  const who = count > 1 ? `; ${most}` : `, all of it ${displayLabel(name, 40)}`;
  return `Devices take ${formatNs(allNs)} of the blackout's ${formatNs(blackoutNs)}${who}${hidden}`;
}

function stretchLayer(rows: readonly Row[], labels: readonly string[], blackoutNs: number, theme: Theme): Layer {
  const words = Object.keys(stepWords).filter((step) => rows.some((row) => row.step_name === step));
  const values = rows.map((row) => ({
    lane: row.rank_index,
    device: labels[row.rank_index]!,
    step: stepWords[row.step_name] ?? row.step_name,
    start_ns: row.start_offset_ns,
    end_ns: row.end_offset_ns,
    when: `${formatNs(row.start_offset_ns)} to ${formatNs(row.end_offset_ns)}`,
    length: formatNs(row.end_offset_ns - row.start_offset_ns),
    busy: `${formatNs(row.busy_ns)} in ${plural(row.step_count, "step")}`,
  }));
  return {
    data: { values },
    // The outline shows what is shorter than a pixel.
    mark: { type: "bar", strokeWidth: 1, stroke: { expr: "scale('color', datum.step)" } },
    encoding: {
      x: {
        field: "start_ns",
        type: "quantitative",
        scale: { domain: [0, Math.max(1, blackoutNs)], nice: false },
        axis: {
          title: "time from the moment the VMs stop to where they run again (s)",
          labelExpr: secondsLabel,
          tickCount: 10,
        },
      },
      x2: { field: "end_ns" },
      y: laneAxis(labels, labelWidth),
      color: {
        field: "step",
        type: "nominal",
        scale: { domain: words.map((step) => stepWords[step]!), range: words.map((step) => theme.deviceSteps[step]!) },
        legend: { title: null },
      },
      tooltip: tooltipFields({ device: "Device", step: "It is", when: "When", length: "On the clock", busy: "Work" }),
    },
  };
}

/** What the blackout waits for at each device, the one with most first. */
export function deviceBlameChart(rows: readonly Row[], blackoutNs: number, theme: Theme): Chart {
  const id = "device-blame";
  if (rows.length === 0) return emptyChart(id, "There are no steps of devices in this run.", theme);
  const first = rows.filter((row, index) => row.rank_index !== rows[index - 1]?.rank_index);
  const labels = uniqueLabels(first.map((row) => displayLabel(row.device_name)));
  const totals = first.map((row) => {
    const steps = rows.filter((other) => other.rank_index === row.rank_index);
    const busyNs = steps.reduce((sum, step) => sum + step.busy_ns, 0);
    const beside = busyNs > row.device_clock_ns ? ` (${formatNs(busyNs)} of work)` : "";
    return { lane: row.rank_index, text: `${formatNs(row.device_clock_ns)}${beside}` };
  });
  const body = {
    width: plotWidth,
    height: lanePx * labels.length,
    layer: [
      stretchLayer(rows, labels, blackoutNs, theme),
      {
        data: { values: totals },
        mark: { type: "text", align: "left", baseline: "middle" },
        encoding: {
          x: { value: plotWidth + 8 },
          y: { field: "lane", type: "ordinal" },
          text: { field: "text", type: "nominal" },
        },
      },
    ],
  };
  return finishChart({ id, title: title(rows, blackoutNs), body }, theme);
}
