import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { handovers } from "../../../test/kit/handovers.ts";
import { FormatError, InvariantError } from "../../base/index.ts";
import { createBumpAllocator, type PageKind, PageStore } from "../kho/memory.ts";
import { buildRootFdt, parseRootFdt } from "../kho/root-fdt.ts";
import { inspectHandover, readHandover } from "./read.ts";
import type { Handover, HandoverImage, MemfdFile } from "./types.ts";
import { writeHandover } from "./write.ts";

const freeStart = 0x4_0000_0000;
const write = (handover: Handover): HandoverImage => writeHandover(handover, createBumpAllocator(freeStart));

const memfdFile: MemfdFile = {
  token: 7n,
  memfd: {
    sizeBytes: 600 * 4096 - 5,
    positionBytes: 0n,
    seals: 1,
    flags: 0,
    folios: [{ order: 0, frame: 0x2000, index: 0, count: 600, flags: 3 }],
  },
};
const sample: Handover = {
  kexec: { previousRelease: "7.3.4", kexecCount: 1 },
  luo: {
    liveupdateNumber: 1,
    flbs: [{ compatible: "pci-v1", data: 0x1234n, count: 2 }],
    sessions: [
      { name: "vm", files: [memfdFile, { token: 8n, compatible: "vfio-pci-v1", data: 5n }] },
      ...Array.from({ length: 60 }, (_, index) => ({ name: `empty-${index}`, files: [] })),
    ],
  },
  otherSubtrees: [{ name: "memblock", bytes: Uint8Array.from({ length: 5000 }, (_, index) => index & 255) }],
  otherKeys: [{ order: 10, first: 100, count: 2 }],
};

/** A copy of the image's pages that may be spoilt, and where they are by kind. */
function copyOf(image: HandoverImage) {
  const memory = new PageStore();
  const places = new Map<PageKind, number[]>();
  for (const [address, kind] of inspectHandover(image).pages) {
    memory.writable(address).set(image.memory.page(address)!);
    places.set(kind, [...(places.get(kind) ?? []), address]);
  }
  const view = (kind: PageKind, index = 0): DataView => {
    const page = memory.writable(places.get(kind)![index]!);
    return new DataView(page.buffer, page.byteOffset, page.byteLength);
  };
  const address = (kind: PageKind, index = 0): bigint => BigInt(places.get(kind)![index]!);
  const reread = (): Handover => readHandover({ ...image, memory, fdt: memory.page(image.fdtAddress!)! });
  return { memory, view, address, reread };
}

type Copy = ReturnType<typeof copyOf>;

test("[KHO-17] what is written reads as the same, in the same order", () => {
  fc.assert(
    fc.property(handovers, (handover) => {
      expect(readHandover(write(handover))).toEqual(handover);
    }),
    { numRuns: 150 },
  );
});

test("the sample reads as the same, and every page of it is accounted for", () => {
  const { handover, pages } = inspectHandover(write(sample));
  expect(handover).toEqual(sample);
  const kinds = Map.groupBy(pages.values(), (kind) => kind);
  expect(Object.fromEntries([...kinds].map(([kind, { length }]) => [kind, length]))).toMatchObject({
    "session-block": 2,
    "file-block": 1,
    memfd: 1,
    "folio-array": 3,
    "vmalloc-chunk": 1,
    subtree: 2,
    "flb-array": 1,
  });
});

test("without the FDT's address its page is of unknown use", () => {
  const image = write(sample);
  const { otherKeys } = readHandover({ ...image, fdtAddress: undefined });
  expect(otherKeys).toEqual([...sample.otherKeys, { order: 0, first: image.fdtAddress! / 4096, count: 1 }]);
});

