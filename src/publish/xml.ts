/** What XML 1.0 has no place for, whatever the escape: control characters, half characters, and two that are none. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about
const forbidden = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]/g;

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  // White space in an attribute would be read as a space, and a lone return as a line's end.
  "\t": "&#9;",
  "\n": "&#10;",
  "\r": "&#13;",
};

/** Any text, fit for an attribute or between tags; U+FFFD stands for what XML forbids. */
export function xmlText(text: string): string {
  return text
    .toWellFormed()
    .replaceAll(forbidden, "\uFFFD")
    .replaceAll(/[&<>"\t\n\r]/g, (found) => entities[found]!);
}

/** Attributes in their order. */
export function xmlAttributes(attributes: Readonly<Record<string, string | number>>): string {
  return Object.entries(attributes)
    .map(([name, value]) => ` ${name}="${xmlText(String(value))}"`)
    .join("");
}
