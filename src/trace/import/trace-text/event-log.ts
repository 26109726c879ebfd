import { eventTable, markTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { ImportContext } from "../importer.ts";

type NumberColumn = TableWriter["columns"][string];

/** An event's text with all its lines; longer ones are cut, as a table's batch holds many of them. */
const maxDetailBytes = 1024 * 1024;

/** Android's programs write begins, ends and counters into the marker file, as `B|123|name`, which are no phases. */
function isProgramMark(bytes: Uint8Array, at: number, end: number): boolean {
  const isLetter = at < end && bytes[at]! >= 65 && bytes[at]! <= 90;
  return isLetter && (at + 1 === end || bytes[at + 1] === 124);
}

/** What an event row holds besides its text. */
export interface EventRow {
  readonly timeNs: number;
  readonly durationNs: number | null;
  readonly kindIndex: number;
  /** -1 where the source does not say. */
  readonly taskIndex: number;
  readonly cpu: number;
}

/**
 * Writes event rows, and marks.
 *
 * Order    any; the text of an event is written when the next one begins, as lines may follow that belong to it
 * Cost     typed stores and one copy of the text; nothing is allocated an event
 */
export class EventLog {
  readonly #table: TableWriter;
  readonly #marks: TableWriter;
  readonly #time: NumberColumn;
  readonly #duration: NumberColumn;
  readonly #kind: NumberColumn;
  readonly #task: NumberColumn;
  readonly #cpu: NumberColumn;
  readonly #noDuration: Uint8Array;
  readonly #noTask: Uint8Array;
  readonly #noCpu: Uint8Array;
  readonly #noDetail: Uint8Array;
  #bytes: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #isPending = false;
  #isMark = false;

  constructor({ writer }: ImportContext) {
    this.#table = writer.table(eventTable, { sort: true });
    this.#marks = writer.table(markTable, { sort: true });
    const { columns, nulls } = this.#table;
    this.#time = columns["time_ns"]!;
    this.#duration = columns["duration_ns"]!;
    this.#kind = columns["kind_index"]!;
    this.#task = columns["task_index"]!;
    this.#cpu = columns["cpu_index"]!;
    this.#noDuration = nulls["duration_ns"]!;
    this.#noTask = nulls["task_index"]!;
    this.#noCpu = nulls["cpu_index"]!;
    this.#noDetail = nulls["detail"]!;
  }

  /** Whether the present event is a mark, whose text may go on in further lines. */
  get isMark(): boolean {
    return this.#isPending && this.#isMark;
  }

  #put(timeNs: number, durationNs: number, kindIndex: number, taskIndex: number, cpu: number): void {
    const row = this.#table.fill;
    this.#time[row] = timeNs;
    this.#duration[row] = durationNs < 0 ? 0 : durationNs;
    this.#noDuration[row] = durationNs < 0 ? 1 : 0;
    this.#kind[row] = kindIndex;
    this.#task[row] = taskIndex < 0 ? 0 : taskIndex;
    this.#noTask[row] = taskIndex < 0 ? 1 : 0;
    this.#cpu[row] = cpu < 0 ? 0 : cpu;
    this.#noCpu[row] = cpu < 0 ? 1 : 0;
  }

  /** Begins an event whose text is a part of the source's bytes. */
  begin(timeNs: number, kindIndex: number, taskIndex: number, cpu: number): void {
    this.flush();
    this.#put(timeNs, -1, kindIndex, taskIndex, cpu);
    this.#isPending = true;
    this.#isMark = false;
  }

  /** The text of the event that `begin` began. */
  text(bytes: Uint8Array, start: number, end: number): void {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
  }

  /** Makes the present event a mark too. */
  mark(): void {
    this.#isMark = !isProgramMark(this.#bytes, this.#start, this.#end);
  }

  /** Adds a line to the present event's text; false where there is none, or its text has grown too long. */
  extend(bytes: Uint8Array, start: number, end: number): boolean {
    if (!this.#isPending || this.#end - this.#start + end - start > maxDetailBytes) return false;
    // The line may be the next one of the same bytes.
    if (bytes === this.#bytes && start - this.#end <= 2 && start >= this.#end && this.#end > this.#start) {
      this.#end = end;
      return true;
    }
    const parts = [this.#bytes.subarray(this.#start, this.#end), bytes.subarray(start, end)];
    const text = Buffer.concat(this.#end > this.#start ? [parts[0]!, Buffer.from("\n"), parts[1]!] : [parts[1]!]);
    this.text(text, 0, text.length);
    return true;
  }

  /** Writes an event that is whole, with a text of its own or none. */
  write({ timeNs, durationNs, kindIndex, taskIndex, cpu }: EventRow, detail: string | undefined): void {
    this.flush();
    this.#put(timeNs, durationNs ?? -1, kindIndex, taskIndex, cpu);
    this.#noDetail[this.#table.fill] = detail === undefined ? 1 : 0;
    this.#table.writeText("detail", detail ?? "");
    this.#table.advance();
  }

  /** Writes the event that was begun. */
  flush(): void {
    if (!this.#isPending) return;
    this.#isPending = false;
    const row = this.#table.fill;
    const isEmpty = this.#end <= this.#start;
    this.#noDetail[row] = isEmpty ? 1 : 0;
    this.#table.setText("detail", this.#bytes, this.#start, isEmpty ? this.#start : this.#end);
    if (this.#isMark && !isEmpty) this.#writeMark(this.#time[row]!);
    this.#table.advance();
  }

  #writeMark(timeNs: number): void {
    const row = this.#marks.fill;
    this.#marks.columns["time_ns"]![row] = timeNs;
    this.#marks.columns["vm_index"]![row] = 0;
    this.#marks.nulls["vm_index"]![row] = 1;
    this.#marks.setText("name", this.#bytes, this.#start, this.#end);
    this.#marks.advance();
  }
}
