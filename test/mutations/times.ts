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
