/** A rule of the model, broken: the tests named must notice. `npm run mutate` tries each. */
export interface Mutation {
  readonly rule: string;
  readonly breaks: string;
  readonly file: string;
  /** Text that stands there once, and what takes its place. */
  readonly find: string;
  readonly replace: string;
  readonly tests: readonly string[];
}

const conform = ["test/fidelity/conform.test.ts"];
const rare = ["src/model/luo/live-update.test.ts"];
const boot = ["src/model/kernel/boot.test.ts"];
const posted = ["src/model/handlers/posted/posted.test.ts"];
const tracker = ["src/model/kho/tracker.test.ts"];
const radix = ["src/model/kho/radix-tree.test.ts"];

export const mutations: readonly Mutation[] = [
  {
    rule: "LUO-20",
    breaks: "a token may be used twice",
    file: "src/model/luo/outgoing-files.ts",
    find: "if (this.#files.has(token)) return errno.EEXIST;",
    replace: "",
    tests: conform,
  },
  {
    rule: "LUO-20",
    breaks: "a bad descriptor is seen before a token in use",
    file: "src/model/luo/outgoing-files.ts",
    find: "if (this.#files.has(token)) return errno.EEXIST;\n    if (!file) return errno.EBADF;",
    replace: "if (!file) return errno.EBADF;\n    if (this.#files.has(token)) return errno.EEXIST;",
    tests: conform,
  },
  {
    rule: "LUO-21",
    breaks: "a file without a handler gives EINVAL",
    file: "src/model/luo/outgoing-files.ts",
    find: "if (!handler) return errno.ENOENT;",
    replace: "if (!handler) return errno.EINVAL;",
    tests: conform,
  },
  {
    rule: "LUO-22",
    breaks: "the same inode may be preserved twice",
    file: "src/model/luo/outgoing-files.ts",
    find: "if (preserved.has(identity)) return errno.EBUSY;",
    replace: "",
    tests: conform,
  },
  {
    rule: "LUO-22",
    breaks: "a retrieved file may be preserved before finish",
    file: "src/model/luo/incoming-files.ts",
    find: 'if (typeof entry.retrieved !== "number") this.#shared.preserved.add(entry.handler.identity(entry.retrieved));',
    replace: "",
    tests: conform,
  },
  {
    rule: "LUO-23",
    breaks: "closing a session leaves its files frozen",
    file: "src/model/luo/outgoing-files.ts",
    find: "      entry.handler.unpreserve(entry);\n",
    replace: "",
    tests: conform,
  },
  {
    rule: "LUO-25",
    breaks: "a failed retrieve is tried again",
    file: "src/model/luo/incoming-files.ts",
    find: "if (entry.retrieved !== undefined) return entry.retrieved;",
    replace: 'if (typeof entry.retrieved === "object") return entry.retrieved;',
    tests: rare,
  },
  {
    rule: "LUO-26",
    breaks: "finish takes any reserved word",
    file: "src/model/luo/session.ts",
    find: "return reserved === 0 ? this.files.finish() : errno.EINVAL;",
    replace: "return this.files.finish() + 0 * reserved;",
    tests: conform,
  },
  {
    rule: "LUO-26",
    breaks: "a refused finish ends the files that may",
    file: "src/model/luo/incoming-files.ts",
    find: "      return errno.EBUSY;\n",
    replace: "      this.#files.clear();\n      return errno.EBUSY;\n",
    tests: rare,
  },
  {
    rule: "LUO-27",
    breaks: "a tail that is not zero is taken",
    file: "src/model/luo/ioctl.ts",
    find: "call.sizeBytes > minBytes && !call.tailIsZero ? errno.E2BIG : 0",
    replace: "0",
    tests: conform,
  },
  {
    rule: "LUO-29",
    breaks: "a name of 64 characters is taken",
    file: "src/model/luo/live-update.ts",
    find: "lengthBytes(name) >= nameBytes",
    replace: "lengthBytes(name) > nameBytes",
    tests: conform,
  },
  {
    rule: "LUO-31",
    breaks: "a session can be retrieved twice",
    file: "src/model/luo/live-update.ts",
    find: "    if (session.retrieved) return errno.EINVAL;\n",
    replace: "",
    tests: conform,
  },
  {
    rule: "LUO-32",
    breaks: "a closed incoming session can be retrieved again",
    file: "src/model/luo/live-update.ts",
    find: "if (session.files.finish() === 0) this.#incoming.delete(session.name);",
    replace: "session.retrieved = session.files.finish() !== 0;",
    tests: conform,
  },
  {
    rule: "LUO-40",
    breaks: "the file that failed thaws, too",
    file: "src/model/luo/outgoing-files.ts",
    find: "this.unfreeze(frozen.length);",
    replace: "this.unfreeze(frozen.length + 1);",
    tests: rare,
  },
  {
    rule: "LUO-45",
    breaks: "unfinished sessions go on to a third kernel",
    file: "src/model/luo/live-update.ts",
    find: "    this.#isSerialized = true;\n",
    replace:
      "    for (const { name } of this.#incoming.values()) sessions.push({ name, files: [] });\n    this.#isSerialized = true;\n",
    tests: rare,
  },
  {
    rule: "LUO-50",
    breaks: "a file without a handler is left out",
    file: "src/model/luo/incoming-files.ts",
    find: "if (!handler) return errno.ENOENT;",
    replace: "if (!handler) continue;",
    tests: rare,
  },
  {
    rule: "LUO-51",
    breaks: "deserializing is tried at every open",
    file: "src/model/luo/live-update.ts",
    find: "this.#deserialized ??= this.#deserialize();",
    replace: "this.#deserialized = this.#deserialize();",
    tests: rare,
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
    rule: "MEMFD-10",
    breaks: "a preserved file may grow",
    file: "src/model/vfs/shmem.ts",
    find: "    if (this.frozen) return errno.EPERM;\n",
    replace: "",
    tests: conform,
  },
  {
    rule: "MEMFD-10",
    breaks: "a write within a preserved file is refused",
    file: "src/model/vfs/shmem.ts",
    find: "if (end > this.sizeBytes && ((this.seals & seal.grow) !== 0 || this.frozen)) return errno.EPERM;",
    replace: "if (this.frozen || (end > this.sizeBytes && (this.seals & seal.grow) !== 0)) return errno.EPERM;",
    tests: conform,
  },
  {
    rule: "MEMFD-11",
    breaks: "a file with a name is preserved",
    file: "src/model/handlers/memfd-handler.ts",
    find: "file instanceof ShmemFile && !file.linked",
    replace: "file instanceof ShmemFile",
    tests: conform,
  },
  {
    rule: "MEMFD-12",
    breaks: "seals stay behind",
    file: "src/model/handlers/memfd-handler.ts",
    find: "new ShmemInode(memfd.seals)",
    replace: "new ShmemInode()",
    tests: conform,
  },
  {
    rule: "HOP-01",
    breaks: "another KHO ABI is read all the same",
    file: "src/model/kernel/hop.ts",
    find: "if (from.kho !== to.kho) {",
    replace: "if (from.kho === to.kho && from.kho !== to.kho) {",
    tests: boot,
  },
  {
    rule: "BOOT-01",
    breaks: "a crash kernel of 7.3 keeps KHO",
    file: "src/model/kernel/boot.ts",
    find: "if (options.isKdump === true && !options.features.keepsKhoInKdump)",
    replace: "if (options.isKdump === true && options.kho === false)",
    tests: boot,
  },
  {
    rule: "VFIO-02",
    breaks: "a device with interrupts on freezes",
    file: "src/model/handlers/posted/vfio.ts",
    find: "device.interruptsEnabled || !device.isInD0",
    replace: "!device.isInD0",
    tests: posted,
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
];
