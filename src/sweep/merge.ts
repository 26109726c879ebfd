import { existsSync } from "node:fs";
import { join } from "node:path";

import { type ParquetColumns, ParquetParts } from "../analysis/index.ts";
import { FormatError } from "../base/index.ts";
import { costCatalogue, type CostId } from "../model/index.ts";
import { baseConfiguration, type DrawnInput, labelOfConfiguration, type RunList } from "../plan/index.ts";
import { estimateMorris, estimateOneAtATime, estimateSobol } from "../sensitivity/index.ts";
import { Evaluator } from "./evaluate.ts";
import { clearAside, listRuns, partsFolder, readSweep, resultsFolder } from "./folder.ts";
import { indexColumns, runColumns } from "./row.ts";
import { listMissing } from "./shards.ts";

/** A table of the results that is not large: its columns and its rows. */
interface SmallTable {
  readonly name: string;
  readonly columns: ParquetColumns;
  readonly rows: readonly Readonly<Record<string, unknown>>[];
}

const toLines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

/** NaN has no word in JSON. */
const orNull = (value: number): number | null => (Number.isFinite(value) ? value : null);

function configurationTable({ plan, configurations }: RunList): SmallTable {
  const rows = Array.from({ length: configurations.count + 1 }, (_, at) => at + baseConfiguration).map((index) => {
    const { values, traceIndex, profileIndex } = configurations.at(index);
    return {
      configuration_index: index,
      label: labelOfConfiguration({ values }, plan.axes),
      trace_name: plan.traces[traceIndex]!.name,
      profile_name: plan.profiles[profileIndex]!.name,
    };
  });
  const columns = { configuration_index: "INTEGER", label: "VARCHAR", trace_name: "VARCHAR", profile_name: "VARCHAR" };
  return { name: "configuration", columns, rows };
}

function settingTable({ plan, configurations }: RunList): SmallTable {
  const rows = Array.from({ length: configurations.count }, (_, index) =>
    configurations.at(index).values.map((value, axis) => ({
      configuration_index: index,
      axis_index: axis,
      axis: plan.axes[axis]!.key,
      unit: plan.axes[axis]!.unit,
      value_index: plan.axes[axis]!.values.indexOf(value),
      label: value.label,
      number: value.number,
    })),
  ).flat();
  const columns = {
    configuration_index: "INTEGER",
    axis_index: "UINTEGER",
    axis: "VARCHAR",
    unit: "VARCHAR",
    value_index: "UINTEGER",
    label: "VARCHAR",
    number: "DOUBLE",
  };
  return { name: "setting", columns, rows };
}

function inputTable(inputs: readonly DrawnInput[], evaluator: Evaluator): SmallTable {
  const costs = evaluator.baseCosts();
  const rows = inputs.map(({ name, target, unit, distribution, interval }, index) => {
    const cost = target === "cost" ? costs[name as CostId] : undefined;
    const isOwn = !cost || interval.low !== cost.lowNs || interval.high !== cost.highNs;
    return {
      input_index: index,
      name,
      target,
      unit,
      low: interval.low,
      base: distribution.base,
      high: interval.high,
      distribution: distribution.kind,
      // Of a constant: what is paid once a piece of what.
      per: cost ? costCatalogue[name as CostId].per : null,
      assumed: isOwn ? false : cost.assumed,
      source: isOwn ? "stated by the plan" : cost.source,
    };
  });
  const columns = {
    input_index: "UINTEGER",
    name: "VARCHAR",
    target: "VARCHAR",
    unit: "VARCHAR",
    low: "DOUBLE",
    base: "DOUBLE",
    high: "DOUBLE",
    distribution: "VARCHAR",
    per: "VARCHAR",
    assumed: "BOOLEAN",
    source: "VARCHAR",
  };
  return { name: "input", columns, rows };
}

type Answers = (kind: "tornado" | "morris" | "sobol") => Promise<Float64Array>;

async function tornadoTable({ tornado, inputNames }: RunList, answers: Answers): Promise<SmallTable | undefined> {
  if (!tornado) return undefined;
  const { baseAnswer, effects } = estimateOneAtATime(tornado, await answers("tornado"));
  const rows = effects.map(({ lowAnswer, highAnswer, swing }, index) => ({
    name: inputNames[index]!,
    base_ns: orNull(baseAnswer),
    low_ns: orNull(lowAnswer),
    high_ns: orNull(highAnswer),
    swing_ns: orNull(swing),
  }));
  const columns = { name: "VARCHAR", base_ns: "DOUBLE", low_ns: "DOUBLE", high_ns: "DOUBLE", swing_ns: "DOUBLE" };
  return { name: "tornado", columns, rows };
}

