import { displayLabel, displayText, formatBytes, formatNs, formatRatio } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { bytesLabel, byteTicks, powersOfTen } from "./axes.ts";
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
import { markLayers, marksHeightPx, placeMarks } from "./time-marks.ts";

type Cell = CatalogueRow<"dirty-heatmap">;

export interface HeatmapRows {
  readonly cells: readonly Cell[];
  readonly facts: CatalogueRow<"written-memory"> | undefined;
  readonly marks: readonly CatalogueRow<"trace-marks">[];
}

const heightPx = 320;
const pageBytes = 4096;

function title({ facts }: HeatmapRows): string {
  if (!facts || facts.half_pages === null) return "No page is written in this trace.";
  const written = formatBytes(facts.written_pages * pageBytes);
  const half = formatRatio((facts.half_pages * pageBytes) / facts.guest_bytes);
  return (
    `${displayLabel(facts.vm_name, 40)} writes ${written} of its ${formatBytes(facts.guest_bytes)} in ${formatNs(facts.span_ns)}; ` +
    `half of all writes go to ${formatBytes(facts.half_pages * pageBytes)}, ${half} of the memory`
  );
}

/** Time that readings cover, as ground: white is time without one. */
function groundLayer(cells: readonly Cell[], guestBytes: number, theme: Theme): Layer {
  const columns = cells.filter(({ frame_bin: bin }) => bin === 0);
  return {
    data: {
      values: columns.map((cell) => ({ start_ns: cell.start_ns, end_ns: cell.end_ns, foot: 0, head: guestBytes })),
    },
    mark: { type: "rect", color: theme.shade, stroke: theme.shade, strokeWidth: 0.5 },
    encoding: {
      x: { field: "start_ns", type: "quantitative" },
      x2: { field: "end_ns" },
      y: { field: "foot", type: "quantitative" },
      y2: { field: "head" },
    },
  };
}

/** What one colour stands for: cells are alike but at the edges, so the first of them names their size. */
function legendTitle([cell]: readonly Cell[]): string {
  const bytes = (cell!.last_frame + 1 - cell!.first_frame) * pageBytes;
  return `pages written in a cell of ${formatNs(cell!.end_ns - cell!.start_ns)} × ${formatBytes(bytes)} (logarithmic); grey: none`;
}

function cellLayer(cells: readonly Cell[], guestBytes: number, legendPx: number, theme: Theme): Layer {
  const written = cells.filter((cell) => cell.written_pages > 0);
  const values = written.map((cell) => ({
    start_ns: cell.start_ns,
    end_ns: cell.end_ns,
    first_byte: cell.first_frame * pageBytes,
    end_byte: (cell.last_frame + 1) * pageBytes,
    // Less than one page in a cell is a reading that reaches into it with a part of its time.
    written_pages: Math.max(1, cell.written_pages),
    pages: cell.written_pages.toLocaleString("en", { maximumFractionDigits: 1 }),
    when: `${formatNs(cell.start_ns)} to ${formatNs(cell.end_ns)}`,
    where: `${formatBytes(cell.first_frame * pageBytes)} to ${formatBytes((cell.last_frame + 1) * pageBytes)}`,
  }));
  const most = values.reduce((max, { written_pages: pages }) => Math.max(max, pages), 10);
  return {
    data: { values },
    mark: { type: "rect", clip: true },
    encoding: {
      x: {
        field: "start_ns",
        type: "quantitative",
        scale: { nice: false, zero: false },
        axis: { title: "time since the trace's start (s)", labelExpr: secondsLabel, tickCount: 12, grid: false },
      },
      x2: { field: "end_ns" },
      y: {
        field: "first_byte",
        type: "quantitative",
        scale: { domain: [0, guestBytes], nice: false },
        axis: {
          title: "guest-physical address",
          labelExpr: `datum.value === 0 ? '0' : ${bytesLabel}`,
          values: byteTicks(0, guestBytes, 6),
          grid: false,
          ...numberAxis,
        },
      },
      y2: { field: "end_byte" },
      color: {
        field: "written_pages",
        type: "quantitative",
        scale: { type: "log", domain: [1, most], range: theme.heat, interpolate: "lab" },
        legend: {
          title: legendTitle(cells),
          titleLimit: plotWidth,
          values: powersOfTen(1, most),
          format: ",d",
          gradientLength: 320,
          offset: legendPx + 6,
        },
      },
      tooltip: tooltipFields({ when: "Time", where: "Address", pages: "Pages written" }),
    },
  };
}

/** Which parts of a guest's memory are written when: time from left to right, addresses from the bottom up. */
export function dirtyHeatmapChart(rows: HeatmapRows, theme: Theme): Chart {
  const id = "dirty-heatmap";
  const { cells, facts } = rows;
  const [first, last] = [cells[0], cells.at(-1)];
  if (!first || !last || !facts || facts.half_pages === null) {
    return emptyChart(id, "There are no page writes of this VM in the trace.", theme);
  }
  const frame = { startNs: first.start_ns, endNs: last.end_ns };
  const shown = rows.marks.filter(({ time_ns: atNs }) => atNs >= frame.startNs && atNs <= frame.endNs);
  const marks = placeMarks(
    shown.map((mark) => ({ at_ns: mark.time_ns, label: displayText(mark.mark_name, 28) })),
    frame,
  );
  const body = {
    width: plotWidth,
    height: heightPx,
    layer: [
      groundLayer(cells, facts.guest_bytes, theme),
      cellLayer(cells, facts.guest_bytes, marksHeightPx(marks), theme),
      ...markLayers(marks, "Phase of the workload", theme),
    ],
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
