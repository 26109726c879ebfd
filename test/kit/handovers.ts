import fc from "fast-check";

import { type Handover, type KeyRun, type MemfdState, mergeFolios } from "../../src/model/index.ts";

const dirtyAndUptodate = 3;
const word = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const name = (maxBytes: number) =>
  fc
    .oneof(fc.stringMatching(/^[a-z0-9-]+$/), fc.string({ minLength: 1, unit: "binary" }))
    .filter(
      (text) => !text.includes("\0") && text.isWellFormed() && Buffer.byteLength(text) <= maxBytes && text !== "",
    );

/** Hands out page numbers upwards, so that nothing that is drawn overlaps. */
class Frames {
  #next = 0x1000;

  take(order: number, count: number, gap: number): number {
    const pages = 2 ** order;
    const start = (Math.ceil(this.#next / pages) + gap) * pages;
    this.#next = start + count * pages;
    return start;
  }
}

const folioDraw = fc.record({
  order: fc.constantFrom(0, 0, 0, 2, 9),
  count: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 700 })),
  gap: fc.integer({ min: 0, max: 3 }),
  flags: fc.constantFrom(dirtyAndUptodate, dirtyAndUptodate, 0, 0xfff),
});

const fileDraw = fc.oneof(
  fc.record({
    token: word,
    position: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
    seals: fc.integer({ min: 0, max: 63 }),
    folios: fc.array(folioDraw, { maxLength: 4 }),
  }),
  fc.record({ token: word, data: word, compatible: name(47) }),
);

/** Any handover that a kernel could write, with folios where its files would have them. */
export const handovers: fc.Arbitrary<Handover> = fc
  .record({
    kexec: fc.option(fc.record({ previousRelease: name(64), kexecCount: fc.integer({ min: 1, max: 2 ** 32 - 1 }) }), {
      nil: undefined,
    }),
    luo: fc.option(
      fc.record({
        liveupdateNumber: fc.integer({ min: 1, max: 2 ** 40 }),
        sessions: fc.uniqueArray(fc.record({ name: name(63), files: fc.array(fileDraw, { maxLength: 5 }) }), {
          maxLength: 6,
          selector: (session) => session.name,
        }),
        flbs: fc.array(fc.record({ compatible: name(47), data: word, count: fc.integer({ min: 0, max: 1e6 }) }), {
          maxLength: 3,
        }),
      }),
      { nil: undefined, freq: 9 },
    ),
    otherSubtrees: fc.uniqueArray(
      fc.record({ name: fc.stringMatching(/^[a-z]{1,12}$/), bytes: fc.uint8Array({ minLength: 1, maxLength: 9000 }) }),
      { maxLength: 2, selector: (subtree) => subtree.name },
    ),
    otherKeys: fc.array(folioDraw, { maxLength: 3 }),
  })
  .map(({ kexec, luo, otherSubtrees, otherKeys }) => {
    const frames = new Frames();
    const memfd = (draw: {
      position: bigint;
      seals: number;
      folios: { order: number; count: number; gap: number; flags: number }[];
    }): MemfdState => {
      let index = 0;
      const folios = draw.folios.map(({ order, count, gap, flags }) => {
        const run = { order, frame: frames.take(order, count, gap), index, count, flags };
        index += count * 2 ** order;
        return run;
      });
      return {
        sizeBytes: index * 4096,
        positionBytes: draw.position,
        seals: draw.seals,
        flags: 0,
        folios: mergeFolios(folios),
      };
    };
    const sessions = luo?.sessions.map((session) => ({
      name: session.name,
      files: session.files.map((file) => ("data" in file ? file : { token: file.token, memfd: memfd(file) })),
    }));
    const drawn = otherKeys.map(({ order, count, gap }): KeyRun => {
      const frame = frames.take(order, count, gap + 1);
      return { order, first: frame / 2 ** order, count };
    });
    drawn.sort((left, right) => right.order - left.order || left.first - right.first);
    return { kexec, luo: luo && { ...luo, sessions: sessions! }, otherSubtrees, otherKeys: drawn };
  });
