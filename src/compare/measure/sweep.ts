import { type CatalogueRow, type Database, openDatabase, runCatalogueQuery } from "../../analysis/index.ts";
import { blackoutPhases } from "../../model/index.ts";
import type { Breakdown, MeasuredInput, Measurement } from "../measurement.ts";
import { knownMetric } from "../metrics.ts";
import { SeriesSet } from "../series.ts";

type Run = CatalogueRow<"sweep-grid-runs">;

const inBlackout: ReadonlySet<string> = blackoutPhases;

const phases = ["preserve", "freeze", "serialize", "kexec", "restore", "finish"] as const;

/** A configuration's label and, as dimensions of their own, what it has chosen of each axis. */
interface Places {
  readonly dimensions: readonly string[];
  readonly wordsOf: (configurationIndex: number, label: string) => readonly string[];
}

async function readPlaces(database: Database<"sweep">): Promise<Places> {
  const axes: string[] = [];
  const chosen = new Map<number, Map<string, string>>();
  for (const { configuration_index: index, axis_name: axis, value_label: value } of await runCatalogueQuery(
    database,
    "sweep-settings",
  )) {
    if (!axes.includes(axis)) axes.push(axis);
    const own = chosen.get(index) ?? new Map<string, string>();
    chosen.set(index, own.set(axis, value));
  }
  return {
    dimensions: ["configuration", ...axes],
    wordsOf: (index, label) => [label, ...axes.map((axis) => chosen.get(index)?.get(axis) ?? "")],
  };
}

function addRuns(series: SeriesSet, runs: readonly Run[], { dimensions, wordsOf }: Places): void {
  const own = {
    blackout: series.of(knownMetric("blackout_ns"), dimensions),
    phase: series.of(knownMetric("phase_ns"), [...dimensions, "phase"]),
    overhead: series.of(knownMetric("overhead_bytes"), dimensions),
    fullSpeed: series.of(knownMetric("full_speed_ns"), dimensions),
    stalled: series.of(knownMetric("request_stalled_ns"), dimensions),
    dropped: series.of(knownMetric("dropped_packet_count"), dimensions),
  };
  for (const run of runs) {
    const words = wordsOf(run.configuration_index, run.label);
    own.blackout.add(words, run.blackout_ns);
    for (const phase of phases) own.phase.add([...words, phase], run[`${phase}_ns`]);
    own.overhead.add(words, run.overhead_bytes);
    own.fullSpeed.add(words, run.full_speed_ns);
    own.stalled.add(words, run.stalled_ns);
    own.dropped.add(words, run.dropped_count);
  }
}

async function addAnswers(database: Database<"sweep">, series: SeriesSet, places: Places): Promise<void> {
  const { dimensions, wordsOf } = places;
  for (const row of await runCatalogueQuery(database, "sweep-configurations")) {
    const words = wordsOf(row.configuration_index, row.label);
    series.of(knownMetric("slo_quantile_ns"), dimensions).add(words, row.slo_quantile_ns);
    series.of(knownMetric("worst_pause_ns"), dimensions).add(words, row.worst_pause_ns);
    series.of(knownMetric("attained_ratio"), dimensions).add(words, row.attained_ratio);
    series.of(knownMetric("held_ratio"), dimensions).add(words, row.held_ratio);
    series.of(knownMetric("feasible_flag"), dimensions).add(words, Number(row.is_feasible));
  }
}

/** Steps are many and asked for a few configurations only: read then, with the inputs at their medians. */
async function readSweepBreakdowns(
  path: string,
  indexOf: ReadonlyMap<string, number>,
  rows: readonly (readonly string[])[],
): Promise<Breakdown[]> {
  const database = await openDatabase({ kind: "sweep", path });
  try {
    const breakdowns: Breakdown[] = [];
    for (const words of rows) {
      const index = indexOf.get(words[0] ?? "");
      if (index === undefined) continue;
      const found = await runCatalogueQuery(database, "sweep-configuration-steps", { configuration_index: index });
      const steps = found
        .filter(({ phase }) => inBlackout.has(phase))
        .map(({ phase, step, step_ns: ns }) => ({ phase, id: step, name: step, ns, terms: [] }));
      const totalNs = steps.reduce((sum, { ns }) => sum + ns, 0);
      if (steps.length > 0) breakdowns.push({ metric: "blackout_ns", words, totalNs, steps });
    }
    return breakdowns;
  } finally {
    database.close();
  }
}

async function readInputs(database: Database<"sweep">): Promise<MeasuredInput[]> {
  const { plan, seed, repeats, slo, memory_limit_bytes: limit, luoscope_version: version } = database.header;
  const sources = await runCatalogueQuery(database, "sweep-inputs");
  const settings = { seed, repeats, "slo.name": slo.name, "slo.pause_ns": slo.pause_ns, memory_limit_bytes: limit };
  const fields = new Map(Object.entries(settings).map(([key, value]) => [key, String(value)]));
  return [
    { kind: "plan", ...plan, fields },
    ...sources
      .filter(({ input_kind: kind }) => kind === "trace" || kind === "cost profile")
      .map(({ input_kind: kind, input_name: name, sha256 }) => ({ kind, name, sha256 })),
    { kind: "luoscope", name: version },
  ];
}

/**
 * Everything of a sweep's results that is compared: of each configuration its draws, and what they come to.
 *
 * Errors   UsageError if there are no such results, FormatError for damaged ones
 */
export async function measureSweep(path: string, label: string): Promise<Measurement> {
  const database = await openDatabase({ kind: "sweep", path });
  try {
    const places = await readPlaces(database);
    const runs = await runCatalogueQuery(database, "sweep-grid-runs");
    const series = new SeriesSet();
    addRuns(series, runs, places);
    await addAnswers(database, series, places);
    const indexOf = new Map(runs.map(({ configuration_index: index, label: name }) => [name, index]));
    return {
      label,
      path,
      kind: "sweep",
      sha256: database.header.sha256,
      series: series.build(),
      composed: new Map([["configuration", places.dimensions.slice(1)]]),
      inputs: await readInputs(database),
      readBreakdowns: (metric, rows) =>
        metric === "blackout_ns" ? readSweepBreakdowns(path, indexOf, rows) : Promise.resolve([]),
      warnings: [],
    };
  } finally {
    database.close();
  }
}
