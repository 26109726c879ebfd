import { msNs } from "../../src/base/index.ts";
import type { MetricUnit, Polarity, Verdict } from "../../src/compare/index.ts";

export interface TinyRow {
  readonly metric: string;
  readonly unit: MetricUnit;
  readonly polarity: Polarity;
  readonly exact: boolean;
  readonly dimensions?: readonly (readonly [string, string])[];
  readonly base: number;
  /** Share by which the first new side is more than the base. */
  readonly ratio: number;
  readonly verdict: Verdict;
  readonly reason: string;
}

const second = { unit: "ns", polarity: "lower" } as const;

/** Two that are worse, and every other verdict; a count that begins at 0 and a ratio that gets better by falling. */
export const usualRows: readonly TinyRow[] = [
  {
    ...second,
    metric: "blackout_ns",
    exact: false,
    base: 1_014 * msNs,
    ratio: 1.43,
    verdict: "worse",
    reason: "longer, p 0.0003",
  },
  {
    ...second,
    metric: "phase_ns",
    exact: false,
    dimensions: [["phase", "kexec"]],
    base: 800 * msNs,
    ratio: 1.79,
    verdict: "worse",
    reason: "longer, p 0.0003",
  },
  {
    ...second,
    metric: "preserve_ns",
    exact: false,
    base: 400 * msNs,
    ratio: -0.21,
    verdict: "better",
    reason: "shorter",
  },
  {
    ...second,
    metric: "restore_ns",
    exact: false,
    base: 90 * msNs,
    ratio: 0.012,
    verdict: "same",
    reason: "within the floor of 2 %",
  },
  {
    ...second,
    metric: "serialize_ns",
    exact: false,
    base: 3 * msNs,
    ratio: 0.4,
    verdict: "inconclusive",
    reason: "p 0.08 after correction",
  },
  {
    metric: "metadata_bytes",
    unit: "bytes",
    polarity: "lower",
    exact: true,
    base: 12_000_000,
    ratio: 0.5,
    verdict: "worse",
    reason: "exact: any difference is real",
  },
  {
    metric: "scratch_bytes",
    unit: "bytes",
    polarity: "lower",
    exact: true,
    base: 67_108_864,
    ratio: 0,
    verdict: "same",
    reason: "equal",
  },
  {
    metric: "page_order_count",
    unit: "count",
    polarity: "neutral",
    exact: true,
    base: 10,
    ratio: 0.1,
    verdict: "different",
    reason: "neither end is better",
  },
  {
    metric: "lost_packet_count",
    unit: "count",
    polarity: "lower",
    exact: true,
    base: 0,
    ratio: 0,
    verdict: "worse",
    reason: "from none",
  },
  {
    ...second,
    metric: "probe_ns",
    exact: false,
    dimensions: [["device", "nic0"]],
    base: 50 * msNs,
    ratio: 0,
    verdict: "did-not-finish",
    reason: "3 of 3 samples did not finish",
  },
  {
    ...second,
    metric: "pause_ns",
    exact: false,
    dimensions: [["vm", "web-1"]],
    base: 950 * msNs,
    ratio: 0,
    verdict: "only-base",
    reason: "the new side has no such row",
  },
  {
    ...second,
    metric: "pause_ns",
    exact: false,
    dimensions: [["vm", "db-1"]],
    base: 990 * msNs,
    ratio: 0,
    verdict: "only-new",
    reason: "the base has no such row",
  },
  {
    metric: "kept_ratio",
    unit: "ratio",
    polarity: "higher",
    exact: true,
    base: 0.98,
    ratio: -0.05,
    verdict: "worse",
    reason: "exact: any difference is real",
  },
  {
    metric: "moves_per_sec",
    unit: "per_sec",
    polarity: "higher",
    exact: false,
    base: 5e5,
    ratio: 0.06,
    verdict: "better",
    reason: "more",
  },
];
