import { displayText, formatNs } from "../../analysis/format.ts";
import { secondsLabel } from "../../analysis/spec/theme.ts";
import type { CatalogueRow, QueryName } from "../../analysis/queries.ts";
import { type DatasetInfo, get } from "./api.ts";
import { element, table } from "./dom.ts";
import { brush, type Brushed, currentTheme, leftAxis, plot } from "./plot.ts";
import type { Scene } from "./scene.ts";

type Step = CatalogueRow<"steps-gantt">;
type PhaseStep = CatalogueRow<"phase-steps">;
type Point = CatalogueRow<"dirty-over-time">;

const widthPx = 900;

interface RunRows {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly phaseSteps: readonly PhaseStep[];
  readonly points: readonly Point[];
  readonly headline: CatalogueRow<"headline">;
  readonly summary: CatalogueRow<"dirty-summary"> | undefined;
}

async function readRun({ id, name }: DatasetInfo, signal: AbortSignal): Promise<RunRows> {
  const ask = <Name extends QueryName>(question: Name) =>
    get<{ rows: CatalogueRow<Name>[] }>(`/api/d/${id}/question/${question}`, {}, signal);
  const [steps, phaseSteps, points, headline, summary] = await Promise.all([
    ask("steps-gantt"),
    ask("phase-steps"),
    ask("dirty-over-time"),
    ask("headline"),
    ask("dirty-summary"),
  ]);
  return {
    name,
    steps: steps.rows,
    phaseSteps: phaseSteps.rows,
    points: points.rows,
    headline: headline.rows[0]!,
    summary: summary.rows[0],
  };
}

/** Times of the page count from 0, which an address can hold: the blackout's start lies at the longest time before it. */
function originOf(runs: readonly RunRows[]): number {
  return runs.flatMap(({ steps }) => steps).reduce((least, row) => Math.min(least, row.start_offset_ns), 0);
}

interface Frame {
  readonly origin: number;
  readonly end: number;
}

function brushOf({ state }: Scene, { origin }: Frame) {
  const { brushFrom, brushTo } = state;
  return brushFrom === undefined || brushTo === undefined
    ? undefined
    : ([brushFrom + origin, brushTo + origin] as const);
}

function timelinePlot(scene: Scene, { name, steps, headline }: RunRows, frame: Frame, index: number): HTMLElement {
  const theme = currentTheme();
  const values = steps.map((row) => ({
    step: displayText(row.step_name, 30),
    phase: row.phase,
    vm: displayText(row.vm_name ?? "", 30),
    start_ns: row.start_offset_ns,
    end_ns: row.end_offset_ns,
    took: formatNs(row.busy_ns),
  }));
  const order = [...new Set(values.map(({ step }) => step))];
  const phases = Object.keys(theme.phases);
  const held = brushOf(scene, frame);
  const color = {
    field: "phase",
    type: "nominal",
    scale: { domain: phases, range: phases.map((phase) => theme.phases[phase]!) },
  };
  const body = {
    width: widthPx,
    height: order.length * 13,
    data: { values },
    params: [brush(["x"], held ? { x: held } : undefined)],
    // The outline shows what is shorter than a pixel.
    mark: { type: "bar", strokeWidth: 1, stroke: { expr: "scale('color', datum.phase)" } },
    encoding: {
      x: {
        field: "start_ns",
        type: "quantitative",
        scale: { domain: [frame.origin, frame.end], nice: false },
        axis: { title: "time from the moment the VMs stop (s)", labelExpr: secondsLabel, tickCount: 12 },
      },
      x2: { field: "end_ns" },
      y: { field: "step", type: "nominal", sort: order, axis: { title: null, ...leftAxis, labelFontSize: 10 } },
      color: { ...color, legend: { title: null, columns: 8 } },
      tooltip: [{ field: "step" }, { field: "phase" }, { field: "vm" }, { field: "took" }],
    },
  };
  const onBrush = (brushed: Brushed) => {
    const range = brushed["start_ns"];
    scene.go(
      range
        ? { brushFrom: range[0] - frame.origin, brushTo: range[1] - frame.origin }
        : { brushFrom: undefined, brushTo: undefined },
    );
  };
  const kernels = `Linux ${displayText(headline.kernel_from, 20)} to ${displayText(headline.kernel_to, 20)}`;
  const note = `${kernels}, blackout ${formatNs(headline.blackout_ns)}; brush to choose steps`;
  const parts = { id: `timeline-${index}`, heading: displayText(name, 60), note, rows: values, onBrush };
  return plot({ ...parts, body }, scene.views);
}

