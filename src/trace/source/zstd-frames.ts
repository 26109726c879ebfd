/**
 * Where frames of Zstandard end: Node's decoder stops after the first one, and files that were joined or packed in
 * parallel have many.
 *
 * Source   RFC 8878, section 3.1: frames, blocks, skippable frames
 */

const frameMagic = 0xfd2fb528;
const skippableMagic = 0x184d2a50;

/** Bytes of the dictionary's id and of the content's size, by the flags of the frame header's descriptor. */
const dictionaryIdBytes = [0, 1, 2, 4];
const contentSizeBytes = [0, 2, 4, 8];

type State = "magic" | "header" | "block" | "skip-length" | "inside";

/** Pieces of a stream, each a part of one frame. */
export interface FramePiece {
  readonly bytes: Uint8Array;
  readonly isEnd: boolean;
}

/** Follows the structure of the frames without unpacking them. */
class FrameWalker {
  #state: State = "magic";
  /** Bytes of the structure that is being collected. */
  readonly #field = new Uint8Array(18);
  #filled = 0;
  #wanted = 4;
  #left = 0;
  #hasChecksum = false;
  #isLast = false;

  /** Takes what it can of `bytes` from `offset`; gives the new offset and whether a frame ends there. */
  step(bytes: Uint8Array, offset: number): { readonly offset: number; readonly isEnd: boolean } {
    if (this.#state === "inside") {
      const taken = Math.min(this.#left, bytes.length - offset);
      this.#left -= taken;
      if (this.#left > 0) return { offset: offset + taken, isEnd: false };
      const isEnd = this.#isLast;
      this.#expect(isEnd ? "magic" : "block", isEnd ? 4 : 3);
      return { offset: offset + taken, isEnd };
    }
    let at = offset;
    while (this.#filled < this.#wanted && at < bytes.length) this.#field[this.#filled++] = bytes[at++]!;
    return { offset: at, isEnd: this.#filled === this.#wanted && this.#finishField() };
  }

  #expect(state: State, wanted: number): void {
    this.#state = state;
    this.#filled = 0;
    this.#wanted = wanted;
  }

  #enter(left: number, isLast: boolean): boolean {
    this.#left = left;
    this.#isLast = isLast;
    if (left > 0) {
      this.#expect("inside", 0);
      return false;
    }
    this.#expect(isLast ? "magic" : "block", isLast ? 4 : 3);
    return isLast;
  }

  #number(bytes: number): number {
    let value = 0;
    for (let index = bytes - 1; index >= 0; index--) value = value * 256 + this.#field[index]!;
    return value;
  }

  /** Goes on after a complete field; true where the frame ends. */
  #finishField(): boolean {
    if (this.#state === "magic") {
      const magic = this.#number(4);
      const isSkippable = (magic & 0xffff_fff0) >>> 0 === skippableMagic;
      // Anything else is left to the decoder, which says what is wrong with it.
      if (!isSkippable && magic !== frameMagic) return this.#enter(Number.POSITIVE_INFINITY, true);
      this.#expect(isSkippable ? "skip-length" : "header", isSkippable ? 4 : 1);
      return false;
    }
    if (this.#state === "skip-length") return this.#enter(this.#number(4), true);
    if (this.#state === "header") return this.#finishHeader();
    const block = this.#number(3);
    const bytes = (block & 6) === 2 ? 1 : block >>> 3;
    const isLast = (block & 1) === 1;
    return this.#enter(bytes + (isLast && this.#hasChecksum ? 4 : 0), isLast);
  }

  #finishHeader(): boolean {
    const descriptor = this.#field[0]!;
    const isSingle = (descriptor & 0x20) !== 0;
    const sizeBytes = contentSizeBytes[descriptor >>> 6]! || (isSingle ? 1 : 0);
    const headerBytes = 1 + (isSingle ? 0 : 1) + dictionaryIdBytes[descriptor & 3]! + sizeBytes;
    this.#wanted = headerBytes;
    if (this.#filled < headerBytes) return false;
    this.#hasChecksum = (descriptor & 4) !== 0;
    this.#expect("block", 3);
    return false;
  }
}

/** Cuts a stream where its frames end. */
export async function* zstdFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<FramePiece> {
  const walker = new FrameWalker();
  for await (const chunk of source) {
    let start = 0;
    for (let offset = 0; offset < chunk.length;) {
      const step = walker.step(chunk, offset);
      offset = step.offset;
      if (!step.isEnd) continue;
      yield { bytes: chunk.subarray(start, offset), isEnd: true };
      start = offset;
    }
    if (start < chunk.length) yield { bytes: chunk.subarray(start), isEnd: false };
  }
}
