import { assert } from "../../base/index.ts";
import type { Column, ColumnType, Table } from "./column.ts";

const arrowNames: Record<ColumnType, string> = {
  i64: "int64",
  f64: "float64",
  u32: "uint32",
  u16: "uint16",
  u8: "uint8",
  utf8: "utf8",
};

const beginMark = "<!-- generated from src/trace/schema by scripts/generate-docs.ts: begin -->";
const endMark = "<!-- generated: end -->";

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function columnLine({ name, type, unit, doc, nullMeans, labels }: Column): string {
  const codes = labels ? ` ${labels.map((label, code) => `${code} = ${label}`).join(", ")}.` : "";
  return `| \`${name}\` | ${arrowNames[type]} | ${unit} | ${cell(nullMeans ?? "never null")} | ${cell(doc + codes)} |`;
}

function tableSection({ name, doc, orderedBy, columns }: Table): string {
  const order = orderedBy === undefined ? "" : ` Rows never go back in \`${orderedBy}\`.`;
  return [
    `### ${name}`,
    "",
    `${doc}${order}`,
    "",
    "| column | type | unit | a null means | what it holds |",
    "|---|---|---|---|---|",
    ...columns.map(columnLine),
  ].join("\n");
}

/** Every table and column as Markdown, from the declarations that the code itself uses. */
export function tablesMarkdown(tables: readonly Table[]): string {
  return tables.map(tableSection).join("\n\n");
}

/** A document with the part between its two marks replaced by the tables. */
export function fillDocument(text: string, tables: readonly Table[]): string {
  const begin = text.indexOf(beginMark);
  const end = text.indexOf(endMark);
  assert(begin >= 0 && end > begin, "the document has no marks around its generated part");
  return `${text.slice(0, begin + beginMark.length)}\n\n${tablesMarkdown(tables)}\n\n${text.slice(end)}`;
}
