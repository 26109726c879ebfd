export interface WarningReport {
  readonly code: string;
  readonly rows: number;
  readonly first_row: number | null;
  readonly detail: string;
}

interface Count {
  readonly detail: string;
  readonly firstRow: number | undefined;
  rows: number;
}

/** Doubts of an import, counted by code; a code keeps its first row and its first sentence. */
export class Warnings {
  readonly #counts = new Map<string, Count>();

  /** Counts one source row; `row` 1 is the first data row. */
  addRow(code: string, row: number, detail: string): void {
    const found = this.#counts.get(code);
    if (found) found.rows++;
    else this.#counts.set(code, { detail, firstRow: row, rows: 1 });
  }

  /** Notes a doubt that is not about single rows. */
  add(code: string, rows: number, detail: string): void {
    this.#counts.set(code, { detail, firstRow: undefined, rows });
  }

  /** Counts rows of one of several sources. */
  addRows(code: string, rows: number, detail: string): void {
    const found = this.#counts.get(code);
    if (found) found.rows += rows;
    else this.add(code, rows, detail);
  }

  rows(code: string): number {
    return this.#counts.get(code)?.rows ?? 0;
  }

  list(): WarningReport[] {
    return [...this.#counts].map(([code, { rows, firstRow, detail }]) => ({
      code,
      rows,
      first_row: firstRow ?? null,
      detail,
    }));
  }
}
