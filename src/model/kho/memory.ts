import { pageBytes } from "../../base/index.ts";

/** MAX_PAGE_ORDER: no block of the buddy allocator is larger. linux-7.3 include/linux/mmzone.h, x86-64 */
export const maxPageOrder = 10;

/** Physical memory as far as it is known, read page by page: a dump, or the pages that a handover was written to. */
export interface PhysicalMemory {
  /** The 4 KiB at `address`, which is a multiple of 4096; undefined where nothing is known. Not to be changed. */
  page(address: number): Uint8Array | undefined;
}

/** What a page of a handover holds; the nodes of the tracker are numbered by level, leaf 0, root 5. */
export type PageKind =
  | "root-fdt"
  | "kexec-metadata"
  | "luo-blob"
  | "flb-array"
  | "session-block"
  | "file-block"
  | "memfd"
  | "folio-array"
  | "vmalloc-chunk"
  | "subtree"
  | `tracker-${0 | 1 | 2 | 3 | 4 | 5}`;

/** Gives out free memory of the kernel that hands over. */
export interface PageAllocator {
  /** Physical address of a free block of 2^order pages, aligned to its size, outside of scratch and of what is preserved. */
  allocate(order: number, kind: PageKind): number;
}

/** Pages by number. */
export class PageStore implements PhysicalMemory {
  readonly #pages = new Map<number, Uint8Array>();

  page(address: number): Uint8Array | undefined {
    return this.#pages.get(address / pageBytes);
  }

  /** Takes `page` for the one at `address`; it is not copied. */
  place(address: number, page: Uint8Array): void {
    this.#pages.set(address / pageBytes, page);
  }

  /** The page at `address`, zeroed when it is new, to be written to. */
  writable(address: number): Uint8Array {
    const known = this.#pages.get(address / pageBytes);
    if (known) return known;
    const page = new Uint8Array(pageBytes);
    this.#pages.set(address / pageBytes, page);
    return page;
  }

  /** Addresses of all pages, in the order in which they came. */
  get addresses(): readonly number[] {
    return [...this.#pages.keys()].map((number) => number * pageBytes);
  }
}

/** An allocator that gives out memory from `startAddress` upwards and never takes any back. */
export function createBumpAllocator(startAddress: number): PageAllocator {
  let next = startAddress;
  return {
    allocate: (order) => {
      const blockBytes = pageBytes * 2 ** order;
      const address = Math.ceil(next / blockBytes) * blockBytes;
      next = address + blockBytes;
      return address;
    },
  };
}
