// The same benchmarks, told apart by benchstat and here: p-values and intervals of medians (see benchstat/README.md).
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { mannWhitney, median, medianInterval } from "../../src/statistics/index.ts";

const read = (name: string): string => readFileSync(new URL(`benchstat/${name}`, import.meta.url), "utf8");

function samplesOf(name: string): Map<string, Float64Array> {
  const samples = new Map<string, number[]>();
  for (const [, benchmark, nanoseconds] of read(name).matchAll(/^Benchmark(\w+)-2 +\t1\t(\d+) ns\/op$/gm)) {
    samples.set(benchmark!, [...(samples.get(benchmark!) ?? []), Number(nanoseconds)]);
  }
  return new Map(Array.from(samples, ([benchmark, values]) => [benchmark, Float64Array.from(values)]));
}

const base = samplesOf("base.txt");
const next = samplesOf("new.txt");
const numberOf = (text: string): number => Number(text.replace("Inf", "Infinity"));
const answers = read("exact.tsv")
  .trim()
  .split("\n")
  .slice(1)
  .map((line) => line.split("\t"))
  .map(([name, ...numbers]) => ({ name: name!, numbers: numbers.map(numberOf) }));

test("there are twelve benchmarks, from 3 to 60 samples", () => {
  expect(answers.length).toBe(12);
  expect([...base.keys()]).toEqual(answers.map(({ name }) => name));
  expect(Math.max(...Array.from(base.values(), (values) => values.length))).toBe(60);
});

describe.each(answers)("$name", ({ name, numbers }) => {
  test("p", () => {
    const { pValue } = mannWhitney(base.get(name)!, next.get(name)!);
    expect(Math.abs(pValue / numbers[0]! - 1)).toBeLessThan(1e-9);
    const printed = new RegExp(`^${name}-2 .*\\(p=([0-9.]+) n=`, "m").exec(read("printed.txt"));
    expect(pValue.toFixed(3)).toBe(printed![1]);
  });

  test.each([
    ["base", base, 1],
    ["new", next, 5],
  ] as const)("median of %s", (_, samples, at) => {
    const values = samples.get(name)!;
    const { low, high, confidence } = medianInterval(values, 0.95);
    expect([median(values), low, high]).toEqual(numbers.slice(at, at + 3));
    // Above 30 samples benchstat takes the normal curve for the confidence.
    expect(Math.abs(confidence - numbers[at + 3]!)).toBeLessThan(values.length > 30 ? 0.002 : 1e-6);
  });
});
