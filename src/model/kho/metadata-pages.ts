import { FormatError, orderPages, pageBytes } from "../../base/index.ts";
import type { PageAllocator, PageKind, PageStore, PhysicalMemory } from "./memory.ts";
import type { KeyRun } from "./radix-tree.ts";

/** A page of the handover itself, and where it lies. */
export interface MetadataPage {
  readonly kind: PageKind;
  readonly address: number;
  readonly bytes: Uint8Array;
}

export function formatAddress(address: number): string {
  return `0x${address.toString(16)}`;
}

/** A fault of the image, with the page where it was seen. */
export function faultAt({ kind, address }: { kind: PageKind; address: number }, what: string): FormatError {
  return new FormatError(`${kind} at ${formatAddress(address)}: ${what}`);
}

/** An address that the page at `from` holds; `undefined` stands for one of 2^52 or more. */
export function checkAddress(from: MetadataPage, address: number | undefined, what: string): number {
  if (address === undefined) throw faultAt(from, `${what} lies beyond physical memory`);
  if (address === 0) throw faultAt(from, `${what} is missing`);
  if (address % pageBytes !== 0) throw faultAt(from, `${what} ${formatAddress(address)} is not aligned to a page`);
  return address;
}

/** A count or size that the page holds, refused beyond `max`. */
export function checkCount(from: MetadataPage, count: number | undefined, max: number, what: string): number {
  if (count === undefined || count > max) throw faultAt(from, `${what} ${count ?? "of 2^52 or more"}; at most ${max}`);
  return count;
}

/**
 * Takes the pages of a handover from memory, each of them once: so a chain that leads back into itself ends at once,
 * and no image makes more work than it has pages [KHO-12].
 */
export class MetadataReader {
  readonly #memory: PhysicalMemory;
  readonly #kinds = new Map<number, PageKind>();

  constructor(memory: PhysicalMemory) {
    this.#memory = memory;
  }

  take(address: number, kind: PageKind): MetadataPage {
    const place = { kind, address };
    if (address % pageBytes !== 0) throw faultAt(place, "the address is not aligned to a page");
    const earlier = this.#kinds.get(address);
    if (earlier !== undefined) throw faultAt(place, `the page is already in use as ${earlier}`);
    this.#kinds.set(address, kind);
    const bytes = this.#memory.page(address);
    if (!bytes) throw faultAt(place, "the page is not in the image");
    return { kind, address, bytes };
  }

  /** Addresses by kind, in the order in which they were taken. */
  get pages(): ReadonlyMap<number, PageKind> {
    return this.#kinds;
  }
}

/** Takes free pages for a handover, and remembers what must be preserved with them. */
export class MetadataWriter {
  readonly #allocator: PageAllocator;
  readonly #keys: KeyRun[] = [];
  readonly store: PageStore;

  constructor(store: PageStore, allocator: PageAllocator) {
    this.store = store;
    this.#allocator = allocator;
  }

  /** One zeroed page that the next kernel finds preserved. */
  preserve(kind: PageKind): MetadataPage {
    const page = this.allocate(kind);
    this.#keys.push({ order: 0, first: page.address / pageBytes, count: 1 });
    return page;
  }

  /** One zeroed page that is not preserved: a node of the tracker. */
  allocate(kind: PageKind): MetadataPage {
    const address = this.#allocator.allocate(0, kind);
    return { kind, address, bytes: this.store.writable(address) };
  }

  /** A preserved block with these bytes. */
  preserveBytes(bytes: Uint8Array, kind: PageKind): number {
    let order = 0;
    while (pageBytes * orderPages(order) < bytes.length) order++;
    const address = this.#allocator.allocate(order, kind);
    for (let offset = 0; offset < bytes.length; offset += pageBytes) {
      this.store.writable(address + offset).set(bytes.subarray(offset, offset + pageBytes));
    }
    this.#keys.push({ order, first: address / pageBytes / orderPages(order), count: 1 });
    return address;
  }

  get keys(): readonly KeyRun[] {
    return this.#keys;
  }
}
