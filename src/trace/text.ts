// Everything outside printable text that could move a cursor, end a line or turn its direction.
// eslint-disable-next-line no-control-regex
const unsafe = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

function escapeCharacter(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Text of unknown origin in quotes, on one line, with nothing in it that a terminal would obey; long text is cut. */
export function quote(text: string, maxChars = 60): string {
  const shown = JSON.stringify(text.slice(0, maxChars)).replace(unsafe, escapeCharacter);
  return text.length > maxChars ? `${shown}… (${text.length} characters)` : shown;
}

/** A file's name for a message: as it is where it is plain, quoted where it is not. */
export function showPath(path: string): string {
  unsafe.lastIndex = 0;
  return unsafe.test(path) ? quote(path, 4096) : path;
}
