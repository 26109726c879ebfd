// One input at a time: the bars of a tornado.
import { expect, test } from "vitest";

import { createOneAtATimeDesign, estimateOneAtATime } from "../../src/sensitivity/index.ts";
import { ask } from "./kit.ts";

const answer = ([x, y, z]: Float64Array): number => 10 * x! - 4 * y! + x! * z!;

test("moves one input to its ends, and leaves the others at their medians", () => {
  const design = createOneAtATimeDesign(2);
  const rows = ask(design, ([x, y]) => 100 * x! + y!);
  expect([...rows]).toEqual([50.5, 5.5, 95.5, 50.05, 50.95]);
});

test("gives both ends and how far they are apart", () => {
  const design = createOneAtATimeDesign(3);
  const { baseAnswer, effects, leftOutCount } = estimateOneAtATime(design, ask(design, answer));
  expect(baseAnswer).toBeCloseTo(3.25, 12);
  expect(leftOutCount).toBe(0);
  expect(effects.map(({ swing }) => Number(swing.toFixed(9)))).toEqual([9.45, 3.6, 0.45]);
  expect(effects[1]!.lowAnswer).toBeGreaterThan(effects[1]!.highAnswer);
});

test("keeps a missing answer missing, and counts its input", () => {
  const design = createOneAtATimeDesign(3);
  const answers = ask(design, answer);
  answers[4] = NaN;
  const { effects, leftOutCount } = estimateOneAtATime(design, answers);
  expect(leftOutCount).toBe(1);
  expect(effects.map(({ swing }) => Number.isNaN(swing))).toEqual([false, true, false]);
});
