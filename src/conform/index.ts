export { checkCalls, type FileResult, kernelPairOf, type KernelPair, type Mismatch, parseKernelPair } from "./check.ts";
