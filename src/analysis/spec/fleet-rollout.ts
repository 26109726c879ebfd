import { displayLabel, fleetSentence, formatCount, formatLongNs, formatVmSeconds, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { durationAxis } from "./axes.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  type Layer,
  numberAxis,
  plotWidth,
  type Theme,
  tooltipFields,
  uniqueLabels,
} from "./theme.ts";
import { markLayers, marksHeightPx, placeMarks } from "./time-marks.ts";

type Piece = CatalogueRow<"fleet-gantt">;

export interface RolloutRows {
  readonly headline: CatalogueRow<"fleet-headline">;
  readonly pieces: readonly Piece[];
  readonly batches: readonly CatalogueRow<"fleet-batches">[];
  readonly losses: readonly CatalogueRow<"fleet-loss-over-time">[];
}

const lanePx = 14;
const lossHeight = 150;
/** More rules than these would hide the bars. */
const mostBatchRules = 30;

function pieceColours(theme: Theme): Readonly<Record<string, string>> {
  return {
    "migrating VMs away": theme.phases["preserve"]!,
    update: theme.phases["kexec"]!,
    "cold reboot after a failure": theme.windows["worst"]!,
    "turns of the hosts": theme.writes["first write since resume"]!,
    "health wait": theme.kernels[0]!,
  };
}

function causeColours(theme: Theme): Readonly<Record<string, string>> {
  return {
    "failed hosts": theme.windows["worst"]!,
    migrations: theme.phases["preserve"]!,
    "pauses of updates": theme.phases["kexec"]!,
  };
}

/** A label a lane, which are told apart also where two hosts share a name. */
function laneNames(pieces: readonly Piece[]): ReadonlyMap<number, string> {
  const names = new Map(pieces.map((piece) => [piece.lane_index, displayLabel(piece.lane_name, 24)]));
  const lanes = [...names.keys()];
  const labels = uniqueLabels([...names.values()]);
  return new Map(lanes.map((lane, index) => [lane, labels[index]!]));
}

function timeAxis(totalNs: number, title: string | null): Layer {
  return {
    type: "quantitative",
    scale: { domain: [0, totalNs], nice: false },
    axis: { title, ...durationAxis(totalNs), ...(title === null ? { labels: false, ticks: false } : {}) },
  };
}

/** Where each batch begins, over lanes of single hosts: others say it by their names, and their labels need the room. */
function batchMarks({ pieces, batches, headline }: RolloutRows) {
  const reached = batches.filter((batch) => batch.is_reached);
  if (reached.length > mostBatchRules || batches.length < 2 || pieces[0]!.host_count > 1) return [];
  const marks = reached.map((batch) => ({
    at_ns: batch.start_ns!,
    label: reached.length > 12 ? formatCount(batch.batch_index + 1) : `batch ${formatCount(batch.batch_index + 1)}`,
  }));
  return placeMarks(marks, { startNs: 0, endNs: headline.total_ns });
}

/** How many of a lane's hosts fail, behind its last bar. */
function failureLayers(values: readonly Readonly<Record<string, unknown>>[], y: Layer, theme: Theme): Layer[] {
  const failing = values.filter((row) => row["failures"] !== "");
  if (failing.length === 0) return [];
  const layer = {
    data: { values: failing },
    mark: { type: "text", align: "left", baseline: "middle", dx: 4, fontSize: 10, color: theme.windows["worst"] },
    encoding: {
      x: { field: "end_ns", type: "quantitative" },
      y,
      text: { field: "failures", type: "nominal" },
    },
  };
  return [layer];
}