function dirtyPlot(scene: Scene, { points, summary }: RunRows): HTMLElement {
  const theme = currentTheme();
  const values = points.map((row) => ({
    start_ns: row.start_ns,
    end_ns: row.end_ns,
    pages_per_sec: row.dirty_pages_per_sec,
  }));
  const gap = summary ? [{ start_ns: summary.blackout_start_ns, end_ns: summary.blackout_end_ns }] : [];
  const x = {
    field: "start_ns",
    type: "quantitative",
    scale: { nice: false, zero: false },
    axis: {
      title: "time on the host's clock since the trace's start (s); grey: the blackout",
      labelExpr: secondsLabel,
      tickCount: 12,
    },
  };
  const layer = [
    { data: { values: gap }, mark: { type: "rect", color: theme.shade }, encoding: { x, x2: { field: "end_ns" } } },
    {
      data: { values },
      mark: { type: "rect", color: theme.writes["first write since resume"] },
      encoding: {
        x,
        x2: { field: "end_ns" },
        y: {
          field: "pages_per_sec",
          type: "quantitative",
          scale: { domainMin: 0 },
          axis: { title: "pages a second", format: "~s", tickCount: 4, ...leftAxis },
        },
        y2: { datum: 0 },
      },
    },
  ];
  return plot(
    { id: "dirty", heading: "Guests' writes", body: { width: widthPx, height: 90, layer }, rows: values },
    scene.views,
  );
}

function stepTable(scene: Scene, { steps, name }: RunRows, frame: Frame): HTMLElement {
  const held = brushOf(scene, frame);
  const shown = held ? steps.filter((row) => row.end_offset_ns >= held[0] && row.start_offset_ns <= held[1]) : steps;
  const columns = ["step", "phase", "vm", "start_ns", "end_ns", "busy_ns", "detail"].map((column) => ({
    name: column,
  }));
  const rows = shown.map((row) => [
    row.step_name,
    row.phase,
    row.vm_name ?? "",
    row.start_offset_ns,
    row.end_offset_ns,
    row.busy_ns,
    row.detail,
  ]);
  const heading = `Steps of ${displayText(name, 60)}`;
  const title = element("h2", {}, heading, element("small", {}, `${rows.length} of ${steps.length}`));
  return element("section", { class: "panel", id: "steps" }, title, table({ columns, rows }, heading));
}

/** Steps of two runs side by side: what each phase waits for, with the difference. */
function differenceTable([one, two]: readonly [RunRows, RunRows]): HTMLElement {
  const keyOf = ({ phase, step }: PhaseStep) => `${phase}\n${step}`;
  const lengths = (run: RunRows) => new Map(run.phaseSteps.map((row) => [keyOf(row), row.step_ns]));
  const [left, right] = [lengths(one), lengths(two)];
  const rows = [...new Set([...left.keys(), ...right.keys()])]
    .map((key) => [...key.split("\n"), left.get(key) ?? 0, right.get(key) ?? 0])
    .map(([phase, step, a, b]) => [phase!, step!, Number(a), Number(b), Number(b) - Number(a)])
    .toSorted((before, after) => Math.abs(Number(after[4])) - Math.abs(Number(before[4])));
  const columns = ["phase", "step", `${one.name}, ns`, `${two.name}, ns`, "difference, ns"].map((name) => ({ name }));
  const heading = "What phases wait for, the largest difference first";
  return element(
    "section",
    { class: "panel", id: "difference" },
    element("h2", {}, heading),
    table({ columns, rows }, heading),
  );
}

/** A run, or two one under the other on one axis. */
export async function renderRun(scene: Scene, other: DatasetInfo | undefined): Promise<HTMLElement[]> {
  const runs = await Promise.all([scene.dataset, ...(other ? [other] : [])].map((each) => readRun(each, scene.signal)));
  const origin = originOf(runs);
  const end = runs.flatMap(({ steps }) => steps).reduce((most, row) => Math.max(most, row.end_offset_ns), 1);
  const frame = { origin, end };
  const [one, two] = runs;
  return [
    ...runs.map((run, index) => timelinePlot(scene, run, frame, index)),
    ...(two ? [differenceTable([one!, two])] : [dirtyPlot(scene, one!)]),
    stepTable(scene, one!, frame),
  ];
}
