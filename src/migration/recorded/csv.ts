import { FormatError } from "../../base/index.ts";

/** Longest table that is read; the largest known has 32,520 rows. */
const maxRows = 2_000_000;

/** Problems that are named one by one; all are counted. */
const maxNamed = 20;

/** A text file with the path that errors name. */
export interface TextFile {
  readonly path: string;
  readonly text: string;
}

/** Cells that could not be read: how many, and the first of them by file and line. */
export class Problems {
  count = 0;
  readonly named: string[] = [];

  add(path: string, line: number, what: string): void {
    this.count++;
    if (this.named.length < maxNamed) this.named.push(`${path}:${line}: ${what}`);
  }
}

/** Fields of one line; a quoted field may hold commas and doubled quotes. */
function splitLine(line: string): string[] {
  if (!line.includes('"')) return line.split(",");
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const char = line[at]!;
    if (char === '"' && quoted && line[at + 1] === '"') {
      field += char;
      at++;
    } else if (char === '"') quoted = !quoted;
    else if (char === "," && !quoted) {
      fields.push(field);
      field = "";
    } else field += char;
  }
  fields.push(field);
  return fields;
}

/** One row of a table: cells by column name. */
export class CsvRow {
  readonly line: number;
  readonly #table: CsvTable;
  readonly #fields: readonly string[];

  constructor(table: CsvTable, line: number, fields: readonly string[]) {
    this.#table = table;
    this.line = line;
    this.#fields = fields;
  }

  /** A cell as text; empty where the column or the cell is missing. */
  text(column: string): string {
    const at = this.#table.columns.get(column);
    return at === undefined ? "" : (this.#fields[at] ?? "").trim();
  }

  /** A cell as a number that is not negative; undefined where it is blank, and a problem where it is anything else. */
  number(column: string): number | undefined {
    const text = this.text(column);
    if (text === "") return undefined;
    const value = Number(text);
    if (Number.isFinite(value) && value >= 0 && value <= Number.MAX_SAFE_INTEGER) return value;
    this.#table.problems.add(this.#table.path, this.line, `${column} is ${JSON.stringify(text.slice(0, 40))}`);
    return undefined;
  }
}

/** Whether a text has more lines, found out before there is a string for each. */
function hasMoreLines(text: string, most: number): boolean {
  let count = 0;
  for (let at = text.indexOf("\n"); at >= 0 && count <= most; at = text.indexOf("\n", at + 1)) count++;
  return count > most;
}

/**
 * A CSV file whose first line names its columns.
 *
 * Errors   FormatError for a file without a column that is needed, or with too many rows; a row of another length is a
 *          problem, and left out
 */
export class CsvTable {
  readonly path: string;
  readonly columns = new Map<string, number>();
  readonly rows: CsvRow[] = [];
  readonly problems: Problems;

  constructor({ path, text }: TextFile, needed: readonly string[], problems: Problems) {
    this.path = path;
    this.problems = problems;
    if (hasMoreLines(text, maxRows)) throw new FormatError(`${path}: at most ${maxRows} rows are read`);
    const lines = text.split(/\r?\n/);
    for (const [at, name] of splitLine(lines[0] ?? "").entries()) this.columns.set(name.trim(), at);
    const missing = needed.filter((name) => !this.columns.has(name));
    if (missing.length > 0) {
      throw new FormatError(`${path}:1: no column ${missing.join(", ")}`, {
        hint: "the first line names the columns; docs/migration.md lists those that are read",
      });
    }
    for (let at = 1; at < lines.length; at++) {
      if (lines[at] === "") continue;
      const fields = splitLine(lines[at]!);
      if (fields.length === this.columns.size) this.rows.push(new CsvRow(this, at + 1, fields));
      else problems.add(path, at + 1, `${fields.length} fields, not ${this.columns.size}`);
    }
  }
}
