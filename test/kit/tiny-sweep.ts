import { gibBytes, kibBytes, mibBytes, msNs, secNs } from "../../src/base/index.ts";
import { FolderWriter, runSchema, type SweepHeader, sweepSchema, type Table } from "../../src/trace/index.ts";

type Row = Readonly<Record<string, number | string | null>>;
const codeOf = (labels: readonly string[], label: string): number => labels.indexOf(label);

type Push = (table: Table, row: Row) => void;

interface TinyValue {
  readonly label: string;
  readonly value: number | null;
}

interface TinyAxis {
  readonly key: string;
  readonly unit: (typeof sweepSchema.unitLabels)[number];
  readonly values: readonly TinyValue[];
}

export interface TinySweepOptions {
  /** How many axes, the first ones; none leaves the scenario as it was written as the only configuration. */
  readonly axisCount?: number;
  /** Length of kexec with each size of scratch, the smallest first. */
  readonly kexecMs?: readonly number[];
  /** Draws of each configuration. */
  readonly repeats?: number;
  readonly sloNs?: number;
  readonly memoryLimitBytes?: number;
  /** Without runs of designs and what they say. */
  readonly withoutDesigns?: boolean;
  /** Numbers of configurations of which no run has an answer, with the reason. */
  readonly failing?: Readonly<Record<number, string>>;
  /** Configurations that are left out, as by constraints: those of which this is true of the values' numbers. */
  readonly leavesOut?: (numbers: readonly number[]) => boolean;
  /** Texts from outside, in place of the usual ones: labels, inputs, names, reasons. */
  readonly outside?: string;
  /** Leave every table empty. */
  readonly empty?: boolean;
}

const usualKexecMs = [1600, 1200, 1100];

const axesOf = (kexecMs: readonly number[]): readonly TinyAxis[] => [
  {
    key: "vms[*].folio",
    unit: "bytes",
    values: [
      { label: "4 KiB", value: 4 * kibBytes },
      { label: "64 KiB", value: 64 * kibBytes },
      { label: "1 MiB", value: mibBytes },
    ],
  },
  {
    key: "host.scratch",
    unit: "number",
    values: kexecMs.map((_, index) => ({ label: `${100 * (index + 1)}%`, value: 100 * (index + 1) })),
  },
  { key: "agent", unit: "text", values: ["one by one", "all at once"].map((label) => ({ label, value: null })) },
];

const inputs = [
  { name: "probeNicNs", target: "cost", unit: "ns", low: 50 * msNs, base: 500 * msNs, high: 3000 * msNs, assumed: 1 },
  { name: "copyPageNs", target: "cost", unit: "ns", low: 250, base: 500, high: 900, assumed: 0 },
  { name: "boot_ms", target: "boot", unit: "number", low: 700, base: 900, high: 1500, assumed: 0 },
] as const;

/** Phases of one run: smaller folios restore longer, more scratch boots sooner, one by one freezes longer. */
function phasesOf([folio = 0, scratch = 0, agent = 0]: readonly number[], { factor, kexecMs }: TinyRun) {
  const scaled = (ms: number): number => Math.round(ms * msNs * factor);
  return {
    preserve: scaled(400),
    freeze: scaled(agent === 0 ? 220 : 40),
    serialize: scaled(3),
    kexec: scaled(kexecMs[scratch]!),
    restore: scaled([2400, 900, 300][folio]!),
    finish: scaled(1),
  };
}

const inBlackout = ["freeze", "serialize", "kexec", "restore"] as const;

function memoryOf([folio = 0, scratch = 0]: readonly number[]) {
  return {
    metadata_bytes: [12, 3, 1][folio]! * mibBytes,
    scratch_bytes: 64 * (scratch + 1) * mibBytes,
    kexec_image_bytes: 40 * mibBytes,
  };
}

/** Steps of each phase; together exactly the phase. Agents that do all at once wait for nobody. */
function stepsOf(phases: ReturnType<typeof phasesOf>, [, , agent = 0]: readonly number[]): [string, string, number][] {
  return Object.entries(phases).flatMap(([phase, ns]): [string, string, number][] => {
    if (phase === "kexec") {
      return [
        [phase, "decompress", Math.round(ns * 0.3)],
        [phase, "probe-device", ns - Math.round(ns * 0.3)],
      ];
    }
    if (phase === "freeze" && agent === 0) {
      return [
        [phase, "pause-and-save", Math.round(ns / 4)],
        [phase, "wait-for-turn", ns - Math.round(ns / 4)],
      ];
    }
    return [[phase, phase === "freeze" ? "pause-and-save" : `${phase}-memory`, ns]];
  });
}

/** What each draw makes of every length; draw 0 has all medians. */
function factorOf(draw: number): number {
  return draw === 0 ? 1 : 0.8 + 0.15 * draw;
}

