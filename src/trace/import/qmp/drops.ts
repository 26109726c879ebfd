import type { SourceReport } from "../importer.ts";

const reasons = {
  "qmp-commands-dropped": "commands, greetings and replies that tell nothing of memory or migration",
  "untimed-replies-dropped": "replies whose moment nothing says",
  "replies-without-numbers-dropped": "replies before there is anything to count",
  "damaged-lines-dropped": "text between the messages that is no JSON",
} as const;
export type DropCode = keyof typeof reasons;

/** Rows of a source: those that were kept, and why others were not. */
export class RowCount {
  readonly #dropped = new Map<DropCode, number>();
  rows = 0;

  drop(code: DropCode, rows = 1): void {
    if (rows > 0) this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + rows);
  }

  report(file: string): SourceReport {
    const dropped = [...this.#dropped].map(([code, rows]) => ({ code, rows, detail: reasons[code] }));
    const lost = dropped.reduce((sum, { rows }) => sum + rows, 0);
    return { file, rows: this.rows, kept_rows: this.rows - lost, dropped };
  }
}
