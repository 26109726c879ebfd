import type { Mutation } from "./mutation.ts";

const boot = ["src/model/kernel/boot.test.ts"];
const posted = ["src/model/handlers/posted/posted.test.ts"];

/** From kernel to kernel, and what is posted. */
export const kernelMutations: readonly Mutation[] = [
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
    rule: "KEXEC-01",
    breaks: "7.2 hashes nothing in purgatory",
    file: "src/model/lifecycle/kexec.ts",
    find: "if (!kernelFeatures(host.kernelFrom).hashesImage) return [];",
    replace: "if (!kernelFeatures(host.kernelTo).hashesImage) return [];",
    tests: ["test/replay/kernels.test.ts"],
  },
  {
    rule: "IOMMU-03",
    breaks: "large entries need a table for 2 MiB, too",
    file: "src/model/handlers/posted/iommu.ts",
    find: "const leafTables = smallBytes === 0 ? 0 : divCeil(endBytes, leaf) - Math.floor(largeBytes / leaf);",
    replace: "const leafTables = divCeil(endBytes, leaf);",
    tests: posted,
  },
];
