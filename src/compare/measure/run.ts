import { createHash } from "node:crypto";
import { join } from "node:path";

import { type Database, openDatabase, runCatalogueQuery } from "../../analysis/index.ts";
import type { Json } from "../../base/index.ts";
import { blackoutPhases } from "../../model/index.ts";
import { flattenFields } from "../fields.ts";
import type { Breakdown, MeasuredInput, MeasuredStep, Measurement, MetricSeries, StepTerm } from "../measurement.ts";
import { knownMetric } from "../metrics.ts";
import { joinSeries, SeriesSet } from "../series.ts";
import { termOf } from "./terms.ts";

/** More VMs than any host has: a question's own limit is for pages. */
const allVms = 1_000_000;

/** What lies before and behind the blackout goes on while VMs run. */
const blackout: ReadonlySet<string> = blackoutPhases;

async function addTimes(database: Database<"run">, series: SeriesSet): Promise<void> {
  const [headline] = await runCatalogueQuery(database, "headline");
  series.of(knownMetric("blackout_ns")).add([], headline!.blackout_ns);
  for (const { phase, phase_ns: ns } of await runCatalogueQuery(database, "phases")) {
    series.of(knownMetric("phase_ns"), ["phase"]).add([phase], ns);
  }
  for (const { vm_name: vm, blackout_ns: ns } of await runCatalogueQuery(database, "vms", { vm_limit: allVms })) {
    series.of(knownMetric("vm_blackout_ns"), ["vm"]).add([vm], ns);
  }
  for (const row of await runCatalogueQuery(database, "downtimes")) {
    series.of(knownMetric("guest_visible_ns"), ["vm"]).add([row.vm_name], row.guest_visible_ns);
    // Without packets there is no service to be seen.
    if (row.service_visible_ns === null) continue;
    series.of(knownMetric("service_visible_ns"), ["vm"]).add([row.vm_name], row.service_visible_ns);
  }
}

async function addGuests(database: Database<"run">, series: SeriesSet): Promise<void> {
  for (const row of await runCatalogueQuery(database, "brownout-summary")) {
    const words = [row.vm_name, row.mapping];
    series.of(knownMetric("full_speed_ns"), ["vm", "mapping"]).add(words, row.full_speed_ns);
    series.of(knownMetric("brownout_lost_ns"), ["vm", "mapping"]).add(words, row.lost_ns);
  }
  for (const row of await runCatalogueQuery(database, "request-latency")) {
    const words = [row.device_name];
    if (row.p50_ns !== null) series.of(knownMetric("request_p50_ns"), ["device"]).add(words, row.p50_ns);
    if (row.p99_ns !== null) series.of(knownMetric("request_p99_ns"), ["device"]).add(words, row.p99_ns);
    series.of(knownMetric("request_stalled_ns"), ["device"]).add(words, row.stalled_ns);
  }
  for (const { device_name: device, dropped_count: count } of await runCatalogueQuery(database, "network-gaps")) {
    series.of(knownMetric("dropped_packet_count"), ["device"]).add([device], count);
  }
}

async function addMemory(database: Database<"run">, series: SeriesSet): Promise<void> {
  const [headline] = await runCatalogueQuery(database, "headline");
  const { metadata_bytes: metadata, scratch_bytes: scratch, kexec_image_bytes: image } = headline!;
  series.of(knownMetric("overhead_bytes")).add([], metadata + scratch + image);
  for (const { kind, overhead_bytes: bytes } of await runCatalogueQuery(database, "overhead-by-kind")) {
    series.of(knownMetric("overhead_kind_bytes"), ["kind"]).add([kind], bytes);
  }
  series.of(knownMetric("lost_event_count")).add([], headline!.lost_event_count);
}

/** The steps of each phase with what they are made of; none of runs that were written before these were kept. */
async function readSteps(database: Database<"run">): Promise<MeasuredStep[]> {
  const steps: (MeasuredStep & { terms: StepTerm[] })[] = [];
  for (const row of await runCatalogueQuery(database, "phase-steps")) {
    let step = steps.at(-1);
    if (step?.phase !== row.phase || step.id !== row.step) {
      step = { phase: row.phase, id: row.step, name: row.step, ns: row.step_ns, terms: [] };
      steps.push(step);
    }
    if (row.cost_name === null || row.cost_ns === null) continue;
    step.terms.push(termOf(row.cost_name, row.cost_ns, row.per ?? ""));
  }
  return steps;
}

