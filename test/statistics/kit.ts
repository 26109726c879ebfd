import { UniformStream } from "../../src/sensitivity/index.ts";

/** Random samples by seed, one after the other. */
export class Sampler {
  readonly #stream: UniformStream;
  #used = 0;

  constructor(name: string) {
    this.#stream = new UniformStream(20_261_126, name);
  }

  uniform(): number {
    return this.#stream.at(this.#used++);
  }

  /** Box and Muller's: by another road than the inverse of the normal curve. */
  normal(): number {
    return Math.sqrt(-2 * Math.log(this.uniform())) * Math.cos(2 * Math.PI * this.uniform());
  }

  normals(count: number, mean = 0, sigma = 1): Float64Array {
    return Float64Array.from({ length: count }, () => mean + sigma * this.normal());
  }
}

/** Kinds of noise that measurements have. */
export const noises = {
  normal: (sampler: Sampler) => 100 + sampler.normal(),
  lognormal: (sampler: Sampler) => Math.exp(sampler.normal()),
  tied: (sampler: Sampler) => Math.floor(4 * sampler.uniform()),
} as const;

/** All ways to split values into two samples, the first of `chosen`. */
export function* splits(values: readonly number[], chosen: number): Generator<readonly [number[], number[]]> {
  for (let bits = 0; bits < 2 ** values.length; bits++) {
    const isFirst = (_: number, index: number): boolean => ((bits >> index) & 1) === 1;
    const first = values.filter(isFirst);
    if (first.length === chosen) yield [first, values.filter((value, index) => !isFirst(value, index))];
  }
}

/** The most that chance lets happen of `times` things of a chance of `share`: three standard deviations above what is expected. */
export function mostByChance(times: number, share: number): number {
  return times * share + 3 * Math.sqrt(times * share * (1 - share));
}
