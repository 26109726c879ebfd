import {
  type Cell,
  type Change,
  compare,
  type Difference,
  type DifferenceRow,
  type Polarity,
  type Verdict,
} from "../../src/compare/index.ts";
import { cellOf } from "../../src/compare/cell.ts";
import { type GateResult, judgeGate, loadPolicy } from "../../src/gate/index.ts";
import type { Published } from "../../src/publish/index.ts";
import { measurementOf } from "./measurements.ts";

const memory = { per: "a folio of guest memory", cost: "preserve_folio", rule: "memfd_luo_preserve_folios()" };

function sample(middle: number, count: number, spread = 0.002): number[] {
  return Array.from({ length: count }, (_, index) => Math.round(middle * (1 + spread * ((index * 7) % count))));
}

function side(label: string, isNew: boolean) {
  const preserveNs = isNew ? 2_310_000_000 : 1_170_000_000;
  const kexecNs = 1_210_000_000;
  const step = { phase: "freeze", id: "preserve", name: "preserve guest memory" };
  return measurementOf(
    label,
    {
      blackout_ns: { metric: { exact: true }, rows: { "": [preserveNs + kexecNs] } },
      step_ns: {
        metric: { exact: true, absent: 0 },
        dimensions: ["phase", "step"],
        rows: { "freeze/preserve guest memory": [preserveNs], "kexec/purgatory": [kexecNs] },
      },
      overhead_bytes: { metric: { exact: true }, rows: { "": [isNew ? 48 * 2 ** 20 : 64 * 2 ** 20] } },
      kernel_count: { metric: { exact: true, polarity: "neutral" }, rows: { "": [isNew ? 3 : 2] } },
      boot_ns: {
        metric: {},
        dimensions: ["host"],
        rows: {
          a: sample(800_000_000, 12),
          b: sample(isNew ? 900_000_000 : 800_000_000, 12),
          c: [700_000_000, isNew ? 740_000_000 : 700_000_000],
        },
      },
      request_per_sec: {
        metric: { polarity: "higher" },
        dimensions: ["host"],
        rows: { a: sample(isNew ? 9_000 : 7_000, 12) },
      },
      retrieve_ns: {
        metric: { exact: true },
        dimensions: ["vm"],
        rows: { "vm-1": [isNew ? NaN : 5_000_000], ...(isNew ? { "vm-3": [7_000_000] } : { "vm-2": [6_000_000] }) },
      },
    },
    {
      inputs: [
        {
          kind: "scenario",
          name: isNew ? "small-folios" : "huge-folios",
          sha256: (isNew ? "b" : "a").repeat(64),
          fields: new Map([["guest.folio_order", isNew ? "0" : "9"]]),
        },
      ],
      breakdowns: [
        {
          metric: "blackout_ns",
          words: [],
          totalNs: preserveNs + kexecNs,
          steps: [
            { ...step, ns: preserveNs, terms: [{ ...memory, ns: preserveNs }] },
            { phase: "kexec", id: "purgatory", name: "purgatory", ns: kexecNs, terms: [] },
          ],
        },
      ],
    },
  );
}

function publishedOf(difference: Difference, title = "new against old"): Published {
  return { difference, title, toolVersion: "1.2.3" };
}

/** A small comparison that has each verdict, samples with and without noise, a cause and a changed input. */
export async function everyVerdict(): Promise<Published> {
  return publishedOf(await compare([side("old", false), side("new", true)]));
}

export async function threeColumns(): Promise<Published> {
  return publishedOf(await compare([side("old", false), side("same", false), side("new", true)]), "two sides");
}

const policyText = `version: 1
fail:
  - boot_ns: +2 %
  - blackout_ns < 3 s
  - overhead_bytes: +1 %
warn:
  - step_ns{phase:freeze}: exact
  - boot_ns{host:c}: +1 %
may_vanish: [retrieve_ns]
`;

/** A gate with a rule of each outcome. */
export async function everyOutcome(): Promise<Published & { readonly gate: GateResult }> {
  const published = await everyVerdict();
  const policy = loadPolicy("gate.yaml", () => policyText);
  return { ...published, gate: judgeGate(published.difference, policy, 0) };
}

export interface RowOptions {
  readonly metric?: string;
  readonly dimensions?: readonly (readonly [string, string])[];
  readonly verdict?: Verdict;
  readonly polarity?: Polarity;
  readonly base?: readonly number[];
  readonly next?: readonly number[];
  readonly reason?: string;
}

/** A row made by hand, for names and numbers that no measurement has. */
export function rowOf({
  metric = "blackout_ns",
  dimensions = [],
  verdict = "worse",
  polarity = "lower",
  base = [1_000_000],
  next = [1_100_000],
  reason = "exact",
}: RowOptions): DifferenceRow {
  const cells: (Cell | null)[] = [cellOf(Float64Array.from(base)), cellOf(Float64Array.from(next))];
  const [from, to] = cells.map((cell) => cell!.median);
  const delta = from === null || to === null ? null : to! - from!;
  const change: Change = {
    verdict,
    reason,
    isBeyondFloor: delta !== 0,
    delta,
    deltaRatio: delta === null || from === 0 ? null : delta / Math.abs(from!),
    deltaLow: null,
    deltaHigh: null,
    test: null,
  };
  return { metric, unit: "ns", polarity, exact: true, dimensions, hidden: [], cells, changes: [change] };
}

