import { basename, dirname, join } from "node:path";

import { z } from "zod";

import { UsageError } from "../base/index.ts";
import { loadYaml, type ReadText } from "../config/index.ts";
import { type Cell, type DataSource, type Notebook, outputBegin, outputEnd, type Prose } from "./notebook.ts";
import { splitWords } from "./words.ts";

const frontMatterSchema = z.strictObject({
  /** Folder that paths and commands start from, seen from the notebook. */
  root: z.string().optional(),
  data: z.record(
    z.string().regex(/^[a-z][\w-]{0,30}$/, "a name is small letters, digits, - and _, and begins with a letter"),
    z.string("a path, or a luoscope command that makes a folder"),
  ),
});

/** More than this is a program, and no notebook. */
const maxCells = 200;

/** How each cell's first line goes on after its kind. */
const cellHeads: Readonly<Record<Cell["kind"], { readonly words: number; readonly usage: string }>> = {
  sql: { words: 1, usage: "sql FOLDER" },
  claim: { words: 1, usage: "claim FOLDER" },
  chart: { words: 2, usage: "chart FOLDER CHART" },
  luoscope: { words: 0, usage: "luoscope" },
};

function isCellKind(word: string): word is Cell["kind"] {
  return Object.hasOwn(cellHeads, word);
}

/** Lines of a file and where the reader is in them; messages name the file and the line. */
class Lines {
  readonly #path: string;
  readonly #lines: readonly string[];
  next = 0;

  constructor(path: string, text: string) {
    this.#path = path;
    this.#lines = text.replaceAll("\r\n", "\n").replace(/\n$/, "").split("\n");
  }

  get isAtEnd(): boolean {
    return this.next >= this.#lines.length;
  }

  peek(ahead = 0): string | undefined {
    return this.#lines[this.next + ahead];
  }

  /** Text from a line to before another, with the ends of its lines. */
  between(from: number, to: number): string {
    return this.#lines
      .slice(from, to)
      .map((line) => `${line}\n`)
      .join("");
  }

  /** Goes behind the next line that is as asked, and gives its index; -1 if there is none. */
  skipPast(isWanted: (line: string) => boolean): number {
    const found = this.#lines.findIndex((line, index) => index >= this.next && isWanted(line));
    if (found >= 0) this.next = found + 1;
    return found;
  }

  place(line: number): string {
    return `${this.#path}:${line + 1}`;
  }

  fail(line: number, message: string, hint: string): never {
    throw new UsageError(`${this.place(line)}: ${message}`, { hint });
  }
}

function readFrontMatter(lines: Lines): string {
  const hint = "it begins with ---, `data:` with the folders that its cells ask, and --- (docs/notebooks.md)";
  if (lines.peek() !== "---") lines.fail(0, "a notebook begins with its front matter", hint);
  lines.next = 1;
  const end = lines.skipPast((line) => line === "---");
  if (end < 0) lines.fail(0, "the front matter does not end", hint);
  return lines.between(0, end + 1);
}

interface Fence {
  readonly marks: string;
  readonly info: string;
}

/** A line that opens a fence of code, as CommonMark has it. */
function openFence(line: string): Fence | undefined {
  const [, marks, info] = /^ {0,3}(`{3,}|~{3,})\s*(.*?)\s*$/.exec(line) ?? [];
  return marks === undefined || (marks.startsWith("`") && info!.includes("`")) ? undefined : { marks, info: info! };
}

function closes({ marks }: Fence, line: string): boolean {
  const [, found] = /^ {0,3}(`{3,}|~{3,})\s*$/.exec(line) ?? [];
  return found !== undefined && found[0] === marks[0] && found.length >= marks.length;
}

/** Takes the output behind a cell, if there is one, with the empty lines around its marks. */
function readOutput(lines: Lines): string | null {
  let ahead = 0;
  while (lines.peek(ahead) === "") ahead++;
  if (lines.peek(ahead) !== outputBegin) return null;
  const begin = lines.next + ahead;
  lines.next = begin + 1;
  const end = lines.skipPast((line) => line === outputEnd);
  if (end < 0) lines.fail(begin, "an output that does not end", `put ${outputEnd} behind it, or take it away`);
  return lines.between(begin + 1, end).trim();
}

