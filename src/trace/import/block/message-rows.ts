import { eventTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { ImportContext } from "../importer.ts";

/** A text that somebody in the kernel wrote into the trace, as I/O schedulers do. */
export interface Message {
  readonly timeNs: number;
  readonly cpu: number;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

const maxCpu = 65_535;

/** Messages become events: nothing else of the trace holds what they say. */
export class MessageRows {
  readonly #context: ImportContext;
  #table: TableWriter | undefined;
  #kind = 0;
  rows = 0;

  constructor(context: ImportContext) {
    this.#context = context;
  }

  add({ timeNs, cpu, bytes, start, end }: Message): void {
    const table = (this.#table ??= this.#begin());
    const row = table.fill;
    const { columns, nulls } = table;
    columns["time_ns"]![row] = timeNs;
    columns["duration_ns"]![row] = 0;
    columns["kind_index"]![row] = this.#kind;
    columns["task_index"]![row] = 0;
    columns["cpu_index"]![row] = cpu <= maxCpu ? cpu : 0;
    nulls["duration_ns"]![row] = nulls["task_index"]![row] = 1;
    nulls["cpu_index"]![row] = cpu <= maxCpu ? 0 : 1;
    nulls["detail"]![row] = 0;
    table.setText("detail", bytes, start, end);
    table.advance();
    this.rows++;
  }

  #begin(): TableWriter {
    this.#kind = this.#context.catalogue.eventKind("block", "message");
    return this.#context.writer.table(eventTable, { sort: true });
  }
}