describe("refuses what the next kernel would refuse, and says where", () => {
  const spoilings: readonly (readonly [string, (copy: Copy) => void, RegExp])[] = [
    [
      "[KHO-12] a chain that leads back into itself",
      ({ view, address }) => view("session-block", 1).setBigUint64(0, address("session-block"), true),
      /^session-block at 0x\w+: the page is already in use as session-block$/,
    ],
    [
      "[KHO-12] an address that is not aligned",
      ({ view }) => view("luo-blob").setBigUint64(16, 0x4_0000_0010n, true),
      /^luo-blob at 0x\w+: the first session block 0x400000010 is not aligned/,
    ],
    [
      "[KHO-12] a page that is not there",
      ({ view }) => view("luo-blob").setBigUint64(24, 0x7000n, true),
      /^flb-array at 0x7000: the page is not in the image$/,
    ],
    [
      "[KHO-12] an address beyond physical memory",
      ({ view }) => view("tracker-5").setBigUint64(8, 1n << 60n, true),
      /^tracker-5 at 0x\w+: entry 1 lies beyond physical memory$/,
    ],
    [
      "[KHO-13] a table with keys of more than 53 bits",
      ({ view, address }) => view("tracker-5").setBigUint64(8 * 4, address("session-block"), true),
      /^tracker-5 at 0x\w+: entry 4 stands for keys of more than 53 bits$/,
    ],
    [
      "[KHO-14] [LUO-14] a block without entries: a refused create left it behind",
      ({ view }) => view("session-block", 1).setBigUint64(8, 0n, true),
      /^session-block at 0x\w+: it counts 0 entries; a block has 1 to 51$/,
    ],
    [
      "[KHO-14] a block with more entries than fit",
      ({ view }) => view("file-block").setBigUint64(8, 64n, true),
      /^file-block at 0x\w+: it counts 64 entries; a block has 1 to 63$/,
    ],
    [
      "[KHO-15] a vmalloc area with fewer pages than it counts",
      ({ view }) => view("vmalloc-chunk").setBigUint64(8 * 3, 0n, true),
      /^memfd at 0x\w+: its vmalloc chunks have 2 pages, its descriptor counts 3$/,
    ],
    [
      "[KHO-15] a vmalloc area with more pages than it counts",
      ({ view }) => view("vmalloc-chunk").setBigUint64(8 * 4, 0x9000n, true),
      /^vmalloc-chunk at 0x\w+: more pages than the 3 of its descriptor$/,
    ],
    [
      "[KHO-16] another version of the kexec metadata",
      ({ view }) => view("kexec-metadata").setUint32(0, 2, true),
      /^kexec-metadata at 0x\w+: version 2; it must be 1$/,
    ],
    [
      "[KHO-17] a page of the handover that is not preserved",
      ({ view, address }) => {
        // Leaves by ascending key: order 10, order 1 (the subtree), then order 0 with the folios, and with this page.
        const bit = Number(address("flb-array") / 4096n) % 32_768;
        view("tracker-0", 3).setUint8(bit >> 3, view("tracker-0", 3).getUint8(bit >> 3) & ~(1 << (bit & 7)));
      },
      /^flb-array at 0x\w+: the page is not preserved$/,
    ],
    [
      "[LUO-10] another version of LUO",
      ({ view }) => view("luo-blob").setUint8(5, 0x34),
      /^luo-blob at 0x\w+: it is compatible with "luo-v4", not with "luo-v5"$/,
    ],
    [
      "[LUO-11] a name without end",
      ({ view }) => {
        for (let byte = 0; byte < 64; byte++) view("session-block").setUint8(16 + byte, 0x61);
      },
      /^session-block at 0x\w+: a session's name does not end$/,
    ],
    [
      "[LUO-11] another count of files than there are",
      ({ view }) => view("session-block").setBigUint64(16 + 72, 3n, true),
      /^session-block at 0x\w+: session "vm" counts 3 files, its blocks have 2$/,
    ],
    [
      "[LUO-13] an FLB array of two pages",
      ({ view }) => view("flb-array").setBigUint64(0, 2n, true),
      /^flb-array at 0x\w+: it has 2 pages; it must have 1$/,
    ],
    [
      "[LUO-13] more FLBs than fit",
      ({ view }) => view("flb-array").setBigUint64(8, 64n, true),
      /^flb-array at 0x\w+: count of FLBs 64; at most 63$/,
    ],
    [
      "[MEMFD-08] a folio that is not preserved",
      ({ view }) => view("folio-array", 1).setUint32(16 * 4, 0x9999, true),
      /^folio-array at 0x\w+: page 39321 is no preserved folio$/,
    ],
    [
      "[MEMFD-08] a folio beyond the end of the file",
      ({ view }) => view("folio-array").setBigUint64(8, 600n, true),
      /^folio-array at 0x\w+: index of a folio in the file 600; at most 599$/,
    ],
    [
      "[MEMFD-08] one folio twice",
      ({ view }) => view("folio-array").setUint32(16, 0x2000, true),
      /^memory at 0x2000000 is handed over twice$/,
    ],
    [
      "[MEMFD-09] a size that no memfd has",
      ({ view }) => view("memfd").setBigUint64(8, (2n ** 32n - 1n) * 4096n + 1n, true),
      /^memfd at 0x\w+: size in bytes 17592186040321; at most 17592186040320$/,
    ],
    [
      "[LUO-12] a memfd beyond physical memory",
      ({ view }) => view("file-block").setBigUint64(16 + 48, 1n << 52n, true),
      /^file-block at 0x\w+: file 7 lies beyond physical memory$/,
    ],
    [
      "[KHO-15] blocks of a vmalloc area that no allocator gives",
      ({ view }) => view("memfd").setUint16(46, 11, true),
      /^memfd at 0x\w+: vmalloc order 11; at most 10$/,
    ],
    [
      "[MEMFD-07] more folios than the array holds",
      ({ view }) => view("memfd").setUint32(40, 2, true),
      /^memfd at 0x\w+: 600 folios in an array of 2 pages$/,
    ],
  ];

  test.each(spoilings)("%s", (_, spoil, message) => {
    const copy = copyOf(write(sample));
    spoil(copy);
    expect(copy.reread).toThrow(FormatError);
    expect(copy.reread).toThrow(message);
  });

  test.each([
    ["LUO", 31, /^luo-blob at 0x\w+: 31 bytes; it has at least 32$/],
    ["kexec-metadata", 72, /^kexec-metadata at 0x\w+: 72 bytes; it has at least 73$/],
    ["memblock", 4 * 1024 * 1024 + 1, /^subtree at 0x\w+: "memblock" has 4194305 bytes; at most 4194304$/],
  ])("[KHO-11] subtree %s of %i bytes", (changed, sizeBytes, message) => {
    const image = write(sample);
    const root = parseRootFdt(image.fdt);
    const subtrees = root.subtrees.map((subtree) => (subtree.name === changed ? { ...subtree, sizeBytes } : subtree));
    expect(() => readHandover({ ...image, fdt: buildRootFdt({ ...root, subtrees }) })).toThrow(message);
  });

  test("[LUO-03] a chain of more than 10,000 blocks", () => {
    const sessions = Array.from({ length: 20_001 }, (_, index) => ({ name: `${index}`, files: [] }));
    const image = write({ ...sample, luo: { ...sample.luo!, sessions } });
    const { memory, reread, address } = copyOf(image);
    // One entry a block, all blocks of the chain and more behind its end: 393 are there, 10,001 are needed.
    let last = memory.writable(Number(address("session-block", 392)));
    for (let block = 393; block <= 10_000; block++) {
      const place = 0x8_0000_0000 + block * 4096;
      new DataView(last.buffer, last.byteOffset).setBigUint64(0, BigInt(place), true);
      last = memory.writable(place);
      last[8] = 1;
      last[16] = 0x80;
      new DataView(last.buffer, last.byteOffset).setUint32(20, block, true);
    }
    expect(reread).toThrow(/the chain has more than 10000 blocks$/);
  });
});

