import type { Config, TopLevelSpec } from "vega-lite";

export type Mode = "light" | "dark";

/** Where a chart is shown: a picture has the shipped font only, a page takes the reader's. */
export type Medium = "image" | "page";

/** One layer of a chart. Its fields are checked when it is compiled: a warning there is an error. */
export type Layer = Readonly<Record<string, unknown>>;

/** An x axis that the reader may zoom. */
export interface Zoom {
  /** Signal of the compiled chart that holds the domain, null for the whole. */
  readonly signal: string;
  readonly label: string;
  readonly domain: readonly [start: number, end: number];
}

/** A finished chart: what it says and how it is drawn. */
export interface Chart {
  /** Stable name; also the file's name. */
  readonly id: string;
  /** The finding, with numbers; it stands above the chart. */
  readonly title: string;
  readonly spec: TopLevelSpec;
  /** True if there is nothing to draw; the title says so. */
  readonly isEmpty: boolean;
  readonly zooms: readonly Zoom[];
}

/** Colours and type of every chart. */
export interface Theme extends Palette {
  readonly font: string;
}

interface Palette {
  readonly mode: Mode;
  readonly ink: string;
  readonly muted: string;
  readonly paper: string;
  readonly shade: string;
  readonly phases: Readonly<Record<string, string>>;
  /** Text on a bar of the phase. */
  readonly phaseInks: Readonly<Record<string, string>>;
  readonly effects: Readonly<Record<string, string>>;
  readonly groups: Readonly<Record<string, string>>;
  readonly writes: Readonly<Record<string, string>>;
  /** Under the old kernel, and under the new one. */
  readonly kernels: readonly string[];
  /** What is predicted of an update as a whole, each in the colour of the phase that it mostly is. */
  readonly quantities: Readonly<Record<string, string>>;
  /** Whether a profile was fitted to a recording. */
  readonly fits: Readonly<Record<string, string>>;
  /** What a newer kernel makes of a step, and sums. */
  readonly changes: Readonly<Record<string, string>>;
  /** Releases, the oldest first. */
  readonly releases: readonly string[];
  /** What requests take, the one that is drawn last at the end. */
  readonly updates: Readonly<Record<string, string>>;
  /** What a network card's clients wait for, in its order. */
  readonly waits: Readonly<Record<string, string>>;
  /** How guest memory is mapped after resume, the one that is drawn last at the end. */
  readonly mappings: Readonly<Record<string, string>>;
  /** Times to update in. */
  readonly windows: Readonly<Record<string, string>>;
  /** Configurations that are shown together. */
  readonly configurations: readonly string[];
  /** What one configuration's blackout is longer or shorter by than another's, and sums. */
  readonly deltas: Readonly<Record<string, string>>;
  /** What is said of a change; those for the better and the worse are as in `deltas`. */
  readonly verdicts: Readonly<Record<string, string>>;
  /** An uncertain input at the low or the high end of its interval. */
  readonly ends: Readonly<Record<string, string>>;
  /** What an answer depends on. */
  readonly factors: Readonly<Record<string, string>>;
  /** What is done to a device in the blackout. */
  readonly deviceSteps: Readonly<Record<string, string>>;
  /** Few to many, on a logarithmic scale. */
  readonly heat: readonly string[];
  /** Two measures of one thing: its blackout and its VMs' pauses, two objectives, two orders of an index. */
  readonly pairs: readonly [one: string, two: string];
}

/** Shipped with the package, so that a picture looks the same on every machine. */
export const fontFamily = "DejaVu Sans";

const fonts: Readonly<Record<Medium, string>> = {
  image: fontFamily,
  page: "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif",
};

