import { FormatError } from "../../../base/index.ts";
import { quote, showPath } from "../../text.ts";
import type { InputFile } from "../../source/input.ts";
import { textLines } from "../../source/line-blocks.ts";
import type { SourceClock } from "../clock.ts";
import type { ImportContext, SourceReport } from "../importer.ts";
import { migrationFields } from "./fields.ts";
import { momentOf, timeNames } from "./moments.ts";
import { fieldName, Readings } from "./readings.ts";

/** Columns that tell runs of a table apart; a VM is named by what stands in them. */
const runColumns = ["scenario", "vm", "run"];
const maxRuns = 10_000;

/** Names of a table's columns as those of fields; undefined for a line that heads no samples of a migration. */
export function sampleColumns(line: string): readonly string[] | undefined {
  const columns = line
    .trim()
    .split(",")
    .map((name) => fieldName(name.trim()).replace(/^ram\./, ""));
  const measured = columns.filter((name) => migrationFields.has(name));
  const isTable = columns.includes("status") && columns.some((name) => timeNames.has(name)) && measured.length >= 3;
  return isTable ? columns : undefined;
}

/** A run's readings, and its times: each begins anew. */
interface Run {
  readonly readings: Readings;
  readonly clock: SourceClock;
}

class SampleTable {
  readonly #file: InputFile;
  readonly #context: ImportContext;
  readonly #columns: readonly string[];
  readonly #dropped: Set<string>;
  readonly #runs = new Map<string, Run>();

  constructor(
    file: InputFile,
    context: ImportContext,
    options: { readonly columns: readonly string[]; readonly dropped: Set<string> },
  ) {
    this.#file = file;
    this.#context = context;
    this.#columns = options.columns;
    this.#dropped = options.dropped;
  }

  #refuse(row: number, expected: string, found: string): never {
    throw new FormatError(`${showPath(this.#file.path)}: line ${row + 1}: expected ${expected}, found ${quote(found)}`);
  }

  readLine(text: string, row: number): void {
    const cells = text.split(",");
    if (cells.length !== this.#columns.length) this.#refuse(row, `${this.#columns.length} cells`, text);
    const sample = Object.fromEntries(this.#columns.map((name, column) => [name, cells[column]!]));
    const moment = momentOf(sample);
    if (!moment) this.#refuse(row, "a time", text);
    const { readings, clock } = this.#run(sample, row);
    const ns = clock.toNs(moment.second, moment.nanosecond, row);
    const fields = new Map<string, number>();
    for (const [name, cell] of Object.entries(sample)) {
      if (runColumns.includes(name) || timeNames.has(name) || name === "status" || cell === "") continue;
      const number = Number(cell);
      if (!Number.isFinite(number) || number < 0) this.#refuse(row, `a number from 0 in column ${name}`, cell);
      fields.set(name, number);
    }
    readings.state(ns, sample["status"]);
    readings.takeFields(ns, fields);
  }

  get spanNs(): number {
    return Math.max(0, ...[...this.#runs.values()].map(({ clock }) => clock.highestNs));
  }

  #run(sample: Readonly<Record<string, string>>, row: number): Run {
    const name = runColumns
      .map((column) => sample[column])
      .filter((cell) => cell !== undefined && cell !== "")
      .join(" ");
    const known = this.#runs.get(name);
    if (known) return known;
    if (this.#runs.size === maxRuns) this.#refuse(row, `at most ${maxRuns} runs`, "more");
    const vm = name === "" ? this.#file.name.replace(/\.csv(\.gz)?$/, "") : name;
    const run = { readings: new Readings(this.#context, vm, this.#dropped), clock: this.#context.clock(this.#file) };
    this.#runs.set(name, run);
    return run;
  }
}

/** Reads samples of `query-migrate` in a table: a row a sample, and a VM for each run that its first columns name. */
export async function readSampleTable(
  file: InputFile,
  context: ImportContext,
  dropped: Set<string>,
): Promise<{ readonly source: SourceReport; readonly spanNs: number }> {
  let table: SampleTable | undefined;
  let row = 0;
  for await (const text of textLines(file, context.reader)) {
    if (!table) {
      const columns = sampleColumns(text);
      if (!columns) {
        throw new FormatError(
          `${showPath(file.path)}: line 1: expected the columns of a migration, found ${quote(text)}`,
        );
      }
      table = new SampleTable(file, context, { columns, dropped });
    } else {
      table.readLine(text, ++row);
    }
  }
  return { source: { file: file.name, rows: row, kept_rows: row, dropped: [] }, spanNs: table?.spanNs ?? 0 };
}
