import type { Mutation } from "./mutation.ts";

const rare = ["src/model/luo/live-update.test.ts"];
const boot = ["src/model/kernel/boot.test.ts"];
const tracker = ["src/model/kho/tracker.test.ts"];
const memory = ["test/fidelity/memory.test.ts"];
const images = ["test/fidelity/kho-images.test.ts"];
const radix = ["src/model/kho/radix-tree.test.ts"];

/** Memory: keys, tracker, containers, metadata, scratch, bytes of a handover. */
export const memoryMutations: readonly Mutation[] = [
  {
    rule: "LUO-05",
    breaks: "the descriptor is looked up before there is room for the entry",
    file: "src/model/luo/outgoing-files.ts",
    find: "const grown = this.#store.grow(this.#files.size + 1);",
    replace: "const grown = file ? this.#store.grow(this.#files.size + 1) : 0;",
    tests: ["src/model/luo/live-update.test.ts"],
  },
  {
    rule: "LUO-03",
    breaks: "a failing create leaves no room behind",
    file: "src/model/luo/live-update.ts",
    find: "    if (this.#outgoing.has(name)) return errno.EEXIST;\n",
    replace:
      "    if (this.#outgoing.has(name)) {\n      this.#sessionStore.shrink(this.#outgoing.size);\n      return errno.EEXIST;\n    }\n",
    tests: rare,
  },
  {
    rule: "LUO-05",
    breaks: "7.1 holds a session more",
    file: "src/model/kernel/versions.ts",
    find: "maxEntries: 744",
    replace: "maxEntries: 745",
    tests: rare,
  },
  {
    rule: "KHO-01",
    breaks: "the order's bit lies one lower",
    file: "src/model/kho/radix-tree.ts",
    find: "return 2 ** (52 - order) + block;",
    replace: "return 2 ** (51 - order) + block;",
    tests: radix,
  },
  {
    rule: "KHO-02",
    breaks: "a leaf holds half as many keys",
    file: "src/model/kho/radix-tree.ts",
    find: "const levelShifts = [15,",
    replace: "const levelShifts = [14,",
    tests: radix,
  },
  {
    rule: "KHO-04",
    breaks: "a key that goes takes its page along",
    file: "src/model/kho/tracker.ts",
    find: "if (leaf > 0) this.#leaves[leaf + ((block & (leafBits - 1)) >>> 5)]! &= ~(1 << (block & 31));",
    replace:
      "if (leaf > 0) this.#leaves[leaf + ((block & (leafBits - 1)) >>> 5)]! &= ~(1 << (block & 31));\n    if (this.keyCount() === 0) this.#pages[0] = 0;",
    tests: tracker,
  },
  {
    rule: "MEMFD-01",
    breaks: "a folio's entry takes 12 bytes",
    file: "src/model/handlers/memfd.ts",
    find: "const folioEntryBytes = 16;",
    replace: "const folioEntryBytes = 12;",
    tests: ["src/model/handlers/memfd.test.ts"],
  },
  {
    rule: "MEMFD-02",
    breaks: "no chunk follows 511 addresses",
    file: "src/model/handlers/memfd.ts",
    find: "chunkPages: divFloor(arrayPages, addressesPerChunk) + 1",
    replace: "chunkPages: divCeil(arrayPages, addressesPerChunk)",
    tests: ["src/model/handlers/memfd.test.ts"],
  },
  {
    rule: "MEMFD-06",
    breaks: "holes are filled page by page",
    file: "src/model/handlers/shmem-folios.ts",
    find: "    let order = hugeOrder;\n",
    replace: "    let order = 0;\n",
    tests: memory,
  },
  {
    rule: "MEMFD-08",
    breaks: "a folio's flags lie one bit lower",
    file: "src/model/handlers/memfd-ser.ts",
    find: ".u32(Math.floor(frame / 2 ** 32) + flags * flagsFactor)",
    replace: ".u32(Math.floor(frame / 2 ** 32) + (flags * flagsFactor) / 2)",
    tests: images,
  },
  {
    rule: "KHO-05",
    breaks: "a key that only makes a region longer scans nothing",
    file: "src/model/kho/memblock.ts",
    find: "visits += 2 * regions.add(piece) * pieces[piece]!.count;",
    replace: "visits += 2 * regions.add(piece);",
    tests: ["src/model/kho/memblock.test.ts"],
  },
  {
    rule: "KHO-06",
    breaks: "given sizes of scratch are taken as they are",
    file: "src/model/kho/scratch.ts",
    find: "const take = roundsExplicit ? round : (bytes: number): number => bytes;",
    replace: "const take = (bytes: number): number => bytes;",
    tests: memory,
  },
  {
    rule: "KHO-06",
    breaks: "the global area has the lowmem area in it",
    file: "src/model/kho/scratch.ts",
    find: "globalBytes: round(scale(reserved.allBytes) - lowBytes),",
    replace: "globalBytes: round(scale(reserved.allBytes)),",
    tests: memory,
  },
  {
    rule: "KHO-07",
    breaks: "the image has no indirection pages",
    file: "src/model/kho/image.ts",
    find: "const indirectionPages = divCeil(segmentPages, entriesPerPage);",
    replace: "const indirectionPages = 0 * entriesPerPage;",
    tests: ["src/model/kho/image.test.ts"],
  },
  {
    rule: "KHO-09",
    breaks: "blocks of reserve_mem do not mind their address",
    file: "src/model/kho/reserve-mem.ts",
    find: "while (page % (size * 2) === 0 && page + size * 2 <= end) size *= 2;",
    replace: "while (page + size * 2 <= end) size *= 2;",
    tests: ["src/model/kho/reserve-mem.test.ts"],
  },
  {
    rule: "KHO-11",
    breaks: "a subtree's address goes in front of its size",
    file: "src/model/kho/root-fdt.ts",
    find: '    addProperty(tree, node, wordProperty("preserved-data", address));\n    addProperty(tree, node, wordProperty("blob-size", sizeBytes));\n',
    replace:
      '    addProperty(tree, node, wordProperty("blob-size", sizeBytes));\n    addProperty(tree, node, wordProperty("preserved-data", address));\n',
    tests: ["test/fidelity/kho-blobs.test.ts"],
  },
  {
    rule: "KHO-14",
    breaks: "a block without entries is read",
    file: "src/model/kho/block-chain.ts",
    find: "count === undefined || count === 0 || count > most",
    replace: "count === undefined || count > most",
    tests: boot,
  },
  {
    rule: "LUO-14",
    breaks: "a refused create leaves no block to the next kernel",
    file: "src/model/luo/live-update.ts",
    find: "const emptySessionBlocks = this.#sessionStore.sparePages(sessions.length);",
    replace: "const emptySessionBlocks = 0 * this.#sessionStore.sparePages(sessions.length);",
    tests: boot,
  },
  {
    rule: "LUO-11",
    breaks: "a session's count of files stands before their address",
    file: "src/model/luo/session-ser.ts",
    find: "fields.text(name, nameBytes).u52(filesAddress).u52(fileCount);",
    replace: "fields.text(name, nameBytes).u52(fileCount).u52(filesAddress);",
    tests: images,
  },
];
