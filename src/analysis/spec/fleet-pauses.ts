import { displayLabel, formatCount, formatNs, formatRatio, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { logDomain, powersOfTen, shareLabel, timeLabel } from "./axes.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  type Layer,
  numberAxis,
  plotWidth,
  type Theme,
  tooltipFields,
} from "./theme.ts";
import { markLayers, marksHeightPx, placeMarks } from "./time-marks.ts";

type Point = CatalogueRow<"fleet-pause-ecdf">;
type SloRow = CatalogueRow<"fleet-slos">;

export interface PauseRows {
  readonly headline: CatalogueRow<"fleet-headline">;
  readonly curve: readonly Point[];
  readonly slos: readonly SloRow[];
}

const heightPx = 260;
const levelNames: Readonly<Record<string, string>> = {
  base: "every constant at base",
  low: "at its low end",
  high: "at its high end",
};

/** No time has no place on a logarithmic scale. */
const place = (ns: number): number => Math.max(1, ns);

function sloLabel(row: SloRow): string {
  const broken = row.broken_vm_count === 0 ? "kept by all" : `broken by ${formatCount(row.broken_vm_count)}`;
  return `${displayLabel(row.slo_name, 24)} (${formatNs(row.pause_ns)}): ${broken}`;
}

/** Promises as rules over the plot, their labels in lanes above it. */
function sloMarks(slos: readonly SloRow[], domain: readonly [number, number]) {
  const frame = { startNs: Math.log(domain[0]), endNs: Math.log(domain[1]) };
  const marks = slos.map((row) => ({ at_ns: Math.log(row.pause_ns), label: sloLabel(row) }));
  return placeMarks(marks, frame).map((mark) => ({ ...mark, at_ns: Math.exp(mark.at_ns) }));
}

function curveLayers(
  curve: readonly Point[],
  domain: readonly [number, number],
  legendPx: number,
  theme: Theme,
): Layer[] {
  const values = curve.map((row) => ({
    level: levelNames[row.level] ?? row.level,
    standstill_ns: place(row.standstill_ns),
    vm_ratio: row.vm_ratio,
    standstill: formatNs(row.standstill_ns),
    share: `${formatRatio(row.vm_ratio)}, ${plural(row.vm_count, "VM")}`,
  }));
  const x = {
    field: "standstill_ns",
    type: "quantitative",
    scale: { type: "log", domain, nice: false },
    axis: {
      title: "longest that a VM stands still in one go: pause, migration's downtime, or failed host (logarithmic)",
      values: ticksOf(domain),
      labelExpr: timeLabel,
    },
  };
  const y = {
    field: "vm_ratio",
    type: "quantitative",
    scale: { domain: [0, 1] },
    axis: { title: "VMs that stand still no longer", labelExpr: shareLabel, tickCount: 5, ...numberAxis },
  };
  const names = Object.values(levelNames);
  const range = [theme.phases["kexec"]!, theme.phases["freeze"]!, theme.phases["serialize"]!];
  const color = {
    field: "level",
    type: "nominal",
    scale: { domain: names, range },
    legend: { title: null, offset: legendPx, symbolType: "stroke", symbolStrokeWidth: 3 },
  };
  return [
    {
      data: { values },
      mark: { type: "line", interpolate: "step-after", strokeWidth: 2.2 },
      encoding: { x, y, color },
    },
    {
      // A line has one tooltip; invisible dots give each step its own.
      data: { values },
      mark: { type: "circle", size: 60, opacity: 0 },
      encoding: {
        x,
        y,
        tooltip: tooltipFields({ level: "Constants", standstill: "Stands still", share: "No longer" }),
      },
    },
  ];
}

/** Powers of ten, and where these are few their doubles and halves. */
function ticksOf([low, high]: readonly [number, number]): number[] {
  const powers = powersOfTen(low / 10, high);
  const fine = powers.length > 4 ? [1] : [1, 2, 5];
  return powers.flatMap((power) => fine.map((factor) => factor * power)).filter((tick) => tick >= low && tick <= high);
}

function title({ headline, slos }: PauseRows): string {
  const worst =
    headline.worst_vm_name === null
      ? "No VM stands still"
      : `${displayLabel(headline.worst_vm_name, 40)} on ${displayLabel(headline.worst_host_name ?? "", 30)} stands still longest, for ${formatNs(headline.worst_ns ?? 0)}`;
  const broken = slos.filter((row) => !row.is_kept).map((row) => displayLabel(row.slo_name, 30));
  if (slos.length === 0) return worst;
  return `${worst}; ${broken.length === 0 ? "every SLO is kept" : `broken: ${broken.join(", ")}`}`;
}

/** How long VMs stand still, beside what is promised. */
export function fleetPausesChart(rows: PauseRows, theme: Theme): Chart {
  const id = "fleet-pauses";
  if (rows.curve.length === 0) return emptyChart(id, "No VM of this fleet stands still.", theme);
  const lengths = rows.curve.map((row) => place(row.standstill_ns));
  const domain = logDomain([...lengths, ...rows.slos.map((row) => row.pause_ns)], 1.6);
  const marks = sloMarks(rows.slos, domain);
  const layers = curveLayers(rows.curve, domain, marksHeightPx(marks) + 6, theme);
  const body = { width: plotWidth, height: heightPx, layer: [...layers, ...markLayers(marks, "SLO", theme)] };
  return finishChart({ id, title: title(rows), body }, theme);
}
