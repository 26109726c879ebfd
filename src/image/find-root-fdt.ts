import { InterruptedError, mibBytes, pageBytes } from "../base/index.ts";
import { looksLikeRootFdt } from "../model/index.ts";
import type { MemoryImage } from "./open-image.ts";

/** Bytes that are looked through at once. */
const stepBytes = 4 * mibBytes;

/**
 * Addresses of all pages where a root FDT begins. The whole image is read once, a piece at a time; between pieces other
 * work may run, and `signal` ends the search.
 *
 * Errors   InterruptedError after an abort
 */
export async function findRootFdts(image: MemoryImage, signal: AbortSignal): Promise<number[]> {
  const found: number[] = [];
  for (const { address, offset, sizeBytes } of image.segments) {
    const skip = (pageBytes - (address % pageBytes)) % pageBytes;
    for (let at = skip; at + pageBytes <= sizeBytes; at += stepBytes) {
      if (signal.aborted) throw new InterruptedError();
      const bytes = image.read(offset + at, Math.min(stepBytes, sizeBytes - at));
      for (let page = 0; page + pageBytes <= bytes.length; page += pageBytes) {
        if (looksLikeRootFdt(bytes.subarray(page, page + pageBytes))) found.push(address + at + page);
      }
      await new Promise(setImmediate);
      if (bytes.length === 0) break;
    }
  }
  return found;
}
