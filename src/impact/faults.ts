import { divCeil, popcount } from "../base/index.ts";

/** Frames of a guest that are mapped alike. */
export interface FrameGroup {
  /** log2 of the 4 KiB pages that one fault maps. */
  readonly order: number;
  readonly fromFrame: number;
  readonly toFrame: number;
}

/**
 * A guest's memory, cut into granules: what one fault maps. A struct of arrays, one entry a group.
 *
 * Order   groups follow each other and do not overlap
 */
export class FaultLayout {
  readonly groupCount: number;
  readonly granuleCount: number;
  readonly fromFrame: Float64Array;
  readonly toFrame: Float64Array;
  readonly order: Uint8Array;
  /** Number of the group's first granule. */
  readonly firstGranule: Float64Array;

  constructor(groups: readonly FrameGroup[]) {
    this.groupCount = groups.length;
    this.fromFrame = Float64Array.from(groups, ({ fromFrame }) => fromFrame);
    this.toFrame = Float64Array.from(groups, ({ toFrame }) => toFrame);
    this.order = Uint8Array.from(groups, ({ order }) => order);
    this.firstGranule = new Float64Array(groups.length);
    let granules = 0;
    for (const [index, { order, fromFrame, toFrame }] of groups.entries()) {
      this.firstGranule[index] = granules;
      granules += divCeil(toFrame - fromFrame, 2 ** order);
    }
    this.granuleCount = granules;
  }
}

/** Counts faults from frames that are touched for the first time: one a granule. */
export class FaultCounter {
  readonly #layout: FaultLayout;
  /** Granules of more than one frame that have faulted; single frames cannot come twice. */
  readonly #isMapped: Uint8Array;
  /** Faults counted since this was last set to 0. */
  faultCount = 0;

  constructor(layout: FaultLayout) {
    this.#layout = layout;
    const isSmall = layout.order.every((order) => order === 0);
    this.#isMapped = new Uint8Array(isSmall ? 0 : layout.granuleCount);
  }

  /** Frames that are touched for the first time: `bits` of the 32 from `firstFrame` on, a multiple of 32. */
  add(firstFrame: number, bits: number): void {
    const { groupCount, fromFrame, toFrame, order, firstGranule } = this.#layout;
    for (let group = 0; group < groupCount; group++) {
      const from = Math.max(firstFrame, fromFrame[group]!);
      const to = Math.min(firstFrame + 32, toFrame[group]!);
      if (from >= to) continue;
      const inGroup = bits & (-1 << (from - firstFrame)) & (-1 >>> (firstFrame + 32 - to));
      if (inGroup === 0) continue;
      if (order[group] === 0) {
        this.faultCount += popcount(inGroup);
        continue;
      }
      // A granule has 512 frames at least, and groups of them begin at one: all 32 bits are one granule's.
      const granule = firstGranule[group]! + Math.floor((from - fromFrame[group]!) / 2 ** order[group]!);
      if (this.#isMapped[granule] === 1) continue;
      this.#isMapped[granule] = 1;
      this.faultCount++;
    }
  }
}