describe("fuzz", () => {
  test("[KHO-12] flipped bytes give a structure or a FormatError, soon", () => {
    const image = write(sample);
    const addresses = [...inspectHandover(image).pages.keys()];
    const flips = fc.array(
      fc.record({
        page: fc.nat({ max: addresses.length - 1 }),
        // Most of what means anything stands at the beginning of a page.
        offset: fc.oneof(fc.nat({ max: 63 }), fc.nat({ max: 4095 })),
        value: fc.nat({ max: 255 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    let refused = 0;
    fc.assert(
      fc.property(flips, (drawn) => {
        const { memory, reread } = copyOf(image);
        for (const { page, offset, value } of drawn) memory.writable(addresses[page]!)[offset] = value;
        try {
          reread();
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
          refused++;
        }
      }),
      { numRuns: 1500 },
    );
    expect(refused).toBeGreaterThan(100);
  }, 60_000);
});

describe("no kernel could hand it over", () => {
  test.each([
    ["a session name of 64 bytes", { sessions: [{ name: "n".repeat(64), files: [] }] }],
    ["one folio in two files", { sessions: [{ name: "a", files: [memfdFile, memfdFile] }] }],
    ["64 FLBs", { flbs: Array.from({ length: 64 }, () => ({ compatible: "flb", data: 0n, count: 1 })) }],
  ])("%s", (_, change) => {
    expect(() => write({ ...sample, luo: { ...sample.luo!, ...change } })).toThrow(InvariantError);
  });
});
