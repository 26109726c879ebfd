import { join } from "node:path";

import { ParquetParts } from "../analysis/index.ts";
import { canonicalJson, FormatError } from "../base/index.ts";
import { costCatalogue, type CostId } from "../model/index.ts";
import { baseConfiguration, labelOfConfiguration, type RunList, sha256Of, runKinds } from "../plan/index.ts";
import { estimateMorris, estimateOneAtATime, estimateSobol } from "../sensitivity/index.ts";
import { type Cell, FolderWriter, runSchema, type SweepHeader, sweepSchema, type Table } from "../trace/index.ts";
import { Evaluator } from "./evaluate.ts";
import { clearAside, listRuns, partsFolder, readSweep, resultsFolder, type Sweep, sweepSha256 } from "./folder.ts";
import { indexColumns, runColumns } from "./row.ts";
import { findRuns } from "./shards.ts";

type Push = (table: Table, row: Readonly<Record<string, Cell>>) => void;

const { unitLabels, targetLabels, factorLabels, runStatusLabels } = sweepSchema;

/** NaN is no value of a table. */
const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

/** The scenario as it was written comes last: it is no configuration of the axes. */
function configurationCode(index: number | null, { configurations }: RunList): number | null {
  return index === baseConfiguration ? configurations.count : index;
}

function pushAxes(push: Push, { plan, configurations }: RunList): void {
  for (const { key, unit, values } of plan.axes) {
    push(sweepSchema.axisTable, { key, unit: unitLabels.indexOf(unit), value_count: values.length });
  }
  for (let at = 0; at <= configurations.count; at++) {
    const isBase = at === configurations.count;
    const { values, traceIndex, profileIndex } = configurations.at(isBase ? baseConfiguration : at);
    push(sweepSchema.configurationTable, {
      label: labelOfConfiguration({ values }, plan.axes),
      is_base: Number(isBase),
      trace_name: plan.traces[traceIndex]!.name,
      profile_name: plan.profiles[profileIndex]!.name,
    });
    for (const [axis, value] of values.entries()) {
      push(sweepSchema.settingTable, {
        configuration_index: at,
        axis_index: axis,
        value_index: plan.axes[axis]!.values.indexOf(value),
        label: value.label,
        value: value.number,
      });
    }
  }
}

function pushInputs(push: Push, runs: RunList): void {
  const evaluator = new Evaluator(runs);
  const costs = evaluator.baseCosts();
  const stated = new Set(runs.plan.inputs.map(({ name }) => name));
  for (const { name, target, unit, distribution, interval } of evaluator.baseInputs()) {
    const cost = target === "cost" ? costs[name as CostId] : undefined;
    push(sweepSchema.inputTable, {
      name,
      target: targetLabels.indexOf(target),
      unit: unitLabels.indexOf(unit),
      distribution: distribution.kind,
      low: interval.low,
      base: distribution.base,
      high: interval.high,
      per: cost ? costCatalogue[name as CostId].per : "",
      assumed: Number(!stated.has(name) && cost?.assumed === true),
      source: stated.has(name) || !cost ? "stated by the plan" : cost.source,
    });
  }
}

/** Columns of a run that parts and results share, but for texts and codes. */
const answerColumns = sweepSchema.sweepRunTable.columns
  .map(({ name }) => name)
  .filter((name) => !["run_id", "kind", "configuration_index", "draw_index", "status", "reason"].includes(name));

async function pushRuns(push: Push, parts: ParquetParts, runs: RunList): Promise<Map<string, Float64Array>> {
  const heads = ["run_id", "kind", "configuration_index", "draw_index", "status", "reason"];
  const blackoutColumn = heads.length + answerColumns.indexOf("blackout_ns");
  const answers = new Map<string, Float64Array>(
    runKinds.map((kind) => [kind, new Float64Array(runs.segment(kind).count).fill(Number.NaN)]),
  );
  let index = 0;
  for await (const row of parts.readJoined([...heads, ...answerColumns], "run_index")) {
    const kind = row[1] as (typeof runKinds)[number];
    const cells = answerColumns.map((name, at) => [name, row[heads.length + at] as number | null] as const);
    push(sweepSchema.sweepRunTable, {
      run_id: row[0] as string,
      kind: sweepSchema.runKindLabels.indexOf(kind),
      configuration_index: configurationCode(row[2] as number | null, runs),
      draw_index: row[3] as number,
      status: runStatusLabels.indexOf(row[4] as (typeof runStatusLabels)[number]),
      reason: (row[5] as string | null) ?? "",
      ...Object.fromEntries(cells),
    });
    answers.get(kind)![index - runs.segment(kind).from] = (row[blackoutColumn] as number | null) ?? Number.NaN;
    index++;
  }
  return answers;
}

async function pushLists(push: Push, parts: ParquetParts): Promise<void> {
  for await (const [run, pauseNs, vmCount] of parts.readLists(["pause_ns", "pause_vm_count"], "run_index")) {
    const row = { run_index: run as number, pause_ns: pauseNs as number, vm_count: vmCount as number };
    push(sweepSchema.runPauseTable, row);
  }
  for await (const [run, phase, step, stepNs] of parts.readLists(["step_phase", "step", "step_ns"], "run_index")) {
    push(sweepSchema.runStepTable, {
      run_index: run as number,
      phase: runSchema.phaseLabels.indexOf(phase as (typeof runSchema.phaseLabels)[number]),
      step: step as string,
      step_ns: stepNs as number,
    });
  }
}

