import { comma, maxTimeUs, maxWhole, readCsv } from "../csv.ts";
import type { ImportContext, SourceReport } from "../importer.ts";
import type { InputFile } from "../../source/input.ts";
import { headers } from "./files.ts";

/** Checks regions.csv and counts it as dropped: the trace format has no place for a process's mappings. */
export async function readRegions(file: InputFile, { reader, warnings }: ImportContext): Promise<SourceReport> {
  const rows = await readCsv(file, reader, headers.regions, (cursor) => () => {
    cursor.whole("tick", comma, maxWhole);
    cursor.whole("t_us", comma, maxTimeUs);
    cursor.whole("first_vpage", comma, maxWhole);
    cursor.whole("n_pages", comma, maxWhole);
    cursor.rest("name");
  });
  const detail = "the trace format has no place for the names of a process's mappings";
  if (rows > 0) warnings.add("mappings-dropped", rows, `regions.csv: ${detail}`);
  return { file: file.name, rows, kept_rows: 0, dropped: rows > 0 ? [{ code: "mappings-dropped", rows, detail }] : [] };
}
