import { assert, divFloor } from "../../base/index.ts";

/** A stretch of RAM that lies on one node. */
export interface RamRange {
  readonly startBytes: number;
  readonly endBytes: number;
  readonly node: number;
}

interface Reservation {
  readonly startBytes: number;
  endBytes: number;
  readonly node: number | undefined;
  /** MEMBLOCK_RSRV_KERN without MEMBLOCK_RSRV_HUGETLB: what the scratch percentage is taken of. */
  readonly counted: boolean;
}

export interface BootAllocation {
  readonly bytes: number;
  readonly alignBytes: number;
  /** Tried first; what finds no room there goes to any node. */
  readonly node?: number;
  /** Only below this address. */
  readonly limitBytes?: number;
  readonly counted?: boolean;
}

/**
 * RAM before the buddy allocator takes over: reservations are made from the top down.
 *
 * Source   linux-7.3 mm/memblock.c memblock_alloc_range_nid(), __memblock_find_range_top_down(),
 *          memblock_reserved_kern_size()
 * Cost     one step a reservation; neighbours with the same node are one
 */
export class BootMemory {
  readonly #ranges: readonly RamRange[];
  /** By address; they do not overlap. */
  #reserved: Reservation[] = [];

  constructor(ranges: readonly RamRange[]) {
    this.#ranges = [...ranges].sort((left, right) => left.startBytes - right.startBytes);
  }

  /** Reserves what the boot loader has placed; it has no node until `adoptNodes`. */
  reserve(startBytes: number, bytes: number): void {
    this.#insert({ startBytes, endBytes: startBytes + bytes, node: undefined, counted: true });
  }

  /** The highest free place, or undefined when there is none. */
  allocate(request: BootAllocation): number | undefined {
    const { bytes, node, counted = true } = request;
    const placed = node === undefined ? undefined : this.#findPlace(request, node);
    const startBytes = placed ?? this.#findPlace(request, undefined);
    if (startBytes === undefined) return undefined;
    // A block that had to leave its node belongs to none.
    const owner = placed === undefined ? undefined : node;
    this.#insert({ startBytes, endBytes: startBytes + bytes, node: owner, counted });
    return startBytes;
  }

  /**
   * Gives everything reserved so far the node that it lies on.
   *
   * Source   linux-7.3 mm/numa_memblks.c numa_clear_kernel_node_hotplug()
   */
  adoptNodes(): void {
    const known = this.#reserved;
    this.#reserved = [];
    for (const region of known) {
      for (const { startBytes, endBytes, node } of this.#ranges) {
        const from = Math.max(startBytes, region.startBytes);
        const to = Math.min(endBytes, region.endBytes);
        if (from < to) this.#insert({ ...region, startBytes: from, endBytes: to, node });
      }
    }
  }

  /** Counted bytes below `limitBytes`, of one node or of all. */
  sumReserved({ limitBytes = Number.POSITIVE_INFINITY, node }: { limitBytes?: number; node?: number }): number {
    return this.#reserved
      .filter((region) => region.counted && (node === undefined || region.node === node))
      .reduce((sum, { startBytes, endBytes }) => sum + Math.max(0, Math.min(endBytes, limitBytes) - startBytes), 0);
  }

  /** Bytes that nothing has reserved. */
  sumFree(): number {
    const ram = this.#ranges.reduce((sum, { startBytes, endBytes }) => sum + endBytes - startBytes, 0);
    return ram - this.#reserved.reduce((sum, { startBytes, endBytes }) => sum + endBytes - startBytes, 0);
  }

  #findPlace({ bytes, alignBytes, limitBytes }: BootAllocation, node: number | undefined): number | undefined {
    for (const range of this.#ranges.toReversed()) {
      if (node !== undefined && range.node !== node) continue;
      let endBytes = Math.min(range.endBytes, limitBytes ?? range.endBytes);
      for (const { startBytes, endBytes: takenBytes } of this.#reserved.toReversed()) {
        if (takenBytes <= range.startBytes || startBytes >= endBytes) continue;
        const place = divFloor(endBytes - bytes, alignBytes) * alignBytes;
        if (place >= takenBytes && place >= range.startBytes) return place;
        endBytes = startBytes;
      }
      const place = divFloor(endBytes - bytes, alignBytes) * alignBytes;
      if (endBytes > range.startBytes && place >= range.startBytes) return place;
    }
    return undefined;
  }

  #insert(region: Reservation): void {
    let index = this.#reserved.length;
    while (index > 0 && this.#reserved[index - 1]!.startBytes >= region.endBytes) index--;
    const below = this.#reserved[index - 1];
    assert(!below || below.endBytes <= region.startBytes, "reservations of the boot do not overlap");
    const above = this.#reserved[index];
    const joins = (other: Reservation | undefined): boolean =>
      other?.node === region.node && other?.counted === region.counted;
    if (above && above.startBytes === region.endBytes && joins(above)) {
      this.#reserved[index] = { ...above, startBytes: region.startBytes };
    } else if (below && below.endBytes === region.startBytes && joins(below)) below.endBytes = region.endBytes;
    else this.#reserved.splice(index, 0, region);
  }
}
