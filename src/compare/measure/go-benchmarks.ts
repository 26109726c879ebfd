import { FormatError } from "../../base/index.ts";
import type { Polarity } from "../metric.ts";
import type { MetricSeries } from "../measurement.ts";
import { foreignMetric } from "../metrics.ts";
import { SeriesSet } from "../series.ts";

/**
 * Units that Go's benchmarks write, as ours: name, and what a value is multiplied with.
 *
 * Source   golang.org/design/14313-benchmark-format
 */
const goUnits: Readonly<Record<string, readonly [metric: string, factor: number, polarity?: Polarity]>> = {
  "ns/op": ["op_ns", 1],
  "sec/op": ["op_ns", 1e9],
  "B/op": ["op_bytes", 1],
  "allocs/op": ["allocations_per_op", 1, "lower"],
  "MB/s": ["megabytes_per_sec", 1],
  "B/s": ["bytes_per_sec", 1],
};

const configLine = /^([a-z][^\sA-Z:]*):\s*(.*)$/;
const resultLine = /^Benchmark(\S*)\s+(\d+)\s+(.+)$/;
const unitLine = /^Unit\s+(\S+)\s+(.*)$/;

/** What the file says of its own units. */
interface SaidUnit {
  polarity?: Polarity;
  exact?: boolean;
}

function readUnit(words: string): SaidUnit {
  const said: SaidUnit = {};
  if (/\bbetter=higher\b/.test(words)) said.polarity = "higher";
  if (/\bbetter=lower\b/.test(words)) said.polarity = "lower";
  if (/\bassume=exact\b/.test(words)) said.exact = true;
  return said;
}

function metricName(unit: string): string {
  const word = unit.replaceAll(/[^A-Za-z0-9_]+/g, "_").replaceAll(/^_+|_+$/g, "");
  return /^[A-Za-z]/.test(word) ? word : `unit_${word}`;
}

/** Whether a text looks like the output of Go's benchmarks. */
export function looksLikeGoBenchmarks(text: string): boolean {
  return /^Benchmark\S*\s+\d+\s+\S+\s+\S+/m.test(text.slice(0, 65_536));
}

/**
 * Samples in the text that Go's benchmarks print: a line a sample, a metric a unit.
 *
 * Errors   FormatError with the line for a value that is no number, or if there is no benchmark
 */
export function seriesOfGoBenchmarks(text: string, path: string): readonly MetricSeries[] {
  const series = new SeriesSet();
  const said = new Map<string, SaidUnit>();
  let config = new Map<string, string>();
  const dimensions = ["benchmark", "pkg"];
  for (const [index, line] of text.split("\n").entries()) {
    const unit = unitLine.exec(line);
    if (unit) said.set(unit[1]!, { ...said.get(unit[1]!), ...readUnit(unit[2]!) });
    const setting = configLine.exec(line.trimEnd());
    if (setting) config = new Map(config).set(setting[1]!, setting[2]!);
    const result = resultLine.exec(line.trimEnd());
    if (!result) continue;
    const fields = result[3]!.split(/\s+/);
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const value = Number(fields[at]);
      const goUnit = fields[at + 1]!;
      if (fields[at] === "" || Number.isNaN(value)) {
        throw new FormatError(`${path}, line ${index + 1}: "${fields[at]!.slice(0, 40)}" is no number`);
      }
      const [name, factor, polarity] = goUnits[goUnit] ?? [metricName(goUnit), 1];
      const metric = foreignMetric(name, { ...(polarity ? { polarity } : {}), ...said.get(goUnit) });
      series.of(metric, dimensions).add([result[1]!, config.get("pkg") ?? ""], value * factor);
    }
  }
  const built = series.build();
  if (built.length === 0) throw new FormatError(`${path}: no benchmark in it`);
  return built;
}
