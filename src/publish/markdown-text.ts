import { displayText } from "../analysis/index.ts";

/** Bytes of a text as UTF-8: what GitHub counts. */
export function byteCount(text: string): number {
  return Buffer.byteLength(text);
}

/**
 * Any text as code, of bounded length. In code nothing is a link, a tag, a formula or a mention that would notify
 * somebody; the two characters that could end it (a backtick, and a bar in a table) are written as their likes.
 */
export function code(text: string, maxChars = 80): string {
  const shown = displayText(text, maxChars).replaceAll("`", "ˋ").replaceAll("|", "¦");
  return shown.trim() === "" ? "`(no name)`" : `\`${shown}\``;
}

const harmless = /^[A-Za-z0-9 .,:;%?()+−±–…=<>'/-]*$/;

/** A sentence, of bounded length: as it is where no character of it means anything to Markdown, else as code. */
export function prose(text: string, maxChars = 200): string {
  // Two spaces before a line's end would break it.
  const shown = displayText(text, maxChars).trim();
  // "p < 0.01" is harmless, what could be read as a tag or an address is not.
  if (!harmless.test(shown) || /<[^ \d]|\/\/|www\./i.test(shown)) return code(shown, maxChars);
  return shown.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export function tableRow(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

export function tableHead(heads: readonly string[], isRight: readonly boolean[]): string[] {
  return [tableRow(heads), tableRow(isRight.map((right) => (right ? "---:" : "---")))];
}

/** Collects whole lines up to a number of bytes. */
export class Page {
  readonly #lines: string[] = [];
  #left: number;

  constructor(maxBytes: number) {
    this.#left = maxBytes;
  }

  get leftBytes(): number {
    return this.#left;
  }

  /** Adds all of these lines, or none of them: gives false where there is no room. */
  add(lines: readonly string[]): boolean {
    const bytes = lines.reduce((sum, line) => sum + byteCount(line) + 1, 0);
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    this.#lines.push(...lines);
    return true;
  }

  /**
   * Adds `head` and as many of the lines as have room within `maxBytes`; gives how many are left out. Nothing is added
   * where not even the head and one line fit.
   */
  addMost(head: readonly string[], lines: readonly string[], maxBytes = this.#left): number {
    let room = Math.min(maxBytes, this.#left) - head.reduce((sum, line) => sum + byteCount(line) + 1, 0);
    let count = 0;
    for (const line of lines) {
      room -= byteCount(line) + 1;
      if (room < 0) break;
      count++;
    }
    if (count > 0) this.add([...head, ...lines.slice(0, count)]);
    return lines.length - count;
  }

  text(): string {
    return `${this.#lines.join("\n")}\n`;
  }
}
