import { secNs } from "../base/index.ts";

/** So large a share of a window a VM is promised to be up. */
export interface Objective {
  /** As it was written: `99.9 %`. */
  readonly text: string;
  /** Share of the window that it may be down, 0 to 0.1. */
  readonly downRatio: number;
}

const objectivePattern = /^(\d{2,3})(?:\.(\d{1,6}))? ?%$/;

/** Lower ones are mistakes, and allow more than 2^53 ns in the longest window. */
const leastObjectivePercent = 90;

/** "99.9%" or "99.99 %", from 90 % to 100 %; undefined if it is no such objective. */
export function parseObjective(text: string): Objective | undefined {
  const match = objectivePattern.exec(text.trim());
  if (!match) return undefined;
  const [, whole = "", fraction = ""] = match;
  // Whole numbers of the last digit: 100 - 99.9 is not 0.1 in binary.
  const parts = 10 ** fraction.length;
  const up = Number(whole + fraction);
  if (up > 100 * parts || up < leastObjectivePercent * parts) return undefined;
  return {
    text: `${whole}${fraction === "" ? "" : `.${fraction}`} %`,
    downRatio: (100 * parts - up) / (100 * parts),
  };
}

const windowPattern = /^(\d{1,4}) ?(h|d|w)$/;
const windowUnitsSec: Readonly<Record<string, number>> = { h: 3600, d: 86_400, w: 7 * 86_400 };

/** A year with its leap day; 10 % of it are 2^51 ns. */
const maxWindowSec = 366 * 86_400;

/** "90d", "12w" or "24h" as seconds, at most 366 days; undefined if it is no such window. */
export function parseWindow(text: string): number | undefined {
  const match = windowPattern.exec(text.trim());
  if (!match) return undefined;
  const sec = Number(match[1]) * windowUnitsSec[match[2]!]!;
  return sec > 0 && sec <= maxWindowSec ? sec : undefined;
}

/** Time that an objective leaves for being down, in whole ns: 7776 s for 99.9 % of 90 days. */
export function allowanceNs({ downRatio }: Objective, windowSec: number): number {
  return Math.round(windowSec * downRatio * secNs);
}

/** What updates of one pause do to an allowance. */
export interface Budget {
  /** Updates that fit, each with this pause; infinite where there is none. */
  readonly updateCount: number;
  /** What the planned updates leave; below 0 they take too much. */
  readonly leftNs: number;
}

/** Times in whole ns. */
export function spendBudget(budget: {
  readonly allowedNs: number;
  readonly pauseNs: number;
  readonly plannedCount: number;
}): Budget {
  const { allowedNs, pauseNs, plannedCount } = budget;
  // The remainder first: a quotient is rounded and may reach the next whole number.
  const updateCount = pauseNs === 0 ? Infinity : (allowedNs - (allowedNs % pauseNs)) / pauseNs;
  return { updateCount, leftNs: allowedNs - plannedCount * pauseNs };
}