function pushTornado(push: Push, { tornado, inputNames }: RunList, answers: Float64Array): void {
  if (!tornado) return;
  const { baseAnswer, effects } = estimateOneAtATime(tornado, answers);
  for (const [index, { lowAnswer, highAnswer }] of effects.entries()) {
    push(sweepSchema.tornadoTable, {
      name: inputNames[index]!,
      base_ns: orNull(baseAnswer),
      low_ns: orNull(lowAnswer),
      high_ns: orNull(highAnswer),
    });
  }
}

function pushMorris(push: Push, { morris, morrisFactors, plan }: RunList, answers: Float64Array): void {
  if (!morris) return;
  const { effects, usedCount, leftOutCount } = estimateMorris(morris, answers, { seed: plan.seed });
  for (const [index, { mu, muStar, muStarLow, muStarHigh, sigma }] of effects.entries()) {
    push(sweepSchema.morrisTable, {
      name: morrisFactors[index]!.name,
      factor: factorLabels.indexOf(morrisFactors[index]!.kind),
      mu_ns: orNull(mu),
      mu_star_ns: orNull(muStar),
      mu_star_low_ns: orNull(muStarLow),
      mu_star_high_ns: orNull(muStarHigh),
      sigma_ns: orNull(sigma),
      used_count: usedCount,
      left_out_count: leftOutCount,
    });
  }
}

function pushSobol(push: Push, { sobol, sobolFactors, plan }: RunList, answers: Float64Array): void {
  if (!sobol) return;
  const { indices, usedCount, leftOutCount } = estimateSobol(sobol, answers, { seed: plan.seed });
  for (const [index, each] of indices.entries()) {
    push(sweepSchema.sobolTable, {
      name: sobolFactors[index]!.name,
      factor: factorLabels.indexOf(sobolFactors[index]!.kind),
      first_ratio: orNull(each.first),
      first_low_ratio: orNull(each.firstLow),
      first_high_ratio: orNull(each.firstHigh),
      total_ratio: orNull(each.total),
      total_low_ratio: orNull(each.totalLow),
      total_high_ratio: orNull(each.totalHigh),
      used_count: usedCount,
      left_out_count: leftOutCount,
    });
  }
}

/** Lines that are made and written together: all of a large plan are longer than a string may be. */
const indexChunk = 10_000;

function* indexLines(runs: RunList): Generator<string> {
  let lines: string[] = [];
  for (let index = 0; index < runs.count; index++) {
    const { kind, configurationIndex = null, row } = runs.at(index);
    const place = `"configuration_index":${configurationIndex},"draw_index":${row}`;
    lines.push(`{"run_index":${index},"run_id":"${runs.idOf(index)}","kind":"${kind}",${place}}\n`);
    if (lines.length < indexChunk && index < runs.count - 1) continue;
    yield lines.join("");
    lines = [];
  }
}

async function writeResults(out: FolderWriter<"sweep">, parts: ParquetParts, sweep: Sweep, runs: RunList) {
  const push: Push = (table, row) => out.table(table).push(row);
  // Every table has its file, also an empty one.
  for (const table of sweepSchema.sweepTables) out.table(table);
  pushAxes(push, runs);
  pushInputs(push, runs);
  const answers = await pushRuns(push, parts, runs);
  await pushLists(push, parts);
  pushTornado(push, runs, answers.get("tornado")!);
  pushMorris(push, runs, answers.get("morris")!);
  pushSobol(push, runs, answers.get("sobol")!);
  const { plan, version } = sweep;
  return out.finish({
    luoscope_version: version,
    plan: { name: plan.name, sha256: sweepSha256(sweep) },
    traces: plan.traces.map(({ name, sha256 }) => ({ name, sha256 })),
    profiles: plan.profiles.map((profile) => ({ name: profile.name, sha256: sha256Of(canonicalJson(profile)) })),
    seed: plan.seed,
    repeats: plan.repeats,
    slo: { name: plan.slo.name, pause_ns: plan.slo.pauseNs, vm_ratio: plan.slo.vmRatio, source: plan.slo.source },
    memory_limit_bytes: plan.memoryLimitBytes ?? 0,
  });
}

/**
 * Puts the parts of a sweep together: every run of its plan once, in the plan's order, whoever made it and however often
 * (one that failed and was done in a later go is done: `done` comes before `failed`);
 * and what the designs say of them.
 *
 * Errors   FormatError while runs are missing, or for a part that is damaged
 */
export async function mergeSweep(folder: string): Promise<SweepHeader> {
  const sweep = readSweep(folder);
  const runs = listRuns(sweep);
  const { missing } = await findRuns(folder, runs, { from: 0, to: runs.count, failed: "count" });
  if (missing.length > 0) {
    throw new FormatError(`${folder}: ${missing.length} of ${runs.count} runs are missing`, {
      hint: "luoscope sweep makes them; a shard that did not end can be started again",
    });
  }
  const parts = await ParquetParts.open();
  const out = new FolderWriter("sweep", join(folder, resultsFolder));
  try {
    const index = { columns: indexColumns, lines: indexLines(runs), key: "run_id", first: "status" };
    await parts.join(index, { folder: join(folder, partsFolder), columns: runColumns });
    const header = await writeResults(out, parts, sweep, runs);
    clearAside(folder);
    return header;
  } catch (error) {
    out.discard();
    throw error;
  } finally {
    parts.close();
  }
}
