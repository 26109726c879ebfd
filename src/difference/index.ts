export { writeDifference } from "./write-difference.ts";
