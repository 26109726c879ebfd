import type { DifferenceRow } from "../compare/index.ts";

/** Longer keys are cut: Bencher takes names of at most 1,024 bytes, and a key of 400 characters may be all escapes. */
const maxKeyChars = 400;

/**
 * Characters that nobody sees, that steer the direction of text, that are half of a character or nothing at all, and
 * white space other than a space.
 */
const hiddenSource = String.raw`[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|[^\S ]`;

function hexOf(character: string): string {
  const code = character.codePointAt(0)!;
  const hex = code.toString(16).toUpperCase();
  if (code < 0x100) return `%${hex.padStart(2, "0")}`;
  return code < 0x1_0000 ? `%u${hex.padStart(4, "0")}` : `%U${hex.padStart(8, "0")}`;
}

/** A way to write text so that two texts never become one. */
export type KeyEscape = (text: string) => string;

/**
 * Makes an escape: `%0A`, `%u202E` and `%U000E0001` stand for hidden characters and for those of `reserved`.
 *
 * Shape    two texts never have the same escape; a % that could be read as one of these is written `%25`
 */
export function keyEscape(reserved: string): KeyEscape {
  const own = reserved === "" ? "" : `|[${reserved.replaceAll(/[\\\]^-]/g, String.raw`\$&`)}]`;
  const pattern = new RegExp(`%(?=[0-9A-Fa-fuU])|${hiddenSource}${own}`, "gu");
  return (text) => text.replaceAll(pattern, hexOf);
}

/** FNV-1a over both halves of 16-bit units, in two lanes: tells long names apart, no more. */
function hashOf(text: string): string {
  let low = 0x811c9dc5;
  let high = 0x1234567;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ (unit + at), 0x85ebca6b);
  }
  return [low, high].map((lane) => (lane >>> 0).toString(16).padStart(8, "0")).join("");
}

/**
 * A key of bounded length: what is cut off stands in it as a hash, so that it is the same in every comparison. Nothing
 * becomes `%`, which no escape is.
 */
export function fitKey(key: string): string {
  if (key === "") return "%";
  if (key.length <= maxKeyChars) return key;
  return `${key.slice(0, maxKeyChars - 17).replace(/[\uD800-\uDBFF]$/, "")}~${hashOf(key)}`;
}

/** Keys that were given away: whoever comes with the same one gets another. */
export class KeySet {
  readonly #counts = new Map<string, number>();
  readonly #separator: string;

  constructor(separator = "~") {
    this.#separator = separator;
  }

  add(key: string): string {
    let count = this.#counts.get(key) ?? 0;
    let unique = key;
    while (this.#counts.has(unique)) unique = `${key}${this.#separator}${++count + 1}`;
    this.#counts.set(key, count);
    if (unique !== key) this.#counts.set(unique, 0);
    return unique;
  }
}

/** `phase=kexec,step=purgatory`; `all` of a row without dimensions. Escape `=` and the separator. */
export function dimensionsKey({ dimensions }: DifferenceRow, escape: KeyEscape, separator: string): string {
  if (dimensions.length === 0) return "all";
  return dimensions.map(([name, value]) => `${escape(name)}=${escape(value)}`).join(separator);
}
