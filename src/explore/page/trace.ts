import { displayText, formatBytes, formatCount, formatNs } from "../../analysis/format.ts";
import { bytesLabel, byteTicks } from "../../analysis/spec/axes.ts";
import { secondsLabel } from "../../analysis/spec/theme.ts";
import { type BinnedTable, get, type Table, type TraceFacts } from "./api.ts";
import { element, table } from "./dom.ts";
import { brush, type Brushed, currentTheme, leftAxis, plot } from "./plot.ts";
import type { Scene } from "./scene.ts";
import { noBrush, type State } from "./state.ts";
import { timeTools, type Window } from "./time-tools.ts";

const columns = 160;
const rows = 64;
const overviewColumns = 300;
const mostTableRows = 200;
const pageBytes = 4096;
const widthPx = 900;

/** The window that the address asks for, inside the trace. */
function windowOf({ from, to }: State, spanNs: number): Window {
  const start = Math.min(from ?? 0, Math.max(0, spanNs - 1));
  return { from: start, to: Math.max(start + 1, Math.min(to ?? spanNs + 1, spanNs + 1)) };
}

const timeAxis = { title: "time since the trace's start (s)", labelExpr: secondsLabel, tickCount: 10, grid: false };

function timeX({ from, to }: Window) {
  return { field: "start_ns", type: "quantitative", scale: { domain: [from, to], nice: false }, axis: timeAxis };
}

const laneWords: Readonly<Record<string, string>> = {
  pages: "pages written",
  request: "requests",
  packet: "packets",
  interrupt: "interrupts",
  dma: "DMA",
};

/** Rows of lanes with their place in time, and names in the place of numbers. */
function laneRows(answer: BinnedTable, { vms, devices }: TraceFacts) {
  const { origin, length } = answer.time!;
  return answer.rows.map(([lane, owner, bin, amount]) => {
    const name = lane === "pages" ? vms[Number(owner)] : devices[Number(owner)]?.name;
    const startNs = origin + Number(bin) * length;
    return {
      lane: `${laneWords[String(lane)]}: ${displayText(name ?? "", 24)} (${Number(owner)})`,
      start_ns: startNs,
      end_ns: startNs + length,
      amount: Number(amount),
    };
  });
}

function overviewPlot(scene: Scene, facts: TraceFacts, answer: BinnedTable, window: Window): HTMLElement {
  const theme = currentTheme();
  const values = laneRows(answer, facts).filter(({ lane }) => lane.startsWith(laneWords["pages"]!));
  const whole = { from: 0, to: facts.spanNs + 1 };
  const isAll = window.from <= 0 && window.to >= whole.to;
  const x = timeX(whole);
  const y = {
    aggregate: "sum",
    field: "amount",
    type: "quantitative",
    axis: { title: "pages", tickCount: 2, format: "~s", ...leftAxis },
  };
  const marks = facts.marks.map(({ name, timeNs }) => ({ start_ns: timeNs, name: displayText(name, 40) }));
  const layer = [
    {
      data: { values },
      params: [brush(["x"], isAll ? undefined : { x: [window.from, window.to] })],
      mark: { type: "rect", color: theme.writes["first write since resume"] },
      encoding: { x, x2: { field: "end_ns" }, y, y2: { datum: 0 }, tooltip: [{ field: "lane" }, { field: "amount" }] },
    },
    {
      data: { values: marks },
      mark: { type: "rule", strokeDash: [3, 3], color: theme.muted },
      encoding: { x, tooltip: { field: "name" } },
    },
  ];
  const onBrush = (brushed: Brushed) => {
    const range = brushed["start_ns"];
    scene.go(range ? { from: range[0], to: range[1], ...noBrush } : { from: undefined, to: undefined, ...noBrush });
  };
  const note = "all of the trace; brush it to choose the window below";
  const parts = { id: "overview", heading: "Writes over time", note, rows: values, onBrush };
  return plot({ ...parts, body: { width: widthPx, height: 60, layer } }, scene.views);
}