function ganttPanel(rows: RolloutRows, theme: Theme): Layer {
  const { pieces, headline } = rows;
  const names = laneNames(pieces);
  const colours = pieceColours(theme);
  const shown = Object.keys(colours).filter((name) => pieces.some(({ piece }) => piece === name));
  const holdsMany = pieces.some(({ piece }) => piece === "turns of the hosts");
  const isLast = (row: Piece, index: number): boolean => holdsMany && pieces[index + 1]?.lane_index !== row.lane_index;
  const values = pieces.map((row, index) => ({
    lane: names.get(row.lane_index)!,
    piece: row.piece,
    start_ns: row.start_ns,
    end_ns: row.end_ns,
    when: `${formatLongNs(row.start_ns)} to ${formatLongNs(row.end_ns)}`,
    hosts: formatCount(row.host_count),
    failures: isLast(row, index) && row.failed_count > 0 ? `${formatCount(row.failed_count)} failed` : "",
  }));
  const marks = batchMarks(rows);
  const y = { field: "lane", type: "ordinal", sort: [...names.values()], axis: { title: null, grid: false } };
  const bars = {
    data: { values },
    mark: { type: "bar", height: lanePx - 4 },
    encoding: {
      x: { field: "start_ns", ...timeAxis(headline.total_ns, null) },
      x2: { field: "end_ns" },
      y,
      color: {
        field: "piece",
        type: "nominal",
        scale: { domain: shown, range: shown.map((name) => colours[name]!) },
        legend: { title: null, offset: marksHeightPx(marks) + 6 },
      },
      tooltip: tooltipFields({ lane: "Host", piece: "Does", when: "When", hosts: "Hosts" }),
    },
  };
  return {
    width: plotWidth,
    height: Math.max(names.size, 2) * lanePx,
    layer: [...markLayers(marks, "Batch", theme), bars, ...failureLayers(values, y, theme)],
  };
}

function lossPanel({ losses, headline }: RolloutRows, theme: Theme): Layer {
  const colours = causeColours(theme);
  const values = losses.flatMap((row) =>
    (
      [
        ["failed hosts", row.loss_sum_ns],
        ["migrations", row.migration_sum_ns],
        ["pauses of updates", row.pause_sum_ns],
      ] as const
    ).map(([cause, lostNs]) => ({
      at_ns: row.at_ns,
      cause,
      lost_ns: lostNs,
      at: formatLongNs(row.at_ns),
      lost: formatVmSeconds(lostNs),
    })),
  );
  const shown = Object.keys(colours).filter((cause) => values.some((row) => row.cause === cause && row.lost_ns > 0));
  return {
    width: plotWidth,
    height: lossHeight,
    data: { values: values.filter((row) => shown.includes(row.cause)) },
    mark: { type: "area", interpolate: "step-after" },
    encoding: {
      x: {
        field: "at_ns",
        ...timeAxis(headline.total_ns, "time from the start of the rollout, every constant at base"),
      },
      y: {
        field: "lost_ns",
        type: "quantitative",
        stack: "zero",
        axis: {
          title: "VM-seconds lost so far",
          labelExpr: "datum.value === 0 ? '0' : format(datum.value / 1e9, '~s')",
          tickCount: 5,
          ...numberAxis,
        },
      },
      color: {
        field: "cause",
        type: "nominal",
        scale: { domain: shown, range: shown.map((cause) => colours[cause]!) },
        legend: { title: null },
      },
      tooltip: tooltipFields({ cause: "Lost in", at: "By", lost: "Together" }),
    },
  };
}

/** What the hosts do over the rollout, and the time that their VMs lose. */
export function fleetRolloutChart(rows: RolloutRows, theme: Theme): Chart {
  const id = "fleet-rollout";
  if (rows.pieces.length === 0) return emptyChart(id, "No host of this fleet is updated.", theme);
  const lanes = new Set(rows.pieces.map((row) => row.lane_index)).size;
  const hosts = rows.headline.updated_host_count + rows.headline.failed_host_count;
  const shown = lanes < hosts ? ` ${plural(hosts, "host")} are drawn in ${plural(lanes, "lane")}.` : "";
  const body = {
    vconcat: [ganttPanel(rows, theme), lossPanel(rows, theme)],
    spacing: 14,
    resolve: { scale: { color: "independent", x: "independent", y: "independent" } },
  };
  return finishChart({ id, title: `${fleetSentence(rows.headline)}.${shown}`, body }, theme);
}
