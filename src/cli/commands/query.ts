import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import { readText } from "../context.ts";
import { printResult } from "../output.ts";

interface QueryFlags {
  file?: string;
  list?: boolean;
  limit: string;
  database?: string;
  json?: boolean;
}

function sqlOf(question: string | undefined, flags: QueryFlags): string {
  if (flags.file !== undefined) return readText(flags.file);
  if (question !== undefined) return question;
  throw new UsageError("no question", { hint: "give SQL, the name of a question (--list shows them), or --file" });
}

function parseLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0) return limit;
  throw new UsageError(`--limit ${text}: not a whole number above 0`);
}

async function runQuery(
  path: string,
  question: string | undefined,
  { signal, ...flags }: QueryFlags & { signal: AbortSignal },
): Promise<void> {
  const { analysedKind, catalogue, openDatabase, queryNames, readCatalogueSql, runSql } =
    await import("../../analysis/index.ts");
  const { formatAnswer } = await import("../format-answer.ts");
  const { formatTable } = await import("../table.ts");
  const kind = analysedKind(path);
  if (flags.list === true) {
    const questions = queryNames(kind).map((name) => ({ name, doc: catalogue[name].doc }));
    const text = formatTable(
      ["question", "answers"],
      questions.map(({ name, doc }) => [name, doc]),
    );
    printResult({ json: questions, text }, flags.json === true);
    return;
  }
  const sql = sqlOf(question, flags);
  const maxRows = parseLimit(flags.limit);
  const target = flags.database === undefined ? {} : { databasePath: flags.database };
  const database = await openDatabase({ kind, path, ...target });
  try {
    const answer = await runSql(database, readCatalogueSql(kind, sql) ?? sql, { maxRows, signal });
    printResult({ json: answer, text: formatAnswer(answer) }, flags.json === true);
  } finally {
    database.close();
  }
}

export function registerQuery(program: Command, signal: AbortSignal): void {
  program
    .command("query")
    .description("ask a run or a comparison in SQL")
    .argument("<folder>", "folder of a run or of a comparison")
    .argument("[question]", "SQL, or the name of a question of the catalogue")
    .option("-f, --file <file>", "read the SQL from a file")
    .option("-l, --list", "list the catalogue's questions")
    .option("--limit <rows>", "most rows to print", "1000")
    .option("-d, --database <file>", "keep the database as an ordinary .duckdb file")
    .addHelpText(
      "after",
      '\nExample:\n  luoscope query out/run "select name, blackout_ns from vm order by blackout_ns desc"',
    )
    .action((path: string, question: string | undefined, flags: QueryFlags) =>
      runQuery(path, question, { ...flags, signal }),
    );
}
