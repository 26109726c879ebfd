/** Rows as aligned columns; numbers are already text, right-aligned where `right` says so. */
export function formatTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly boolean[] = [],
): string {
  const widths = heads.map((head, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]!.length), head.length),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => (right[column] === true ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd();
  return [line(heads), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}
