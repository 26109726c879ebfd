export { assert, assertDefined } from "./assert.ts";
export { popcount } from "./bits.ts";
export { FormatError, InterruptedError, InvariantError, ToolError, UsageError } from "./errors.ts";
export { canonicalJson, type Json } from "./json.ts";
export { createPrng } from "./prng.ts";
export {
  bytesToPagesCeil,
  divCeil,
  divFloor,
  gibBytes,
  kibBytes,
  mibBytes,
  msNs,
  orderPages,
  pageBytes,
  pagesToBytes,
  roundUp,
  secNs,
  usNs,
} from "./units.ts";
