import { FormatError } from "../../../base/index.ts";
import type { InputFile } from "../../source/input.ts";
import type { LineScanner } from "../../source/line-scanner.ts";
import { showPath } from "../../text.ts";
import type { DroppedRows, ImportContext, SourceReport } from "../importer.ts";

/** Why a line is no row of the trace. */
const reasons = {
  "comment-lines-dropped": "comments, headings and blank lines",
  "lost-event-notes-dropped": "notes of how many events the recorder lost; the warnings hold the numbers",
  "task-lines-dropped": "lines that say which task runs next; its events name it",
  "returns-dropped": "returns of functions whose name and call the recording does not hold",
  "lines-not-understood": "lines that are no event and belong to none",
} as const;
export type DropCode = keyof typeof reasons;

/** `CPU:0 [LOST 590 EVENTS]`, `CPU:0 [15986 EVENTS DROPPED]`, `CPU:0 [EVENTS DROPPED]`. */
const lostNote = /^CPU:\d+ \[(?:LOST (\d+) EVENTS|(?:(\d+) )?EVENTS DROPPED)\]$/;
/** `# entries-in-buffer/entries-written: 190/780   #P:1`, and `# latency: 0 us, #190/780, CPU#0 |`. */
const written = /^# (?:entries-in-buffer\/entries-written: |latency: .*#)(\d{1,15})\/(\d{1,15})[, ]/;

const noteBytes = 200;

function beginning(scanner: LineScanner): string {
  return scanner.text(scanner.start, Math.min(scanner.end, scanner.start + noteBytes));
}

/** What became of a file's lines, and what the recorder says that it lost. */
export class LineCounts {
  readonly #context: ImportContext;
  readonly #file: InputFile;
  readonly #dropped = new Map<DropCode, number>();
  #kept = 0;
  #events = 0;

  constructor(context: ImportContext, file: InputFile) {
    this.#context = context;
    this.#file = file;
  }

  get events(): number {
    return this.#events;
  }

  event(): void {
    this.#events++;
    this.#kept++;
  }

  /** A line that goes on with the event before it. */
  continuation(): void {
    this.#kept++;
  }

  drop(code: DropCode): void {
    this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + 1);
  }

  comment(scanner: LineScanner): void {
    this.drop("comment-lines-dropped");
    const [, inBuffer, entries] = written.exec(beginning(scanner)) ?? [];
    const lost = Number(entries) - Number(inBuffer);
    if (lost > 0) {
      const detail = `${this.#file.name}: events that newer ones overwrote in the kernel's buffer before it was read`;
      this.#add("events-overwritten", lost, detail);
    }
  }

  /** Whether the line is a note of lost events. */
  lostNote(scanner: LineScanner): boolean {
    const note = lostNote.exec(beginning(scanner));
    if (!note) return false;
    this.drop("lost-event-notes-dropped");
    // Some notes do not say how many.
    this.lost(Number(note[1] ?? note[2] ?? 1));
    return true;
  }

  lost(events: number): void {
    const detail = `${this.#file.name}: events that the recorder lost, at least; what happened in between is not known`;
    this.#add("events-lost", Math.min(events, Number.MAX_SAFE_INTEGER), detail);
  }

  /** Drops a line that says something of which the trace holds nothing. */
  dropWithWarning(code: "lines-not-understood" | "returns-dropped", scanner: LineScanner): void {
    this.drop(code);
    this.#context.warnings.addRow(code, scanner.line, `${this.#file.name}: ${reasons[code]}`);
  }

  #add(code: string, rows: number, detail: string): void {
    const { warnings } = this.#context;
    warnings.add(code, warnings.rows(code) + rows, detail);
  }

  report(lines: number): SourceReport {
    const unread = this.#dropped.get("lines-not-understood") ?? 0;
    if (this.#events === 0 || unread > this.#events) {
      const found = this.#events === 0 ? "none" : `${this.#events} of them and ${unread} other lines`;
      throw new FormatError(`${showPath(this.#file.path)}: expected events, found ${found} in ${lines} lines`, {
        hint:
          this.#events === 0
            ? "nothing was traced, or the buffer was read before"
            : "the file is damaged, or of another tool",
      });
    }
    const dropped: DroppedRows[] = [...this.#dropped].map(([code, rows]) => ({ code, rows, detail: reasons[code] }));
    return { file: this.#file.name, rows: lines, kept_rows: this.#kept, dropped };
  }
}