interface TinyRun {
  readonly kind: (typeof sweepSchema.runKindLabels)[number];
  readonly configuration: number | null;
  readonly numbers: readonly number[];
  readonly draw: number;
  readonly factor: number;
  readonly kexecMs: readonly number[];
  readonly withSteps: boolean;
  readonly failure?: { readonly status: "refused" | "failed"; readonly reason: string } | undefined;
}

const serviceColumns = ["in_flight_count", "waited_count", "stalled_ns", "worst_latency_ns", "catch_up_ns"];
const afterColumns = ["dropped_count", "fault_count", "lost_ns", "full_speed_ns"];

function pushRun(push: Push, run: TinyRun, index: number): void {
  const { kind, configuration, numbers, draw, failure } = run;
  const phases = phasesOf(numbers, run);
  const blackoutNs = inBlackout.reduce((sum, phase) => sum + phases[phase], 0);
  const answer: Row = {
    ...Object.fromEntries(Object.entries(phases).map(([phase, ns]) => [`${phase}_ns`, ns])),
    blackout_ns: blackoutNs,
    ...memoryOf(numbers),
    transient_peak_bytes: 32 * mibBytes,
    ...Object.fromEntries([...serviceColumns, ...afterColumns].map((name) => [name, 7])),
  };
  push(sweepSchema.sweepRunTable, {
    run_id: index.toString(16).padStart(24, "0"),
    kind: codeOf(sweepSchema.runKindLabels, kind),
    configuration_index: configuration,
    draw_index: draw,
    status: codeOf(sweepSchema.runStatusLabels, failure?.status ?? "done"),
    reason: failure?.reason ?? "",
    ...(failure ? Object.fromEntries(Object.keys(answer).map((name) => [name, null])) : answer),
  });
  if (failure) return;
  // Three VMs run again before the last one does.
  const pause = (ns: number, vms: number) =>
    push(sweepSchema.runPauseTable, { run_index: index, pause_ns: ns, vm_count: vms });
  pause(blackoutNs - phases.freeze, 3);
  pause(blackoutNs, 1);
  if (!run.withSteps) return;
  for (const [phase, step, ns] of stepsOf(phases, numbers)) {
    push(sweepSchema.runStepTable, {
      run_index: index,
      phase: codeOf(runSchema.phaseLabels, phase),
      step,
      step_ns: ns,
    });
  }
}

/** All choices of the axes' values, the last axis fastest. */
function choices(counts: readonly number[]): number[][] {
  return counts.reduce<number[][]>(
    (known, count) => known.flatMap((numbers) => Array.from({ length: count }, (_, number) => [...numbers, number])),
    [[]],
  );
}

function pushConfigurations(push: Push, chosen: readonly TinyAxis[], all: readonly number[][], outside?: string): void {
  for (const { key, unit, values } of chosen) {
    const unitCode = codeOf(sweepSchema.unitLabels, unit);
    push(sweepSchema.axisTable, { key: outside ?? key, unit: unitCode, value_count: values.length });
  }
  for (const [index, numbers] of [...all, undefined].entries()) {
    const words = numbers?.map((number, axis) => {
      return `${chosen[axis]!.key.replace(/^.*\./, "")} ${chosen[axis]!.values[number]!.label}`;
    });
    const label = words === undefined || words.length === 0 ? "as written" : words.join(", ");
    push(sweepSchema.configurationTable, {
      label: outside === undefined ? label : `${outside} ${index}`,
      is_base: numbers ? 0 : 1,
      trace_name: outside ?? "tiny",
      profile_name: outside ?? "baseline",
    });
    for (const [axis, number] of (numbers ?? []).entries()) {
      const { label: value, value: measure } = chosen[axis]!.values[number]!;
      push(sweepSchema.settingTable, {
        configuration_index: index,
        axis_index: axis,
        value_index: number,
        label: outside === undefined ? value : `${outside} ${number}`,
        value: measure,
      });
    }
  }
}

