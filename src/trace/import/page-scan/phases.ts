import { usNs } from "../../../base/index.ts";
import { markTable } from "../../schema/trace-tables.ts";
import { comma, maxTimeUs, readCsv } from "../csv.ts";
import type { ImportContext, SourceReport } from "../importer.ts";
import type { InputFile } from "../../source/input.ts";
import { headers } from "./files.ts";

/** Fills table mark from phases.csv and gives the time of the last mark. */
export async function readPhases(
  file: InputFile,
  { reader, writer }: ImportContext,
): Promise<{ source: SourceReport; lastNs: number }> {
  const marks = writer.table(markTable);
  let lastUs = 0;
  const rows = await readCsv(file, reader, headers.phases, (cursor, header) => () => {
    const timeUs = cursor.whole("t_us", comma, maxTimeUs);
    if (timeUs < lastUs) cursor.refuse({ column: "t_us", expected: `${lastUs} or later`, found: `${timeUs}` });
    lastUs = timeUs;
    // The guest's own clock: t_us says the same on the clock of all the other files.
    if (header === 0) cursor.text("guest_uptime_s", comma);
    marks.push({ time_ns: timeUs * usNs, vm_index: 0, name: cursor.rest("phase") });
  });
  return { source: { file: file.name, rows, kept_rows: rows, dropped: [] }, lastNs: lastUs * usNs };
}
