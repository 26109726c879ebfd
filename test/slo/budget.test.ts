// Error budgets.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { secNs } from "../../src/base/index.ts";
import { allowanceNs, parseObjective, parseWindow, spendBudget } from "../../src/slo/index.ts";

describe("an objective", () => {
  test.each([
    ["99.9%", "90d", 7776],
    ["99.99 %", "90 d", 777.6],
    ["99.999%", "24h", 0.864],
    ["99%", "52w", 314_496],
    ["100%", "90d", 0],
    ["90%", "366d", 3_162_240],
  ])("of %s over %s allows %d s", (text, window, sec) => {
    expect(allowanceNs(parseObjective(text)!, parseWindow(window)!)).toBe(Math.round(sec * secNs));
  });

  test.each(["99.9", "0.999", "89.9%", "101%", "100.1%", "99.%", "-99%", "9e1%", "99.9999999%", "99,9%", ""])(
    "is not %j",
    (text) => expect(parseObjective(text)).toBeUndefined(),
  );

  test.each(["90", "0d", "367d", "1.5d", "-1d", "90 days", "99999h", "3m", ""])("has no window of %j", (text) => {
    expect(parseWindow(text)).toBeUndefined();
  });
});

describe("a budget", () => {
  test.each([
    [10_000, 3000, 2, { updateCount: 3, leftNs: 4000 }],
    [9000, 3000, 3, { updateCount: 3, leftNs: 0 }],
    [8999, 3000, 3, { updateCount: 2, leftNs: -1 }],
    [0, 3000, 0, { updateCount: 0, leftNs: 0 }],
    [9000, 0, 5, { updateCount: Infinity, leftNs: 9000 }],
  ])("of %i ns at %i ns an update, %i planned", (allowedNs, pauseNs, plannedCount, budget) => {
    expect(spendBudget({ allowedNs, pauseNs, plannedCount })).toEqual(budget);
  });

  test("has room for so many updates, and for not one more", () => {
    const ns = fc.integer({ min: 1, max: 2 ** 51 });
    fc.assert(
      fc.property(ns, ns, (allowedNs, pauseNs) => {
        const { updateCount } = spendBudget({ allowedNs, pauseNs, plannedCount: 0 });
        expect(Number.isInteger(updateCount)).toBe(true);
        const whole = BigInt(allowedNs) / BigInt(pauseNs);
        expect(updateCount).toBe(Number(whole));
        expect(spendBudget({ allowedNs, pauseNs, plannedCount: updateCount }).leftNs).toBeGreaterThanOrEqual(0);
        expect(spendBudget({ allowedNs, pauseNs, plannedCount: updateCount + 1 }).leftNs).toBeLessThan(0);
      }),
    );
  });
});
