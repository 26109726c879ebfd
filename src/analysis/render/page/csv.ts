export type CsvCell = string | number | boolean | null;

/** A text that a spreadsheet would run gets an apostrophe in front; quotes are doubled. */
function csvCell(cell: CsvCell): string {
  if (cell === null) return "";
  if (typeof cell !== "string") return String(cell);
  // oxlint-disable-next-line no-control-regex -- spreadsheets pass over what stands before a formula
  const harmless = /^[\s\u0000-\u001f\u202a-\u202e]*[=+\-@＝＋－＠']/.test(cell) ? `'${cell}` : cell;
  return /[",\n\r]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** Rows as CSV: a line of names, which say their units, and a line for each row. */
export function csv(names: readonly string[], rows: readonly (readonly CsvCell[])[]): Blob {
  const lines = [names, ...rows].map((row) => row.map(csvCell).join(","));
  return new Blob([`${lines.join("\n")}\n`], { type: "text/csv" });
}

/** Lets the reader keep a file that the page has made: its content, or an address that holds it. */
export function save(name: string, content: Blob | string): void {
  const url = typeof content === "string" ? content : URL.createObjectURL(content);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  if (typeof content !== "string") setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
