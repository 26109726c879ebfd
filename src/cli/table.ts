import { fitText, textWidth } from "./blocks.ts";

/** Rows as aligned columns; numbers are already text, right-aligned where `right` says so. */
export function formatTable(
  heads: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly boolean[] = [],
): string {
  const widths = heads.map((head, column) =>
    rows.reduce((width, row) => Math.max(width, textWidth(row[column]!)), textWidth(head)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => fitText(cell, widths[column]!, right[column] === true ? "right" : "left"))
      .join("  ")
      .trimEnd();
  return [line(heads), line(widths.map((width) => "─".repeat(width))), ...rows.map(line)].join("\n");
}
