import type { InputFile } from "./input.ts";
import type { InputReader } from "./reader.ts";

/**
 * Walks over a binary file in pieces: a reader takes whole records from `at` on, and asks for more where one is cut.
 *
 * Shape    `bytes` and `view` hold the piece at hand, `at` is the place reached in it; both move with `fill`
 * Cost     a piece is copied only where a record crosses its end; memory is a piece and the largest record
 */
export class ByteWindow {
  readonly #chunks: AsyncGenerator<Uint8Array>;
  bytes: Buffer = Buffer.alloc(0);
  view: DataView = new DataView(new ArrayBuffer(0));
  at = 0;
  /** Bytes of the file before the piece at hand. */
  #before = 0;

  constructor(file: InputFile, reader: InputReader) {
    this.#chunks = reader.chunks(file);
  }

  /** Bytes at hand. */
  get left(): number {
    return this.bytes.length - this.at;
  }

  /** Place of `at` in the whole file. */
  get offset(): number {
    return this.#before + this.at;
  }

  /** Reads on until `wanted` bytes are at hand; false where the file ends before. */
  async fill(wanted: number): Promise<boolean> {
    const parts: Uint8Array[] = [this.bytes.subarray(this.at)];
    let known = this.left;
    while (known < wanted) {
      const next = await this.#chunks.next();
      if (next.done === true) break;
      parts.push(next.value);
      known += next.value.length;
    }
    if (parts.length > 1) this.#load(parts);
    return known >= wanted;
  }

  /** Lets go of a file that is not read to its end. */
  async close(): Promise<void> {
    await this.#chunks.return(undefined);
  }

  #load(parts: readonly Uint8Array[]): void {
    this.#before += this.at;
    this.at = 0;
    const [rest, first] = parts as [Uint8Array, Uint8Array];
    const whole = rest.length === 0 && parts.length === 2 ? first : Buffer.concat(parts);
    this.bytes = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength);
    this.view = new DataView(whole.buffer, whole.byteOffset, whole.byteLength);
  }
}