function readCell(lines: Lines, kind: Cell["kind"], { start, fence }: { start: number; fence: Fence }): Cell {
  const words = fence.info.split(/\s+/).slice(1);
  const { words: wanted, usage } = cellHeads[kind];
  if (words.length !== wanted) lines.fail(start, `\`${fence.info}\` is no head of a cell`, `write \`\`\`${usage}`);
  const body = lines.between(start + 1, lines.next - 1).trim();
  if (kind === "chart" && body !== "")
    lines.fail(start, "a chart cell has nothing inside", "its title says the finding");
  if (kind !== "chart" && body === "") lines.fail(start, "an empty cell", `write what it asks, or take it away`);
  const source = lines.between(start, lines.next);
  const [folder = null, chart = null] = words;
  return { kind, line: start + 1, folder, chart, body, source, writtenOutput: readOutput(lines) };
}

/** Goes over the file once; a fence inside another is part of it. */
function readParts(lines: Lines): (Prose | Cell)[] {
  const parts: (Prose | Cell)[] = [];
  let proseStart = lines.next;
  const endProse = (end: number): void => {
    if (end > proseStart) parts.push({ kind: "prose", text: lines.between(proseStart, end) });
  };
  while (!lines.isAtEnd) {
    const start = lines.next;
    const line = lines.peek()!;
    const fence = openFence(line);
    lines.next++;
    if (line === outputBegin || line === outputEnd) {
      lines.fail(start, "an output without its cell", "take it away up to its other mark");
    }
    if (!fence) continue;
    if (lines.skipPast((each) => closes(fence, each)) < 0) {
      lines.fail(start, "a fence that does not end", `close it with ${fence.marks}`);
    }
    const kind = fence.info.split(/\s+/)[0]!;
    // Cells begin at the line's begin with three backticks; other fences are shown as they are.
    if (!line.startsWith("```") || fence.marks !== "```" || !isCellKind(kind)) continue;
    endProse(start);
    parts.push(readCell(lines, kind, { start, fence }));
    proseStart = lines.next;
  }
  endProse(lines.next);
  return parts;
}

function titleOf(parts: readonly (Prose | Cell)[]): string | undefined {
  const first = parts.find((part) => part.kind === "prose");
  return first === undefined ? undefined : /^# +(.+?)\s*$/m.exec(first.text)?.[1];
}

function checkCells(parts: readonly (Prose | Cell)[], data: readonly DataSource[], path: string): void {
  const cells = parts.filter((part) => part.kind !== "prose");
  const names = data.map(({ name }) => name);
  if (cells.length > maxCells) throw new UsageError(`${path}: ${cells.length} cells; at most ${maxCells} are run`);
  const lost = cells.find(({ folder }) => folder !== null && !names.includes(folder));
  if (!lost) return;
  throw new UsageError(`${path}:${lost.line}: there is no folder ${lost.folder}`, {
    hint: `the front matter's data has ${names.join(", ")}`,
  });
}

/**
 * Reads a notebook: its front matter, prose, cells and the outputs that they had.
 *
 * Errors   UsageError with `file:line: what is wrong` and a hint
 */
export function readNotebook(path: string, readText: ReadText): Notebook {
  const lines = new Lines(path, readText(path));
  const frontMatter = readFrontMatter(lines);
  const yaml = `#${frontMatter.slice(frontMatter.indexOf("\n"), frontMatter.lastIndexOf("---"))}`;
  const { value, placeOf } = loadYaml(path, {
    // Its lines keep their numbers.
    readText: (asked) => {
      if (asked === path) return yaml;
      throw new UsageError(`${path}: include: a notebook's front matter includes nothing`);
    },
    what: "notebook's front matter",
    schema: frontMatterSchema,
    hint: "docs/notebooks.md lists the keys",
  });
  const data = Object.entries(value.data).map(([name, text]) => {
    const place = placeOf(["data", name]);
    const words = splitWords(text, place);
    if (words.length === 0)
      throw new UsageError(`${place}: data.${name}: empty`, { hint: "write a path or a command" });
    return { name, words, isPath: words.length === 1, place };
  });
  const parts = readParts(lines);
  checkCells(parts, data, path);
  const title = titleOf(parts) ?? basename(path, ".md");
  return { path, title, rootFolder: join(dirname(path), value.root ?? "."), data, frontMatter, parts };
}
