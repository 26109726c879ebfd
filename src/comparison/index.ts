export { writeComparison } from "./write-comparison.ts";
