export { writeDifference, type WriteDifferenceOptions } from "./write-difference.ts";
