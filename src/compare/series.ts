import type { MetricSeries } from "./measurement.ts";
import type { Metric } from "./metric.ts";

/** Separates words of a key: no name from outside may hold it (see `cleanWords`). */
export const keySeparator = "\u001f";

/** Words without the separator: almost always the same ones, and then no others are made. */
function cleanWords(words: readonly string[]): readonly string[] {
  if (!words.some((word) => word.includes(keySeparator))) return words;
  return words.map((word) => word.replaceAll(keySeparator, " "));
}

/** Collects samples of one metric, in any order, into a series. */
export class SeriesBuilder {
  readonly #metric: Metric;
  readonly #dimensions: readonly string[];
  readonly #rows = new Map<string, number>();
  readonly #words: string[][];
  readonly #samples: number[][] = [];

  constructor(metric: Metric, dimensions: readonly string[] = []) {
    this.#metric = metric;
    this.#dimensions = dimensions;
    this.#words = dimensions.map(() => []);
  }

  /** Adds a sample of a row; NaN, and null for it, is one that did not finish. */
  add(words: readonly string[], value: number | null): void {
    const clean = cleanWords(words);
    const key = clean.join(keySeparator);
    const row = this.#rows.get(key);
    const sample = value === null || !Number.isFinite(value) ? NaN : value;
    if (row !== undefined) {
      this.#samples[row]!.push(sample);
      return;
    }
    this.#rows.set(key, this.#samples.length);
    this.#samples.push([sample]);
    for (const [dimension, word] of clean.entries()) this.#words[dimension]!.push(word);
  }

  get isEmpty(): boolean {
    return this.#samples.length === 0;
  }

  build(): MetricSeries {
    const offsets = new Uint32Array(this.#samples.length + 1);
    for (const [row, samples] of this.#samples.entries()) offsets[row + 1] = offsets[row]! + samples.length;
    const values = new Float64Array(offsets.at(-1)!);
    for (const [row, samples] of this.#samples.entries()) values.set(samples, offsets[row]);
    return { metric: this.#metric, dimensions: this.#dimensions, words: this.#words, offsets, values };
  }
}

/** Series by metric, in the order in which metrics are first named; those without a sample are left out. */
export class SeriesSet {
  readonly #builders = new Map<string, SeriesBuilder>();

  of(metric: Metric, dimensions: readonly string[] = []): SeriesBuilder {
    const found = this.#builders.get(metric.id);
    if (found) return found;
    const made = new SeriesBuilder(metric, dimensions);
    this.#builders.set(metric.id, made);
    return made;
  }

  build(): MetricSeries[] {
    return [...this.#builders.values()].filter(({ isEmpty }) => !isEmpty).map((builder) => builder.build());
  }
}

/** Series of one metric put one behind the other; they have the same dimensions. */
export function joinSeries(all: readonly MetricSeries[]): MetricSeries[] {
  const set = new SeriesSet();
  for (const { metric, dimensions, words, offsets, values } of all) {
    const joined = set.of(metric, dimensions);
    for (let row = 0; row + 1 < offsets.length; row++) {
      const own = words.map((column) => column[row]!);
      for (let at = offsets[row]!; at < offsets[row + 1]!; at++) joined.add(own, values[at]!);
    }
  }
  return set.build();
}