async function morrisTable(
  { morris, morrisFactors, plan }: RunList,
  answers: Answers,
): Promise<SmallTable | undefined> {
  if (!morris) return undefined;
  const { effects, usedCount, leftOutCount } = estimateMorris(morris, await answers("morris"), { seed: plan.seed });
  const rows = effects.map(({ mu, muStar, muStarLow, muStarHigh, sigma }, index) => ({
    name: morrisFactors[index]!.name,
    factor: morrisFactors[index]!.kind,
    mu_ns: orNull(mu),
    mu_star_ns: orNull(muStar),
    mu_star_low_ns: orNull(muStarLow),
    mu_star_high_ns: orNull(muStarHigh),
    sigma_ns: orNull(sigma),
    trajectory_count: usedCount,
    left_out_count: leftOutCount,
  }));
  const columns = {
    name: "VARCHAR",
    factor: "VARCHAR",
    mu_ns: "DOUBLE",
    mu_star_ns: "DOUBLE",
    mu_star_low_ns: "DOUBLE",
    mu_star_high_ns: "DOUBLE",
    sigma_ns: "DOUBLE",
    trajectory_count: "UINTEGER",
    left_out_count: "UINTEGER",
  };
  return { name: "morris", columns, rows };
}

async function sobolTable({ sobol, sobolFactors, plan }: RunList, answers: Answers): Promise<SmallTable | undefined> {
  if (!sobol) return undefined;
  const result = estimateSobol(sobol, await answers("sobol"), { seed: plan.seed });
  const rows = result.indices.map((index, factor) => ({
    name: sobolFactors[factor]!.name,
    factor: sobolFactors[factor]!.kind,
    first_ratio: orNull(index.first),
    first_low_ratio: orNull(index.firstLow),
    first_high_ratio: orNull(index.firstHigh),
    total_ratio: orNull(index.total),
    total_low_ratio: orNull(index.totalLow),
    total_high_ratio: orNull(index.totalHigh),
    sample_count: result.usedCount,
    left_out_count: result.leftOutCount,
  }));
  const columns = {
    name: "VARCHAR",
    factor: "VARCHAR",
    first_ratio: "DOUBLE",
    first_low_ratio: "DOUBLE",
    first_high_ratio: "DOUBLE",
    total_ratio: "DOUBLE",
    total_low_ratio: "DOUBLE",
    total_high_ratio: "DOUBLE",
    sample_count: "UINTEGER",
    left_out_count: "UINTEGER",
  };
  return { name: "sobol", columns, rows };
}

function indexLines(runs: RunList): string {
  const lines: string[] = [];
  for (let index = 0; index < runs.count; index++) {
    const { kind, configurationIndex = null, row } = runs.at(index);
    lines.push(
      `{"run_index":${index},"run_id":"${runs.idOf(index)}","kind":"${kind}","configuration_index":${configurationIndex},"draw_row":${row}}\n`,
    );
  }
  return lines.join("");
}

/** What is in a sweep's results. */
export interface MergedSweep {
  readonly runCount: number;
  readonly configurationCount: number;
}

/**
 * Puts the parts of a sweep together: every run of its plan once, in the plan's order, whoever made it and however often.
 *
 * Errors   UsageError while runs are missing, FormatError for a part that is damaged
 */
export async function mergeSweep(folder: string): Promise<MergedSweep> {
  const runs = listRuns(readSweep(folder));
  const missing = await listMissing(folder, runs, { from: 0, to: runs.count });
  if (missing.length > 0) {
    throw new FormatError(`${folder}: ${missing.length} of ${runs.count} runs are missing`, {
      hint: "luoscope sweep makes them; a shard that did not end can be started again",
    });
  }
  const evaluator = new Evaluator(runs);
  const parts = await ParquetParts.open();
  try {
    const target = (name: string) => join(folder, resultsFolder, `${name}.parquet`);
    const index = { columns: indexColumns, lines: indexLines(runs), key: "run_id" };
    await parts.merge(target("run"), index, { folder: join(folder, partsFolder), columns: runColumns });
    const answers: Answers = (kind) =>
      parts.readNumbers(target("run"), {
        column: "blackout_ns",
        orderBy: "draw_row",
        where: { column: "kind", is: kind },
      });
    const tables = [
      configurationTable(runs),
      settingTable(runs),
      inputTable(evaluator.baseInputs(), evaluator),
      await tornadoTable(runs, answers),
      await morrisTable(runs, answers),
      await sobolTable(runs, answers),
    ];
    for (const table of tables) if (table) await parts.write(target(table.name), table.columns, toLines(table.rows));
  } finally {
    parts.close();
  }
  clearAside(folder);
  return { runCount: runs.count, configurationCount: runs.configurations.count };
}

/** Whether a sweep was put together. */
export function isMerged(folder: string): boolean {
  return existsSync(join(folder, resultsFolder, "run.parquet"));
}