function lanesPlot(scene: Scene, facts: TraceFacts, answer: BinnedTable, window: Window): HTMLElement {
  const theme = currentTheme();
  const found = laneRows(answer, facts);
  const most = new Map<string, number>();
  for (const { lane, amount } of found) most.set(lane, Math.max(most.get(lane) ?? 0, amount));
  const lanes = [...most.keys()];
  // A lane is shaded by its own busiest bin: lanes count different things.
  const values = found.map((row) => ({ ...row, shade: row.amount / most.get(row.lane)! }));
  const { brushFrom, brushTo } = scene.state;
  const body = {
    width: widthPx,
    height: Math.max(1, lanes.length) * 20,
    data: { values },
    params: [brush(["x"], brushFrom === undefined || brushTo === undefined ? undefined : { x: [brushFrom, brushTo] })],
    mark: { type: "rect", clip: true },
    encoding: {
      x: timeX(window),
      x2: { field: "end_ns" },
      y: { field: "lane", type: "nominal", sort: lanes, axis: { title: null, ...leftAxis, labelLimit: 185 } },
      color: {
        field: "shade",
        type: "quantitative",
        scale: {
          type: "linear",
          domain: [0, 1],
          range: [theme.shade, theme.heat.at(-1)!],
        },
        legend: null,
      },
      tooltip: [{ field: "lane" }, { field: "amount", type: "quantitative", format: ",d" }],
    },
  };
  const onBrush = (brushed: Brushed) => {
    const range = brushed["start_ns"];
    scene.go(range ? { ...noBrush, brushFrom: range[0], brushTo: range[1] } : noBrush);
  };
  const note = `${formatNs(answer.time!.length)} a bin, each lane shaded by its own busiest; from ${answer.source}`;
  return plot({ id: "lanes", heading: "VMs and devices", note, body, rows: found, onBrush }, scene.views);
}

function heatmapRows({ rows: found, time, memory }: BinnedTable) {
  return found.map(([column, row, pages]) => {
    const startNs = time!.origin + Number(column) * time!.length;
    const frame = memory!.origin + Number(row) * memory!.length;
    return {
      start_ns: startNs,
      end_ns: startNs + time!.length,
      first_byte: frame * pageBytes,
      end_byte: (frame + memory!.length) * pageBytes,
      pages: Number(pages),
    };
  });
}

function heatmapPlot(scene: Scene, facts: TraceFacts, answer: BinnedTable, window: Window): HTMLElement {
  const theme = currentTheme();
  const { vm, brushFrom, brushTo, brushFirst, brushEnd } = scene.state;
  const values = heatmapRows(answer);
  const most = values.reduce((max, { pages }) => Math.max(max, pages), 10);
  const memory = facts.guestFrames[vm]! * pageBytes;
  const held =
    brushFrom !== undefined && brushTo !== undefined && brushFirst !== undefined && brushEnd !== undefined
      ? { x: [brushFrom, brushTo] as const, y: [brushFirst * pageBytes, brushEnd * pageBytes] as const }
      : undefined;
  const body = {
    width: widthPx,
    height: 300,
    data: { values },
    params: [brush(["x", "y"], held)],
    mark: { type: "rect", clip: true },
    encoding: {
      x: timeX(window),
      x2: { field: "end_ns" },
      y: {
        field: "first_byte",
        type: "quantitative",
        scale: { domain: [0, memory], nice: false },
        axis: {
          title: "guest-physical address",
          labelExpr: `datum.value === 0 ? '0' : ${bytesLabel}`,
          values: byteTicks(0, memory, 6),
          grid: false,
          ...leftAxis,
        },
      },
      y2: { field: "end_byte" },
      color: {
        field: "pages",
        type: "quantitative",
        scale: { type: "log", domain: [1, most], range: theme.heat, interpolate: "lab" },
        legend: { title: "pages per bin (logarithmic)", format: "~s", gradientLength: 220 },
      },
      tooltip: [{ field: "pages", type: "quantitative", format: ",d", title: "pages" }],
    },
  };
  const onBrush = (brushed: Brushed) => {
    const [time, bytes] = [brushed["start_ns"], brushed["first_byte"]];
    if (!time || !bytes) return scene.go(noBrush);
    return scene.go({
      brushFrom: time[0],
      brushTo: time[1],
      brushFirst: Math.floor(Math.min(...bytes) / pageBytes),
      brushEnd: Math.ceil(Math.max(...bytes) / pageBytes),
    });
  };
  const bin = `${formatNs(answer.time!.length)} × ${formatBytes(answer.memory!.length * pageBytes)} a bin; from ${answer.source}`;
  return plot({ id: "heatmap", heading: "Memory over time", note: bin, body, rows: values, onBrush }, scene.views);
}

