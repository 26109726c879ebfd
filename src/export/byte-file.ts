import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";

const bufferBytes = 1024 * 1024;

/** A file that is written from front to back in large pieces. */
export class ByteFile {
  readonly #file: number;
  readonly #buffer = Buffer.alloc(bufferBytes);
  #fill = 0;
  #isOpen = true;
  bytes = 0;

  constructor(path: string) {
    this.#file = openSync(path, "wx");
  }

  write(source: Uint8Array, start = 0, end = source.length): void {
    const bytes = end - start;
    this.bytes += bytes;
    if (this.#fill + bytes > bufferBytes) this.#flush();
    if (bytes > bufferBytes) {
      this.#writeAll(source.subarray(start, end));
      return;
    }
    this.#buffer.set(source.subarray(start, end), this.#fill);
    this.#fill += bytes;
  }

  writeText(text: string): void {
    if (text.length * 3 > bufferBytes) {
      this.write(Buffer.from(text, "utf8"));
      return;
    }
    if (this.#fill + text.length * 3 > bufferBytes) this.#flush();
    const bytes = this.#buffer.write(text, this.#fill, "utf8");
    this.#fill += bytes;
    this.bytes += bytes;
  }

  #flush(): void {
    this.#writeAll(this.#buffer.subarray(0, this.#fill));
    this.#fill = 0;
  }

  #writeAll(source: Uint8Array): void {
    for (let offset = 0; offset < source.length;) {
      offset += writeSync(this.#file, source, offset, source.length - offset);
    }
  }

  finish(): void {
    this.#flush();
    fsyncSync(this.#file);
    this.close();
  }

  /** Lets go of the file without writing what is left. */
  close(): void {
    if (this.#isOpen) closeSync(this.#file);
    this.#isOpen = false;
  }
}