/** A comparison of two columns made by hand. */
export function differenceOf(rows: readonly DifferenceRow[], labels: readonly string[] = ["old", "new"]): Difference {
  return {
    columns: labels.map((label) => ({ label, path: label, kind: "samples", sha256: "0".repeat(64) })),
    rows,
    inputs: [],
    waterfalls: [],
    settings: { alpha: 0.01, minSamples: 5, seed: 1 },
    testCount: 0,
    warnings: [],
  };
}

/** So many rows, of which each tenth has changed by its own share. */
export function manyRows(count: number): Published {
  const rows = Array.from({ length: count }, (_, index) => {
    const isChanged = index % 10 === 0;
    return rowOf({
      metric: "vm_blackout_ns",
      dimensions: [
        ["host", `host-${index % 40}`],
        ["vm", `vm-${index}`],
      ],
      verdict: isChanged ? "worse" : "same",
      next: [isChanged ? 1_010_000 + index : 1_000_000],
    });
  });
  return publishedOf(differenceOf(rows));
}

export function manyMetrics(count: number): Published {
  const rows = Array.from({ length: count }, (_, index) =>
    rowOf({ metric: `metric_${index}_ns`, next: [1_000_000 + index * 1000], verdict: index === 0 ? "same" : "worse" }),
  );
  return publishedOf(differenceOf(rows));
}

/** What is compared with the base, in each of so many columns. */
export function manyColumns(count: number): Published {
  const { rows } = manyRows(50).difference;
  const wide = rows.map((row) => ({
    ...row,
    cells: [row.cells[0]!, ...Array.from({ length: count }, () => row.cells[1]!)],
    changes: Array.from({ length: count }, () => row.changes[0]!),
  }));
  const labels = Array.from({ length: count }, (_, index) => `side ${index + 1}`);
  return publishedOf(differenceOf(wide, ["old", ...labels]));
}

/** Names that break what is careless: each stands for one way. */
export const hostileNames: readonly string[] = [
  "",
  " ",
  "quote \" and ' and `",
  "line\nbreak\r\nand\ttab",
  "nul\0 bell\u0007 escape\u001b[31m del\u007f next\u0085",
  "]]>",
  "--> <!-- x",
  "</details></summary><script>alert(1)</script>",
  "<img src=x onerror=alert(1)>",
  "a|b\\|c\\\\|d",
  "back`tick`` and ```",
  "[click](https://example.com) ![image](https://example.com/x.png)",
  "https://example.com www.example.com me@example.com",
  "@everyone @luoscope/team cc @torvalds",
  "#1 GH-2 owner/repo#3",
  "::error::message",
  "::error file=x,line=1::y%0A::warning::z",
  "%0A%0D%25%u0041",
  "\ud800 lone \udfff",
  "\u202eright to left\u202c \u2066isolate\u2069 \u061c",
  "\u2028line separator\u2029",
  "\ufeff\ufffe\uffff\u{1fffe}\u{e0001}",
  "x".repeat(10_000),
  `${"y".repeat(9_999)}z`,
  "emoji 👩‍👩‍👧 🚀",
  "Benchmark Name With Spaces-8",
  "key=value,other=thing/part",
  "__proto__",
  "constructor",
  "$`x`$ $$y$$",
  '{label="value"} # EOF',
  "# EOF",
  "- list\n# heading\n| a | b |\n|---|---|",
  "*bold* _it_ ~~gone~~ &amp; &#64;user",
  "vm-1",
  "vm-2",
  "~2",
];

/** Rows whose metrics, dimensions and values are hostile names, between sides that have such names. */
export function hostileRows(names: readonly string[] = hostileNames): Published {
  const rows = names.flatMap((name, index) => [
    rowOf({ dimensions: [["vm", name]], verdict: index % 3 === 0 ? "same" : "worse" }),
    rowOf({ metric: name, dimensions: [[name, "x"]], polarity: index % 2 === 0 ? "lower" : "higher", reason: name }),
    rowOf({ metric: name, dimensions: [], verdict: "did-not-finish", next: [NaN], reason: name }),
  ]);
  const waterfalls = names.slice(0, 3).map((name) => ({
    column: 1,
    metric: name,
    dimensions: [[name, name]] as const,
    baseNs: 1000,
    newNs: 2000,
    steps: [
      {
        phase: name,
        step: name,
        baseNs: 1000,
        newNs: 2000,
        deltaNs: 1000,
        causes: [{ cost: name, per: name, rule: name, baseNs: 0, newNs: 1000 }],
      },
    ],
    restNs: 0,
  }));
  const difference = {
    ...differenceOf(rows, [names[0] ?? "", names[1] ?? "new"]),
    inputs: names.map((name) => ({ column: 1, kind: name, field: name, base: name, new: null })),
    waterfalls,
    warnings: names,
  };
  return publishedOf(difference, names.at(-1));
}

/** A gate whose rules, files and reasons are hostile names. */
export function hostileGate(names: readonly string[] = hostileNames): Published & { readonly gate: GateResult } {
  const published = hostileRows(names);
  const outcomes = ["fail", "inconclusive", "warn", "pass"] as const;
  const rules = names.map((name, index) => {
    const outcome = outcomes[index % 4]!;
    const breach = { column: 1, rows: [0], what: name, reason: name };
    return {
      rule: name,
      level: outcome === "warn" ? ("warn" as const) : ("fail" as const),
      file: name,
      line: index + 1,
      outcome,
      breaches: outcome === "fail" || outcome === "warn" ? [breach] : [],
      undecided: outcome === "inconclusive" ? [breach] : [],
      rowCount: 1,
    };
  });
  const gate = {
    difference: published.difference,
    outcome: "fail" as const,
    policy: names[0] ?? "",
    rules,
    iterationCount: 1,
  };
  return { ...published, gate };
}