function pushDesigns(push: Push, chosen: readonly TinyAxis[], outside?: string): void {
  for (const [index, { name, target, unit, low, base, high, assumed }] of inputs.entries()) {
    push(sweepSchema.inputTable, {
      name: outside === undefined ? name : `${outside} ${index}`,
      target: codeOf(sweepSchema.targetLabels, target),
      unit: codeOf(sweepSchema.unitLabels, unit),
      distribution: "lognormal",
      low,
      base,
      high,
      per: outside ?? (target === "cost" ? "page copied" : ""),
      assumed,
      source: outside ?? (assumed ? "assumed: nobody measured it" : "a bench"),
    });
    const row = { name: outside === undefined ? name : `${outside} ${index}`, base_ns: 4223 * msNs };
    // The last has the lower end to its right.
    const [lowNs, highNs] = [
      [3800 * msNs, 6700 * msNs],
      [4100 * msNs, 4423 * msNs],
      [4300 * msNs, 4190 * msNs],
    ][index]!;
    push(sweepSchema.tornadoTable, { ...row, low_ns: lowNs!, high_ns: highNs! });
  }
  const factors = [
    ...chosen.map(({ key }) => ({ name: key, kind: "axis" })),
    ...inputs.map(({ name }) => ({ name, kind: "input" })),
  ];
  for (const [index, { name, kind }] of factors.entries()) {
    const sizeNs = Math.round((2400 * msNs) / (index + 1));
    push(sweepSchema.morrisTable, {
      name: outside === undefined ? name : `${outside} ${index}`,
      factor: codeOf(sweepSchema.factorLabels, kind),
      mu_ns: index % 2 === 0 ? sizeNs : -sizeNs,
      mu_star_ns: sizeNs,
      mu_star_low_ns: sizeNs * 0.6,
      mu_star_high_ns: sizeNs * 1.5,
      sigma_ns: sizeNs * (index % 3 === 0 ? 1.2 : 0.4),
      used_count: 10,
      left_out_count: 1,
    });
  }
  for (const [index, { name, kind }] of [...factors, { name: "all others", kind: "others" }].entries()) {
    const total = 0.5 / (index + 1);
    push(sweepSchema.sobolTable, {
      name: outside === undefined ? name : `${outside} ${index}`,
      factor: codeOf(sweepSchema.factorLabels, kind),
      first_ratio: total - 0.09,
      first_low_ratio: total - 0.2,
      first_high_ratio: total + 0.1,
      total_ratio: total,
      total_low_ratio: total - 0.05,
      total_high_ratio: total + 0.1,
      used_count: 64,
      left_out_count: 2,
    });
  }
}

function runsOf(all: readonly number[][], options: TinySweepOptions): TinyRun[] {
  const { repeats = 4, failing = {}, withoutDesigns, kexecMs = usualKexecMs } = options;
  const grid = all.flatMap((numbers, configuration) =>
    Array.from({ length: repeats + 1 }, (_, draw): TinyRun => {
      const reason = failing[configuration];
      const failure =
        reason === undefined ? undefined : { status: draw === 0 ? ("failed" as const) : ("refused" as const), reason };
      return {
        kind: "grid",
        configuration,
        numbers,
        draw,
        factor: factorOf(draw),
        kexecMs,
        withSteps: draw === 0,
        failure,
      };
    }),
  );
  if (withoutDesigns) return grid;
  const base = Array.from({ length: 2 * inputs.length + 1 }, (_, draw): TinyRun => {
    return {
      kind: "tornado",
      configuration: all.length,
      numbers: [0, 0, 0],
      draw,
      factor: 1,
      kexecMs,
      withSteps: draw === 0,
    };
  });
  const leftOut: TinyRun[] = [0, 1].map((draw) => ({
    kind: "sobol",
    configuration: null,
    numbers: [],
    draw,
    factor: 1,
    kexecMs,
    withSteps: false,
    failure: { status: "refused", reason: "constraints leave its configuration out" },
  }));
  return [...grid, ...base, ...leftOut];
}

/** Writes the results of a small, plausible sweep: what a plan of three axes would come to, without a plan. */
export function writeTinySweep(target: string, options: TinySweepOptions = {}): SweepHeader {
  const { axisCount = 3, outside, empty, leavesOut, kexecMs = usualKexecMs } = options;
  const writer = new FolderWriter("sweep", target);
  for (const table of sweepSchema.sweepTables) writer.table(table);
  const push: Push = (table, row) => writer.table(table).push(row);
  const chosen = axesOf(kexecMs).slice(0, axisCount);
  const all = choices(chosen.map(({ values }) => values.length)).filter((numbers) => leavesOut?.(numbers) !== true);
  if (!empty) {
    pushConfigurations(push, chosen, all, outside);
    for (const [index, run] of runsOf(all, options).entries()) pushRun(push, run, index);
    if (!options.withoutDesigns) pushDesigns(push, chosen, outside);
  }
  const hash = (digit: string): string => digit.repeat(64);
  return writer.finish({
    luoscope_version: "0.1.0",
    plan: { name: outside ?? "tiny plan", sha256: hash("a") },
    traces: empty ? [] : [{ name: outside ?? "tiny", sha256: hash("b") }],
    profiles: empty ? [] : [{ name: outside ?? "baseline", sha256: hash("c") }],
    seed: 7,
    repeats: options.repeats ?? 4,
    slo: {
      name: outside ?? "pause-3s",
      pause_ns: options.sloNs ?? 3 * secNs,
      vm_ratio: 0.9,
      source: outside ?? "stated by the user",
    },
    memory_limit_bytes: options.memoryLimitBytes ?? gibBytes / 4,
  });
}
