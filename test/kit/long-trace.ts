import { FolderWriter, traceSchema } from "../../src/trace/index.ts";

/** A trace of many page writes, ten to a moment, so that rows differ and are made fast. */
export function writeLongTrace(path: string, rows: number): void {
  const writer = new FolderWriter("trace", path);
  const writes = writer.table(traceSchema.pageWriteTable);
  const columns = writes.columns;
  for (let row = 0; row < rows; row++) {
    columns["start_gfn"]![writes.fill] = row % 7;
    columns["page_count"]![writes.fill] = 1;
    columns["time_ns"]![writes.fill] = Math.floor(row / 10);
    writes.advance();
  }
  const texts = { name: "long", source: "", licence: "", importer: "", clock: "" };
  writer.finish({ ...texts, page_bytes: 4096, span_ns: Math.ceil(rows / 10), inputs: [] });
}
