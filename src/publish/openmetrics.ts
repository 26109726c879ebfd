import type { DifferenceRow, MetricUnit } from "../compare/index.ts";
import { fitKey, keyEscape, KeySet } from "./keys.ts";
import type { Published } from "./published.ts";

const escapeHidden = keyEscape("");

/** Units as OpenMetrics wants them, in base units: a name's last words, and what a value is divided by. */
const units: Readonly<Record<MetricUnit, { readonly of: string; readonly unit: string; readonly size: number }>> = {
  ns: { of: "_ns", unit: "seconds", size: 1e9 },
  bytes: { of: "_bytes", unit: "bytes", size: 1 },
  pages: { of: "_pages", unit: "pages", size: 1 },
  ratio: { of: "_ratio", unit: "ratio", size: 1 },
  per_sec: { of: "_per_sec", unit: "per_second", size: 1 },
  count: { of: "", unit: "", size: 1 },
  flag: { of: "", unit: "", size: 1 },
  "1": { of: "", unit: "", size: 1 },
};

/** Families that are always there, and what else would be taken for them. */
const ownFamilies = ["comparison", "comparison_info", "change_ratio", "verdict", "rule"];
const ownLabels = ["metric", "verdict", "duplicate"];

function wordOf(text: string): string {
  const word = fitKey(text).replaceAll(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z]/.test(word) ? word : `x${word}`;
}

function numberText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (Number.isFinite(value)) return String(value);
  return value > 0 ? "+Inf" : "-Inf";
}

type Labels = readonly (readonly [name: string, value: string])[];

function labelsText(labels: Labels): string {
  // An empty value is the same as no label: fitKey gives none.
  const parts = labels.map(([name, value]) => {
    const text = fitKey(escapeHidden(value)).replaceAll("\\", "\\\\").replaceAll('"', '\\"');
    return `${name}="${text}"`;
  });
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}

interface FamilyHead {
  readonly name: string;
  readonly type: "gauge" | "info";
  readonly unit?: string;
  readonly help: string;
}

/** A family: its head, then all its samples. */
class Family {
  readonly #lines: string[];
  readonly #sampleName: string;
  readonly #sets = new Map<string, number>();

  constructor({ name, type, unit = "", help }: FamilyHead) {
    this.#sampleName = type === "info" ? `${name}_info` : name;
    this.#lines = [
      `# TYPE ${name} ${type}`,
      ...(unit === "" ? [] : [`# UNIT ${name} ${unit}`]),
      `# HELP ${name} ${escapeHidden(help).replaceAll("\\", "\\\\").replaceAll('"', '\\"')}`,
    ];
  }

  /** Two samples of a family may not have the same labels: a second one is told from the first by its number. */
  add(labels: Labels, value: number): void {
    const text = labelsText(labels);
    // The order of labels says nothing.
    const set = labelsText([...labels].sort(([one], [other]) => (one < other ? -1 : 1)));
    const count = (this.#sets.get(set) ?? 0) + 1;
    this.#sets.set(set, count);
    const unique = count === 1 ? text : labelsText([...labels, ["duplicate", String(count)]]);
    this.#lines.push(`${this.#sampleName}${unique} ${numberText(value)}`);
  }

  lines(): readonly string[] {
    return this.#lines;
  }
}

/** Names of labels, the same of a dimension in every row; two dimensions never share one. */
class LabelNames {
  readonly #names = new Map<string, string>();
  readonly #used = new KeySet("_");

  constructor() {
    for (const name of ownLabels) this.#used.add(name);
  }

  of({ dimensions }: DifferenceRow): Labels {
    const seen = new Map<string, number>();
    return dimensions.map(([dimension, value]) => {
      const count = (seen.get(dimension) ?? 0) + 1;
      seen.set(dimension, count);
      const key = `${count} ${dimension}`;
      const name = this.#names.get(key) ?? this.#used.add(wordOf(dimension));
      this.#names.set(key, name);
      return [name, value] as const;
    });
  }
}

/** A family a metric: luoscope_blackout_seconds of blackout_ns. */
class MetricFamilies {
  readonly #families = new Map<string, Family>();
  readonly #used = new Set(ownFamilies.map((name) => `luoscope_${name}`));
  readonly #counts = new Map<string, number>();

  of({ metric, unit: metricUnit }: DifferenceRow): Family {
    const found = this.#families.get(metric);
    if (found) return found;
    const { unit } = units[metricUnit];
    const name = this.#nameOf(metric, metricUnit);
    const help = `Median of ${fitKey(escapeHidden(metric))}, last column of the comparison.`;
    const family = new Family({ name, type: "gauge", unit, help });
    this.#families.set(metric, family);
    return family;
  }

  #nameOf(metric: string, metricUnit: MetricUnit): string {
    const { of, unit } = units[metricUnit];
    const stem = of !== "" && metric.endsWith(of) ? metric.slice(0, -of.length) : metric;
    const start = `luoscope_${wordOf(stem)}`;
    const end = unit === "" ? "" : `_${unit}`;
    let count = this.#counts.get(start + end) ?? 1;
    let name = count === 1 ? start + end : `${start}_${count}${end}`;
    while (this.#used.has(name)) name = `${start}_${++count}${end}`;
    this.#counts.set(start + end, count);
    this.#used.add(name);
    return name;
  }

  all(): readonly Family[] {
    return [...this.#families.values()];
  }
}

function infoOf({ difference, toolVersion, title }: Published): Family {
  const family = new Family({ name: "luoscope_comparison", type: "info", help: "What is compared with what." });
  const { columns } = difference;
  const labels = [
    ["title", title],
    ["base", columns[0]!.label],
    ["side", columns.at(-1)!.label],
    ["version", toolVersion],
  ] as const;
  family.add(labels, 1);
  return family;
}

function rulesOf({ gate }: Published): Family[] {
  if (!gate) return [];
  const family = new Family({ name: "luoscope_rule", type: "gauge", help: "1 for each rule of the policy." });
  for (const { rule, level, outcome } of gate.rules) {
    const labels = [
      ["rule", rule],
      ["level", level],
      ["outcome", outcome],
    ] as const;
    family.add(labels, 1);
  }
  return [family];
}

/**
 * OpenMetrics 1.0 text: medians of the last column in seconds, bytes and the like (NaN: did not finish), the change of
 * each against the base as a ratio, and its verdict as a label.
 *
 * Source   github.com/OpenObservability/OpenMetrics, specification 1.0
 */
export function renderOpenmetrics(source: Published): string {
  const { rows, columns } = source.difference;
  const last = columns.length - 1;
  const labelNames = new LabelNames();
  const metrics = new MetricFamilies();
  const ratios = new Family({
    name: "luoscope_change_ratio",
    type: "gauge",
    unit: "ratio",
    help: "Change of the median against the base, as a share of the base.",
  });
  const verdicts = new Family({ name: "luoscope_verdict", type: "gauge", help: "1 for each row of the comparison." });
  for (const row of rows) {
    const own = labelNames.of(row);
    const labels: Labels = [["metric", row.metric], ...own];
    const cell = row.cells[last];
    const { verdict, deltaRatio } = row.changes[last - 1]!;
    if (cell) metrics.of(row).add(own, (cell.median ?? NaN) / units[row.unit].size);
    if (deltaRatio !== null && Number.isFinite(deltaRatio)) ratios.add(labels, deltaRatio);
    verdicts.add([...labels, ["verdict", verdict]], 1);
  }
  const families = [infoOf(source), ...rulesOf(source), ...metrics.all(), ratios, verdicts];
  return [...families.flatMap((family) => family.lines()), "# EOF", ""].join("\n");
}
