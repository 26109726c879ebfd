import type { InputFile } from "../../source/input.ts";
import type { ImportContext } from "../importer.ts";
import type { Inventory } from "./inventory.ts";
import { csvRows, decimal } from "./rows.ts";

export const bitbrainsHeading = "Timestamp [ms];\tCPU cores;\tCPU capacity provisioned [MHZ];";

/** 2,097,152 "KB" are a VM of 2 GiB. */
const kibBytes = 1024;
/** Times below it are seconds, whatever the heading says: as ms they would lie before April 1970. */
const leastMs = 1e10;

/** Columns behind the first two: what is measured, its unit here, and a factor. */
const measures = [
  undefined,
  ["cpu_usage", "MHz", 1],
  ["cpu_usage_share", "%", 1],
  undefined,
  ["memory_usage", "bytes", kibBytes],
  ["disk_read", "bytes/s", kibBytes],
  ["disk_write", "bytes/s", kibBytes],
  ["network_received", "bytes/s", kibBytes],
  ["network_sent", "bytes/s", kibBytes],
] as const;

/** One VM's use in steps of five minutes; its size is that of the first row. */
export async function readBitbrains(file: InputFile, context: ImportContext, inventory: Inventory): Promise<void> {
  const { reader, catalogue, warnings } = context;
  let kinds: readonly (number | undefined)[] = [];
  let rows = 0;
  let seconds = 0;
  let broken = 0;
  for await (const { row, fields } of csvRows(file, reader, { separator: ";", columns: 11 })) {
    const numbers = fields.map(decimal);
    const [time, cores] = numbers as [number, number];
    if (row === 1) {
      const name = file.name.replace(/\.csv(\.\w+)?$/, "");
      const vm = inventory.addVm(file, row, { name, guestBytes: numbers[5]! * kibBytes, vcpuCount: cores });
      kinds = measures.map((measure) => measure && catalogue.counterKind(measure[0], measure[1], vm));
    }
    if (time < leastMs) seconds++;
    const ms = time < leastMs ? time * 1000 : time;
    let isWhole = true;
    for (const [index, measure] of measures.entries()) {
      const value = measure && numbers[index + 2]! * measure[2];
      if (value !== undefined) isWhole = inventory.addValue(file, row, { ms, kind: kinds[index]!, value }) && isWhole;
    }
    if (!isWhole) broken++;
    rows = row;
  }
  if (seconds > 0) {
    const detail = `${file.name}: times are seconds, though the heading says ms`;
    warnings.addRows("unit-of-heading-wrong", seconds, detail);
  }
  if (broken > 0) warnings.addRows("values-dropped", broken, `${file.name}: fields that are no numbers`);
  const origin = "business-critical VMs of Bitbrains (GWA-T-12; Shen et al., CCGrid 2015)";
  inventory.addSource({ file: file.name, rows, kept_rows: rows, dropped: [] }, origin);
}
