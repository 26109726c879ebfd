import { showPath } from "../text.ts";
import { beyondLimit, freeUnpackedBytes, type ImportLimits } from "./limits.ts";

/** Counts what is unpacked and stops what was packed to fill memory or disk. */
export class UnpackGuard {
  readonly limits: ImportLimits;
  #unpackedBytes = 0;

  constructor(limits: ImportLimits) {
    this.limits = limits;
  }

  /**
   * Follows one stream: gives a function that takes the number of further unpacked bytes.
   *
   * Errors   that function throws FormatError beyond a limit
   */
  follow(path: string, packedBytes: number): (bytes: number) => void {
    let fileBytes = 0;
    return (bytes) => {
      fileBytes += bytes;
      this.#unpackedBytes += bytes;
      if (this.#unpackedBytes > this.limits.unpackedBytes) {
        throw beyondLimit(showPath(path), "unpackedBytes", this.limits);
      }
      if (fileBytes > freeUnpackedBytes && fileBytes > packedBytes * this.limits.unpackRatio) {
        throw beyondLimit(showPath(path), "unpackRatio", this.limits);
      }
    };
  }
}
