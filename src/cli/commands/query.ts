import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

import type { Command } from "commander";

import type { Database } from "../../analysis/index.ts";
import { plural } from "../../analysis/format.ts";
import { UsageError } from "../../base/index.ts";
import { readText } from "../context.ts";
import { copyToStdout, printResult } from "../output.ts";
import { resultsOf } from "../sweep-results.ts";

interface QueryFlags {
  file?: string;
  list?: boolean;
  limit?: string;
  database?: string;
  output?: string;
  format?: string;
  rawText?: boolean;
  overwrite?: boolean;
  json?: boolean;
}

const formats = ["table", "csv", "json", "ndjson", "parquet"] as const;
type AnswerFormat = (typeof formats)[number];

const formatOfEnding: Readonly<Record<string, AnswerFormat>> = {
  ".txt": "table",
  ".csv": "csv",
  ".json": "json",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
  ".parquet": "parquet",
};

/** Rows that are printed where nobody says how many. */
const printedRows = 1000;

function sqlOf(question: string | undefined, flags: QueryFlags): string {
  if (flags.file !== undefined) return readText(flags.file);
  if (question !== undefined) return question;
  throw new UsageError("no question", { hint: "give SQL, the name of a question (--list shows them), or --file" });
}

/** Most rows of an answer; shared with `blame` and `critical-chain`. */
export function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isSafeInteger(limit) && limit > 0) return limit;
  throw new UsageError(`--limit ${text}: not a whole number above 0`);
}

function formatOf({ format, output }: QueryFlags): AnswerFormat {
  if (format !== undefined) {
    const found = formats.find((name) => name === format);
    if (found) return found;
    throw new UsageError(`--format ${format}: unknown`, { hint: `one of these: ${formats.join(", ")}` });
  }
  if (output === undefined) return "table";
  const found = formatOfEnding[extname(output).toLowerCase()];
  if (found) return found;
  throw new UsageError(`${output}: its name does not say the format`, {
    hint: `end it in ${Object.keys(formatOfEnding).join(", ")}, or add --format`,
  });
}

interface Question {
  readonly path: string;
  readonly sql: string;
  readonly limit: number | undefined;
  readonly flags: QueryFlags;
  readonly signal: AbortSignal;
}

/** Opens the folder, asks and closes it again. */
async function ask<Answer>(
  { path, sql, flags }: Question,
  outputPath: string | undefined,
  work: (database: Database, sql: string) => Promise<Answer>,
): Promise<Answer> {
  const { analysedKind, openDatabase, readCatalogueSql } = await import("../../analysis/index.ts");
  const kind = analysedKind(path);
  const target = flags.database === undefined ? {} : { databasePath: flags.database };
  const database = await openDatabase({ kind, path, ...target, ...(outputPath === undefined ? {} : { outputPath }) });
  try {
    return await work(database, readCatalogueSql(kind, sql) ?? sql);
  } finally {
    database.close();
  }
}

async function printAnswer(question: Question): Promise<void> {
  const { runSql } = await import("../../analysis/index.ts");
  const { formatAnswer } = await import("../format-answer.ts");
  const options = { maxRows: question.limit ?? printedRows, signal: question.signal };
  const answer = await ask(question, undefined, (database, sql) => runSql(database, sql, options));
  printResult({ json: answer, text: formatAnswer(answer) }, question.flags.json === true);
}

/** Writes an answer to a file that is not there yet, and gives the number of its rows. */
async function writeAnswerTo(question: Question, format: AnswerFormat, path: string): Promise<number> {
  const { limit, signal, flags } = question;
  const { runSql, writeAnswer } = await import("../../analysis/index.ts");
  if (format !== "table") {
    const file = { path, format, limit, rawText: flags.rawText };
    return ask(question, path, (database, sql) => writeAnswer(database, sql, file, signal));
  }
  const { formatAnswer } = await import("../format-answer.ts");
  const options = { maxRows: limit ?? printedRows, signal };
  const answer = await ask(question, undefined, (database, sql) => runSql(database, sql, options));
  writeFileSync(path, `${formatAnswer(answer)}\n`, { flag: "wx" });
  return answer.rows.length;
}

async function streamAnswer(question: Question, format: AnswerFormat): Promise<void> {
  if (format === "parquet") throw new UsageError("Parquet is not for a terminal", { hint: "add --output FILE" });
  const folder = mkdtempSync(join(tmpdir(), "luoscope-query-"));
  try {
    const path = join(folder, "answer");
    await writeAnswerTo(question, format, path);
    await copyToStdout(path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function listQuestions(path: string, asJson: boolean): Promise<void> {
  const { analysedKind, catalogue, queryNames } = await import("../../analysis/index.ts");
  const { formatTable } = await import("../table.ts");
  const questions = queryNames(analysedKind(path)).map((name) => ({ name, doc: catalogue[name].doc }));
  const text = formatTable(
    ["question", "answers"],
    questions.map(({ name, doc }) => [name, doc]),
  );
  printResult({ json: questions, text }, asJson);
}

async function runQuery(
  path: string,
  sqlOrName: string | undefined,
  { signal, ...flags }: QueryFlags & { signal: AbortSignal },
): Promise<void> {
  if (flags.list === true) {
    await listQuestions(path, flags.json === true);
    return;
  }
  const question = {
    path,
    sql: sqlOf(sqlOrName, flags),
    limit: flags.limit === undefined ? undefined : parseLimit(flags.limit),
    flags,
    signal,
  };
  const format = formatOf(flags);
  const { output } = flags;
  if (output !== undefined && output !== "-") {
    const { writeFileAside } = await import("../../export/index.ts");
    const write = (aside: string): Promise<number> => writeAnswerTo(question, format, aside);
    const rows = await writeFileAside(output, { overwrite: flags.overwrite }, write);
    printResult(
      { json: { file: output, format, rows }, text: `${plural(rows, "row")} in ${output}` },
      flags.json === true,
    );
  } else if (format === "table") {
    await printAnswer(question);
  } else {
    await streamAnswer(question, format);
  }
}

export function registerQuery(program: Command, signal: AbortSignal): void {
  program
    .command("query")
    .description("ask a trace, a run, a comparison, a sweep or a difference in SQL")
    .argument("<folder>", "folder of a trace, a run, a comparison, a sweep or a difference")
    .argument("[question]", "SQL, or the name of a question of the catalogue")
    .option("-f, --file <file>", "read the SQL from a file")
    .option("-l, --list", "list the catalogue's questions")
    .option("-o, --output <file>", "write the answer to a file, all of it")
    .option("--format <format>", `${formats.join(", ")}; otherwise as the file's name ends`)
    .option("--limit <rows>", `most rows (${printedRows} where a table is printed)`)
    .option("--raw-text", "leave texts in CSV as they are, also those that a spreadsheet would run")
    .option("--overwrite", "replace the output file if it is there")
    .option("-d, --database <file>", "keep the database as an ordinary .duckdb file")
    .addHelpText(
      "after",
      `
Examples:
  luoscope query out/run "select name, blackout_ns from vm order by blackout_ns desc"
  luoscope query out/run steps-gantt -o steps.csv
  luoscope query out/trace --file busiest-pages.sql -o busiest.parquet
  luoscope query out/trace dirty-by-tick --format csv | head`,
    )
    .action((path: string, question: string | undefined, flags: QueryFlags) =>
      runQuery(resultsOf(path), question, { ...flags, signal }),
    );
}