function breakdownsOf(steps: readonly MeasuredStep[]): Breakdown[] {
  const sumOf = (of: readonly MeasuredStep[]): number => of.reduce((sum, { ns }) => sum + (ns ?? 0), 0);
  const inBlackout = steps.filter(({ phase }) => blackout.has(phase));
  const phases = [...new Set(steps.map(({ phase }) => phase))].filter((phase) => !blackout.has(phase));
  return [
    { metric: "blackout_ns", words: [], totalNs: sumOf(inBlackout), steps: inBlackout },
    ...phases.map((phase) => {
      const own = steps.filter((step) => step.phase === phase);
      return { metric: "phase_ns", words: [phase], totalNs: sumOf(own), steps: own };
    }),
  ];
}

async function readInputs(database: Database<"run">): Promise<MeasuredInput[]> {
  const { trace, scenario, profile, scenario_json: text, ...header } = database.header;
  const costs = await runCatalogueQuery(database, "cost-breakdown");
  const constants = new Map(costs.map(({ cost_name: name, unit_ns: ns }) => [`costs.${name}`, `${ns} ns`]));
  return [
    { kind: "trace", ...trace },
    { kind: "scenario", ...scenario, fields: flattenFields(JSON.parse(text) as Json) },
    { kind: "profile", name: profile.name, sha256: profile.sha256, fields: constants },
    { kind: "kernel", name: `${header.kernel_from} to ${header.kernel_to}` },
    { kind: "luoscope", name: header.luoscope_version },
    { kind: "seed", name: String(header.seed) },
  ];
}

interface MeasuredRun {
  readonly sha256: string;
  readonly breakdowns: readonly Breakdown[];
  readonly inputs: readonly MeasuredInput[];
  readonly hasSteps: boolean;
}

async function addRun(path: string, series: SeriesSet): Promise<MeasuredRun> {
  const database = await openDatabase({ kind: "run", path });
  try {
    await addTimes(database, series);
    const steps = await readSteps(database);
    for (const { phase, id, ns } of steps) series.of(knownMetric("step_ns"), ["phase", "step"]).add([phase, id], ns);
    await addGuests(database, series);
    await addMemory(database, series);
    const { sha256 } = database.header;
    return { sha256, breakdowns: breakdownsOf(steps), inputs: await readInputs(database), hasSteps: steps.length > 0 };
  } finally {
    database.close();
  }
}

const withoutSteps = "written before runs kept what their phases wait for: no steps";

/**
 * Everything of a run that is compared.
 *
 * Errors   UsageError if there is no such run, FormatError for a damaged one
 */
export async function measureRun(path: string, label: string): Promise<Measurement> {
  const series = new SeriesSet();
  const { sha256, breakdowns, inputs, hasSteps } = await addRun(path, series);
  return {
    label,
    path,
    kind: "run",
    sha256,
    series: series.build(),
    composed: new Map(),
    inputs,
    readBreakdowns: (metric) => Promise.resolve(breakdowns.filter((each) => each.metric === metric)),
    warnings: hasSteps ? [] : [`${label}: ${withoutSteps}`],
  };
}

/** A run's series with its name as the first dimension. */
function named(name: string, series: SeriesSet): MetricSeries[] {
  return series.build().map((each) => {
    const rowCount = each.offsets.length - 1;
    const names = Array.from({ length: rowCount }, () => name);
    return { ...each, dimensions: ["run", ...each.dimensions], words: [names, ...each.words] };
  });
}

/**
 * Runs that lie side by side in a folder: the folder's name of each is a dimension, so that runs of one name are compared.
 *
 * Errors   as those of `measureRun`
 */
export async function measureRuns(folder: string, names: readonly string[], label: string): Promise<Measurement> {
  const digest = createHash("sha256");
  const series: MetricSeries[] = [];
  const inputs: MeasuredInput[] = [];
  const breakdowns: Breakdown[] = [];
  for (const name of names) {
    const own = new SeriesSet();
    const run = await addRun(join(folder, name), own);
    digest.update(run.sha256);
    series.push(...named(name, own));
    inputs.push(...run.inputs.map((input) => ({ ...input, kind: `${name}: ${input.kind}` })));
    breakdowns.push(...run.breakdowns.map((each) => ({ ...each, words: [name, ...each.words] })));
  }
  return {
    label,
    path: folder,
    kind: "run",
    sha256: digest.digest("hex"),
    series: joinSeries(series),
    composed: new Map(),
    inputs,
    readBreakdowns: (metric) => Promise.resolve(breakdowns.filter((each) => each.metric === metric)),
    warnings: [],
  };
}
