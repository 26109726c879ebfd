import { describeFacts } from "../analysis/index.ts";
import { type Column, type FolderKind, folderTables, rowIndexName, type Table } from "../trace/index.ts";

const plainTypes: Readonly<Record<Column["type"], string>> = {
  i64: "int64",
  f64: "float64",
  u32: "uint32",
  u16: "uint16",
  u8: "uint8",
  utf8: "text",
};

function typeOf({ type, unit, labels }: Column): string {
  if (unit === "code" && labels) return "label";
  return unit === "flag" ? "boolean" : plainTypes[type];
}

const head = ["| column | type | unit | may be null |", "|---|---|---|---|"];

function columnLine(column: Column): string {
  const isNull = column.nullMeans === undefined ? "no" : "yes";
  return `| \`${column.name}\` | ${typeOf(column)} | ${column.unit} | ${isNull} |`;
}

function tableSection(table: Table): string {
  const index = rowIndexName(table);
  const indexLine = index === undefined ? [] : [`| \`${index}\` | uint32 | index | no |`];
  return [`#### ${table.name}`, "", ...head, ...indexLine, ...table.columns.map(columnLine)].join("\n");
}

const factTypes = { VARCHAR: "text", BIGINT: "int64", DOUBLE: "float64" } as const;

function factSections(kind: FolderKind): string[] {
  return describeFacts(kind).map(({ name, doc, columns }) => {
    const lines = columns.map(([column, type, meaning]) => {
      const unit = /^\[(\w+)\]/.exec(meaning)?.[1] ?? "";
      return `| \`${column}\` | ${factTypes[type]} | ${unit} | no |`;
    });
    return [`#### ${name}`, "", doc, "", ...head, ...lines].join("\n");
  });
}

const kinds: readonly (readonly [kind: FolderKind, document: string])[] = [
  ["trace", "trace-format.md"],
  ["run", "run-format.md"],
  ["comparison", "comparison-format.md"],
  ["fleet", "fleet-format.md"],
  ["difference", "difference-format.md"],
];

/** Columns of every exported table as Markdown, from the declarations that the code itself uses. */
export function exportMarkdown(): string {
  const sections = kinds.map(([kind, document]) => {
    const tables = folderTables(kind).map(tableSection);
    const intro = `### Tables of a ${kind}\n\n[${document}](${document}) says what each column holds and what a null means.`;
    return [intro, ...factSections(kind), ...tables].join("\n\n");
  });
  return sections.join("\n\n");
}
