import { FormatError } from "../base/index.ts";

/** Descriptors as a recorder keeps them: each at the lowest free place. */
export class Places<T> {
  readonly #what: string;
  readonly #held: (T | undefined)[];

  constructor(what: string, count: number) {
    this.#what = what;
    this.#held = Array.from({ length: count }, () => undefined);
  }

  /** The place it was put at, or -2. */
  put(value: T): number {
    const place = this.#held.indexOf(undefined);
    if (place < 0) return -2;
    this.#held[place] = value;
    return place;
  }

  /** Errors: FormatError where nothing is held. */
  at(place: number): T {
    const value = this.#held[place];
    if (value !== undefined) return value;
    throw new FormatError(`${this.#what} place ${place} holds nothing here`);
  }

  /** Those that are held, by their places. */
  held(): T[] {
    return this.#held.filter((value) => value !== undefined);
  }

  /** Takes it away, and says whether that was the last place that held it. */
  clear(place: number): boolean {
    const value = this.at(place);
    this.#held[place] = undefined;
    return !this.#held.includes(value);
  }
}
