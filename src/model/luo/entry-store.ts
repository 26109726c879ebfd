import { divCeil } from "../../base/index.ts";
import { errno } from "../kernel/errno.ts";
import type { EntryStoreFeature } from "../kernel/features.ts";

/** Pages that `entries` sessions, or one session's files, take. */
export function entryPages(feature: EntryStoreFeature, entries: number): number {
  if (feature.kind === "blocks") return divCeil(entries, feature.entriesPerBlock);
  return feature.preallocated || entries > 0 ? feature.pages : 0;
}

/** Blocks of 2^order pages that entries take, each of which is one key. */
export interface EntryBlocks {
  readonly order: number;
  readonly count: number;
  readonly pages: number;
}

/** As `entryPages`; an array is one block, as it is allocated in one piece [LUO-05]. */
export function sizeEntries(feature: EntryStoreFeature, entries: number): EntryBlocks {
  const pages = entryPages(feature, entries);
  if (feature.kind === "blocks" || pages === 0) return { order: 0, count: pages, pages };
  return { order: Math.ceil(Math.log2(pages)), count: 1, pages };
}

/** How many entries there may be, and what one more is answered with. */
export function entryLimit(feature: EntryStoreFeature): { readonly maxEntries: number; readonly overflow: number } {
  return feature.kind === "blocks"
    ? { maxEntries: feature.entriesPerBlock * feature.maxBlocks, overflow: errno.ENOSPC }
    : { maxEntries: feature.maxEntries, overflow: errno[feature.overflow] };
}

/**
 * Room for entries that the next kernel will read. It grows before an entry is made and shrinks when one goes.
 *
 * Source   linux-7.3 kho_block.c kho_block_set_grow(), kho_block_set_shrink(); through 7.1 a fixed array [LUO-03] [LUO-05]
 */
export class EntryStore {
  readonly #feature: EntryStoreFeature;
  #pages: number;

  constructor(feature: EntryStoreFeature) {
    this.#feature = feature;
    this.#pages = entryPages(feature, 0);
  }

  get pages(): number {
    return this.#pages;
  }

  /** Blocks that `entries` leave without one; an array has none. */
  sparePages(entries: number): number {
    return this.#feature.kind === "blocks" && entries > 0 ? this.#pages - entryPages(this.#feature, entries) : 0;
  }

  /** Makes room for `entries`: 0, or a negative errno and nothing has changed. */
  grow(entries: number): number {
    const { maxEntries, overflow } = entryLimit(this.#feature);
    if (entries > maxEntries) return overflow;
    this.#pages = Math.max(this.#pages, entryPages(this.#feature, entries));
    return 0;
  }

  shrink(entries: number): void {
    this.#pages = Math.min(this.#pages, entryPages(this.#feature, entries));
  }
}