const light: Palette = {
  mode: "light",
  ink: "#1b1f24",
  muted: "#59636e",
  paper: "#ffffff",
  shade: "#e9edf1",
  // Okabe and Ito's palette: told apart with any common colour blindness. The blackout's four are the loud ones.
  phases: {
    preserve: "#009e73",
    freeze: "#56b4e9",
    serialize: "#0072b2",
    kexec: "#d55e00",
    restore: "#e69f00",
    finish: "#cc79a7",
    brownout: "#8c959f",
  },
  phaseInks: { freeze: "#000000", serialize: "#ffffff", kexec: "#000000", restore: "#000000" },
  // Paul Tol's muted palette, so that no effect looks like a phase.
  effects: {
    "in-flight": "#332288",
    deferred: "#88ccee",
    "packet-lost": "#aa4499",
    "packet-kept": "#ddcc77",
    "dma-continues": "#44aa99",
    "dma-lost": "#882255",
    "interrupt-lost": "#cc6677",
    "interrupt-spurious": "#999933",
  },
  groups: { metadata: "#0072b2", scratch: "#8c959f", temporary: "#c9b26b" },
  writes: { "all writes": "#a9bfd6", "first write since resume": "#20558a" },
  kernels: ["#d0d7de", "#eceff2"],
  quantities: { preserve: "#009e73", retrieve: "#e69f00", reboot_to_userspace: "#d55e00", blackout: "#1b1f24" },
  fits: { "the profile was fitted to it": "#8c959f", "no fit has seen it": "#0072b2" },
  changes: { shorter: "#0f7a8a", longer: "#c2185b", sum: "#8c959f" },
  releases: ["#9a6700", "#0072b2", "#cc79a7", "#009e73"],
  updates: { "with the update": "#d55e00", "without the update": "#6b7783" },
  waits: {
    "no packet comes": "#c4ccd4",
    "vCPUs stand still": "#d55e00",
    "device starts again": "#e69f00",
    "network finds it again": "#56b4e9",
    "TCP waits to send again": "#0072b2",
  },
  mappings: { "small-pages": "#a9bfd6", "as-backed": "#20558a" },
  windows: { best: "#0f7a8a", worst: "#c2185b" },
  configurations: ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#9a6700", "#8c959f"],
  deltas: { shorter: "#0072b2", longer: "#d55e00", sum: "#8c959f" },
  verdicts: {
    worse: "#d55e00",
    better: "#0072b2",
    different: "#aa4499",
    "did-not-finish": "#9a6700",
    inconclusive: "#59636e",
    same: "#9aa4af",
  },
  ends: { low: "#56a3d9", high: "#d55e00" },
  factors: { axis: "#009e73", measured: "#0072b2", assumed: "#d55e00" },
  deviceSteps: {
    "reset-device": "#cc79a7",
    "shutdown-device": "#9a6700",
    "probe-device": "#0072b2",
    "attach-devices": "#009e73",
  },
  // Light to dark in one direction: told apart without colour, too.
  heat: ["#cfe3f5", "#8dbbe0", "#4a8ec9", "#20558a", "#0b2545"],
  pairs: ["#0072b2", "#d55e00"],
};

const dark: Palette = {
  mode: "dark",
  ink: "#e6edf3",
  muted: "#9aa4af",
  paper: "#14181d",
  shade: "#252c34",
  phases: {
    preserve: "#1fb58a",
    freeze: "#6fc3f2",
    serialize: "#3a95d1",
    kexec: "#e8702a",
    restore: "#efb128",
    finish: "#d98db7",
    brownout: "#7d8894",
  },
  phaseInks: { freeze: "#000000", serialize: "#000000", kexec: "#000000", restore: "#000000" },
  effects: {
    "in-flight": "#7a6fd6",
    deferred: "#9ad6f2",
    "packet-lost": "#cf8ae0",
    "packet-kept": "#e0d28a",
    "dma-continues": "#52bdab",
    "dma-lost": "#c0478a",
    "interrupt-lost": "#e08a97",
    "interrupt-spurious": "#b9b957",
  },
  groups: { metadata: "#3a95d1", scratch: "#7d8894", temporary: "#c9b26b" },
  writes: { "all writes": "#4c6885", "first write since resume": "#8fc3f5" },
  kernels: ["#4a545f", "#2b323a"],
  quantities: { preserve: "#1fb58a", retrieve: "#efb128", reboot_to_userspace: "#e8702a", blackout: "#e6edf3" },
  fits: { "the profile was fitted to it": "#7d8894", "no fit has seen it": "#5aa9e6" },
  changes: { shorter: "#2fb3c6", longer: "#f06292", sum: "#7d8894" },
  releases: ["#d9a441", "#5aa9e6", "#d98db7", "#1fb58a"],
  updates: { "with the update": "#e8702a", "without the update": "#8c98a5" },
  waits: {
    "no packet comes": "#4a545f",
    "vCPUs stand still": "#e8702a",
    "device starts again": "#efb128",
    "network finds it again": "#6fc3f2",
    "TCP waits to send again": "#3a95d1",
  },
  mappings: { "small-pages": "#4c6885", "as-backed": "#8fc3f5" },
  windows: { best: "#2fb3c6", worst: "#f06292" },
  configurations: ["#5aa9e6", "#e8702a", "#1fb58a", "#d98db7", "#d9a441", "#7d8894"],
  deltas: { shorter: "#5aa9e6", longer: "#e8702a", sum: "#7d8894" },
  verdicts: {
    worse: "#e8702a",
    better: "#5aa9e6",
    different: "#cf8ae0",
    "did-not-finish": "#d9a441",
    inconclusive: "#b3bcc6",
    same: "#7d8894",
  },
  ends: { low: "#5aa9e6", high: "#e8702a" },
  factors: { axis: "#1fb58a", measured: "#5aa9e6", assumed: "#e8702a" },
  deviceSteps: {
    "reset-device": "#d98db7",
    "shutdown-device": "#d9a441",
    "probe-device": "#5aa9e6",
    "attach-devices": "#1fb58a",
  },
  heat: ["#24405e", "#2f6396", "#4a8fd0", "#8fc3f5", "#e3f1ff"],
  pairs: ["#5aa9e6", "#e8702a"],
};

