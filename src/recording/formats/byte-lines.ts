/** Longest line that is looked at; of a longer one only the beginning is read. */
const maxLineBytes = 256 * 1024;

/** Walks over the lines of a file without making a string of any. */
export class ByteLines {
  readonly bytes: Buffer;
  /** Of the current line, without its end of line. */
  start = 0;
  end = 0;
  /** Of the current line, from 1. */
  number = 0;
  #next = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  next(): boolean {
    if (this.#next >= this.bytes.length) return false;
    this.start = this.#next;
    const found = this.bytes.indexOf(0x0a, this.start);
    let end = found < 0 ? this.bytes.length : found;
    this.#next = end + 1;
    end = Math.min(end, this.start + maxLineBytes);
    while (end > this.start && this.bytes[end - 1] === 0x0d) end--;
    this.end = end;
    this.number++;
    return true;
  }

  text(): string {
    return this.bytes.toString("latin1", this.start, this.end);
  }
}
