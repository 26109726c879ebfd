import { displayText } from "../analysis/format.ts";
import type { SqlAnswer } from "../analysis/index.ts";
import type { Json } from "../base/index.ts";
import { formatTable } from "./table.ts";

function formatCell(cell: Json): string {
  if (cell === null) return "";
  return displayText(typeof cell === "string" ? cell : JSON.stringify(cell), 120);
}

/** An answer as a table; numbers stay exact, since what they count only the question knows. */
export function formatAnswer({ columns, rows, truncated }: SqlAnswer): string {
  const cells = rows.map((row) => row.map(formatCell));
  const right = columns.map((_, index) => rows.every((row) => row[index] === null || typeof row[index] === "number"));
  const heads = columns.map(({ name }) => displayText(name, 60));
  const note = truncated ? "\n(more rows: raise --limit)" : "";
  return `${formatTable(heads, cells, right)}${note}`;
}