export function createTheme(mode: Mode, medium: Medium = "image"): Theme {
  return { ...(mode === "light" ? light : dark), font: fonts[medium] };
}

/** Width of every plot without its axes, and of the labels to its left and right, so that charts line up. */
export const plotWidth = 800;
export const labelWidth = 180;

function themeConfig(theme: Theme): Config {
  const text = { font: theme.font, fontSize: 11 };
  return {
    font: theme.font,
    background: theme.paper,
    padding: { left: 4, right: 8, top: 4, bottom: 4 },
    view: { stroke: null },
    // The chart as a whole is described where it stands, and its table is beside it; a label a mark would be noise.
    aria: false,
    title: {
      ...text,
      fontSize: 13,
      fontWeight: "bold",
      color: theme.ink,
      anchor: "start",
      frame: "bounds",
      offset: 12,
    },
    axis: {
      labelFont: theme.font,
      titleFont: theme.font,
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: "normal",
      labelColor: theme.ink,
      titleColor: theme.muted,
      gridColor: theme.shade,
      domainColor: theme.muted,
      tickColor: theme.muted,
      labelLimit: labelWidth - 10,
      labelFlush: false,
    },
    axisY: { ticks: false, labelPadding: 6 },
    legend: {
      labelFont: theme.font,
      titleFont: theme.font,
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: "normal",
      labelColor: theme.ink,
      labelLimit: 400,
      titleColor: theme.muted,
      orient: "top",
      direction: "horizontal",
      symbolType: "square",
      symbolStrokeWidth: 0,
      offset: 6,
    },
    text: { ...text, color: theme.ink },
  };
}

/** A space at which a line may end: not the one between a number and its unit. */
const breakableSpace = /(?<!\d(?= (?:[nµm]?s|[KMGT]iB|B|%)(?![\w])))(?: )/;

/** Cuts a sentence into lines that fit above a chart. */
export function titleLines(title: string, maxChars = 118): string[] {
  const lines = [""];
  for (const word of title.split(breakableSpace)) {
    const line = lines.at(-1)!;
    if (line !== "" && line.length + 1 + word.length > maxChars) lines.push(word);
    else lines[lines.length - 1] = line === "" ? word : `${line} ${word}`;
  }
  return lines;
}

/** What charts differ in; the rest is the same for all. */
export interface ChartParts {
  readonly id: string;
  readonly title: string;
  readonly body: Readonly<Record<string, unknown>>;
  readonly zooms?: readonly Zoom[];
}

export function finishChart(parts: ChartParts, theme: Theme): Chart {
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    title: titleLines(parts.title),
    ...parts.body,
    config: themeConfig(theme),
  } as TopLevelSpec;
  return { id: parts.id, title: parts.title, spec, isEmpty: false, zooms: parts.zooms ?? [] };
}

/** A sentence in the place of a chart that would be empty. */
export function emptyChart(id: string, sentence: string, theme: Theme): Chart {
  const body = {
    width: plotWidth,
    height: 24,
    data: { values: [{ sentence }] },
    mark: { type: "text", align: "left", x: 0, color: theme.muted, fontSize: 12 },
    encoding: { text: { field: "sentence", type: "nominal" } },
  };
  return { ...finishChart({ id, title: sentence, body: { ...body, title: undefined } }, theme), isEmpty: true };
}

/** Axis labels in seconds for a scale in ns: the data stays in ns, only the label is divided. */
export const secondsLabel = "format(datum.value / 1e9, '.9~f')";

/** Labels that differ: two equal ones get a number, so that a scale keeps them apart. */
export function uniqueLabels(names: readonly string[]): string[] {
  const seen = new Map<string, number>();
  return names.map((name) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name} (${count})`;
  });
}

/** A y axis with a scale of numbers, whose plot begins where those with named lanes begin. */
export const numberAxis = { minExtent: labelWidth, maxExtent: labelWidth, titleX: -52 } as const;

/** Field names to show in a tooltip, each under its head. */
export function tooltipFields(heads: Readonly<Record<string, string>>): Layer[] {
  return Object.entries(heads).map(([field, title]) => ({ field, type: "nominal", title }));
}

/** Room that a text takes at 11 px, estimated; only for leaving labels out that would overlap. */
export function estimateTextPx(text: string): number {
  return text.length * 6.9 + 6;
}
