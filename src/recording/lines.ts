/** Longest line that means anything: a blob of 64 KiB in hex, twice over. */
const maxLineBytes = 256 * 1024;

/** Lines of a log as latin1 text, one at a time, so that a large log is never a string as a whole. */
export function* splitLines(log: Buffer): Generator<string> {
  for (let start = 0; start < log.length;) {
    const found = log.indexOf(0x0a, start);
    const end = found < 0 ? log.length : found;
    // Of a line without end only the beginning is looked at: it cannot be whole.
    yield log.toString("latin1", start, Math.min(end, start + maxLineBytes)).replace(/\r+$/, "");
    start = end + 1;
  }
}