/** The rows under the brush, or in the window: what the pictures say, one by one. */
async function rowTables(scene: Scene, facts: TraceFacts, window: Window): Promise<HTMLElement> {
  const { vm, brushFrom, brushTo, brushFirst, brushEnd } = scene.state;
  const time = { from: brushFrom ?? window.from, to: brushTo ?? window.to };
  const memory = { vm, first: brushFirst ?? 0, end: brushEnd ?? facts.guestFrames[vm]! };
  const [writes, requests] = await Promise.all([
    get<Table>(scene.path("view/writes"), { ...time, ...memory, limit: mostTableRows }, scene.signal),
    get<Table>(scene.path("view/requests"), { ...time, limit: mostTableRows }, scene.signal),
  ]);
  const where = brushFrom === undefined ? "in the window" : "under the brush";
  const section = (id: string, heading: string, answer: Table) => {
    const hidden = answer.columns.findIndex(({ name }) => name === "until_ns");
    const isShown = (_cell: unknown, index: number) => index !== hidden;
    const shown = { columns: answer.columns.filter(isShown), rows: answer.rows.map((row) => row.filter(isShown)) };
    const until = hidden < 0 ? undefined : Number(answer.rows[0]?.[hidden] ?? time.to);
    const part = until !== undefined && until < time.to ? `, read to ${formatNs(until)}` : "";
    const count = answer.rows.length === mostTableRows ? `the first ${mostTableRows}` : formatCount(answer.rows.length);
    const title = element("h2", {}, heading, element("small", {}, `${count} ${where}${part}`));
    return element("section", { class: "panel", id }, title, table(shown, `${heading} ${where}`));
  };
  return element("div", {}, section("writes", "Page writes", writes), section("requests", "Requests", requests));
}

/** A trace: all of it above, a window of it below, and the rows under the brush. */
export async function renderTrace(scene: Scene, facts: TraceFacts): Promise<HTMLElement[]> {
  const window = windowOf(scene.state, facts.spanNs);
  const vm = Math.min(scene.state.vm, facts.vms.length - 1);
  if (vm < 0) return [element("p", {}, "There are no VMs in this trace.")];
  const here = { ...scene, state: { ...scene.state, vm } };
  const ask = (name: string, parameters: Readonly<Record<string, number>>) =>
    get<BinnedTable>(scene.path(`view/${name}`), parameters, scene.signal);
  const [all, lanes, heat, tables] = await Promise.all([
    ask("lanes", { from: 0, to: facts.spanNs + 1, columns: overviewColumns }),
    ask("lanes", { ...window, columns }),
    ask("heatmap", { ...window, vm, first: 0, end: facts.guestFrames[vm]!, columns, rows }),
    rowTables(here, facts, window),
  ]);
  return [
    overviewPlot(here, facts, all, window),
    timeTools(here, window, facts),
    lanesPlot(here, facts, lanes, window),
    heatmapPlot(here, facts, heat, window),
    tables,
  ];
}
