import type { Difference } from "../compare/index.ts";

export type GateLevel = "fail" | "warn";

/** Rows come to `inconclusive` where a rule needs more samples to be decided. */
export type RuleOutcome = "pass" | "warn" | "fail" | "inconclusive";

/** A row, or several taken together, of which a rule does not hold. */
export interface Breach {
  /** Column of the comparison. */
  readonly column: number;
  /** Rows of the comparison that are concerned: indices. */
  readonly rows: readonly number[];
  /** For people: which metric, where. */
  readonly what: string;
  /** For people: "4.66 s is not below 3 s", "+3.1 % is more than +2 %". */
  readonly reason: string;
}

/** A rule of a policy, and what came of it. */
export interface RuleResult {
  /** As it stands in the policy: "blackout_ms.p99 < 3000". */
  readonly rule: string;
  readonly level: GateLevel;
  /** Where it stands: file and line of the policy. */
  readonly file: string;
  readonly line: number;
  readonly outcome: RuleOutcome;
  readonly breaches: readonly Breach[];
  /** Rows that could not be decided. */
  readonly undecided: readonly Breach[];
  /** Rows that it was held against. */
  readonly rowCount: number;
}

export interface GateResult {
  readonly difference: Difference;
  /** `inconclusive` only where nothing failed and some fail rule is undecided. */
  readonly outcome: RuleOutcome;
  readonly policy: string;
  readonly rules: readonly RuleResult[];
  /** Times that samples were collected anew. */
  readonly iterationCount: number;
}
