export { checkCalls, kernelPairOf, type Mismatch, parseKernelPair } from "./check.ts";
