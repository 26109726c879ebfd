import type { Mutation } from "./mutation.ts";

const recordings = ["test/fidelity/recordings.test.ts"];
const predictions = ["test/fidelity/predict-times.test.ts"];

/** Times: what an update pays for, and what a prediction may know. */
export const timeMutations: readonly Mutation[] = [
  {
    rule: "MEMFD-13",
    breaks: "a file of which a folio moves is pinned once",
    file: "src/model/lifecycle/file-terms.ts",
    find: "file.migratedFolioCount > 0 ? file.folioCount : 0",
    replace: "0",
    tests: recordings,
  },
  {
    rule: "MEMFD-14",
    breaks: "retrieving costs the same on any number of nodes",
    file: "src/model/lifecycle/file-terms.ts",
    find: "folioCount * (nodeCount - 1)",
    replace: "0 * nodeCount",
    tests: recordings,
  },
  {
    rule: "MEMFD-15",
    breaks: "moved pages always find a place in their zone",
    file: "src/model/lifecycle/file-terms.ts",
    find: 'term("spillPageNs", file.spilledPageCount)',
    replace: 'term("spillPageNs", 0 * file.spilledPageCount)',
    tests: recordings,
  },
  {
    rule: "BOOT-02",
    breaks: "hash tables grow with every byte of RAM",
    file: "src/model/lifecycle/kexec.ts",
    find: "return 2 ** Math.ceil(Math.log2(ramBytes / gibBytes));",
    replace: "return ramBytes / gibBytes;",
    tests: recordings,
  },
  {
    rule: "BOOT-03",
    breaks: "a small lowmem scratch has room for the bounce buffer",
    file: "src/model/lifecycle/kexec.ts",
    find: "while (bytes > roomBytes && bytes > leastBounceBytes) bytes /= 2;",
    replace: "while (bytes > roomBytes && bytes > bounceBytes) bytes /= 2;",
    tests: recordings,
  },
  {
    rule: "KHO-05",
    breaks: "what the boot reserved lies above every key",
    file: "src/model/kho/memblock.ts",
    find: "area < startBytes",
    replace: "area < 0 * startBytes",
    tests: ["src/model/kho/memblock.test.ts"],
  },
  {
    rule: "REC-06",
    breaks: "a prediction looks at the kernel that came",
    file: "src/recording/before.ts",
    find: "kernelFrom: oldKernel.version,",
    replace: "kernelFrom: recording.newKernel.version ?? oldKernel.version,",
    tests: predictions,
  },
  {
    rule: "REC-06",
    breaks: "what is not known of the placement changes nothing",
    file: "src/calibrate/placements.ts",
    find: "most: { files: filesWith(moved.most), keys, ...scattered },",
    replace: "most: { files: filesWith(moved.likely), keys },",
    tests: predictions,
  },
];
