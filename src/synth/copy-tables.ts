import { FormatError } from "../base/index.ts";
import { type Batch, type ColumnData, quote, readRows, readTable, type Table, traceSchema } from "../trace/index.ts";
import type { SynthOutput } from "./output.ts";
import type { TracePart } from "./trace-part.ts";

/** Tables whose rows belong to a VM or to a device of it, and have a place in a part of a trace. */
const copiedTables: readonly { readonly table: Table; readonly owner: "vm_index" | "device_index" }[] = [
  { table: traceSchema.pagePopulationTable, owner: "vm_index" },
  { table: traceSchema.accessTable, owner: "vm_index" },
  { table: traceSchema.deviceIoTable, owner: "device_index" },
  { table: traceSchema.dmaTable, owner: "device_index" },
  { table: traceSchema.interruptTable, owner: "device_index" },
  { table: traceSchema.netPacketTable, owner: "device_index" },
];

type Numbers = Exclude<ColumnData, string[]>;

/** How one table's rows are taken over. */
interface TableCopy {
  readonly table: Table;
  readonly owner: string;
  /** New numbers of VMs or devices by their old ones; the others are not taken. */
  readonly newIndexes: ReadonlyMap<number, number>;
}

/** Copies the rows of one batch that lie in the cut; nothing is allocated a row. */
function copyBatch(batch: Batch, copy: TableCopy, part: TracePart, out: SynthOutput, repetition: number): void {
  const { table, owner } = copy;
  const ordered = table.orderedBy!;
  const writer = out.folder.table(table, { sort: true });
  const order = batch.columns[ordered] as Float64Array;
  const owners = batch.columns[owner] as Uint16Array;
  for (let row = 0; row < batch.rows; row++) {
    const newIndex = copy.newIndexes.get(owners[row]!);
    if (newIndex === undefined || !part.holds(order[row]!)) continue;
    const at = writer.fill;
    for (const { name, unit } of table.columns) {
      const source = (batch.columns[name] as Numbers)[row]!;
      const isNull = batch.nulls[name]?.[row] === 1;
      const nulls = writer.nulls[name];
      if (nulls) nulls[at] = isNull ? 1 : 0;
      let value = source;
      if (name === owner) value = newIndex;
      else if (unit === "ns" && !isNull) {
        value = part.timeOf(source, repetition);
        out.note(value);
      }
      writer.columns[name]![at] = value;
    }
    writer.advance();
  }
}

/** The part's devices in the new trace: new number by old one. */
function copyDevices(part: TracePart, vmIndex: number, out: SynthOutput, firstIndex: number): Map<number, number> {
  const newIndexes = new Map<number, number>();
  const source = part.folder.sources.get(traceSchema.deviceTable.name);
  const rows = source ? readRows(traceSchema.deviceTable, source) : [];
  for (const [index, row] of rows.entries()) {
    if (row["vm_index"] !== part.vm.index) continue;
    newIndexes.set(index, firstIndex + newIndexes.size);
    out.folder.table(traceSchema.deviceTable).push({ ...row, vm_index: vmIndex });
  }
  if (firstIndex + newIndexes.size > 65_536) {
    throw new FormatError(`${quote(part.folder.path)}: more than 65536 devices in all`);
  }
  return newIndexes;
}

function copyMarks(part: TracePart, vmIndex: number, out: SynthOutput): void {
  const source = part.folder.sources.get(traceSchema.markTable.name);
  if (!source) return;
  for (let repetition = 0; repetition < part.repeat; repetition++) {
    for (const row of readRows(traceSchema.markTable, source)) {
      if (row["vm_index"] !== null && row["vm_index"] !== part.vm.index) continue;
      if (!part.holds(Number(row["time_ns"]))) continue;
      const timeNs = part.timeOf(Number(row["time_ns"]), repetition);
      out.note(timeNs);
      // A mark of the whole trace is one of the part only.
      out.folder.table(traceSchema.markTable).push({ time_ns: timeNs, vm_index: vmIndex, name: String(row["name"]) });
    }
  }
}

/** What of a trace a part of it leaves behind. */
export function leftTables(part: TracePart): { readonly table: string; readonly rows: number }[] {
  const taken = new Set(["vm", "device", "mark", "tick", "page_write", "warning"]);
  for (const { table } of copiedTables) taken.add(table.name);
  return [...part.folder.sources]
    .filter(([table, { rows }]) => !taken.has(table) && rows > 0)
    .map(([table, { rows }]) => ({ table, rows }));
}

/** Takes over everything of a part but its page writes; gives the number of its devices. */
export function copyTables(
  part: TracePart,
  out: SynthOutput,
  place: { readonly vmIndex: number; readonly firstDevice: number; readonly devices: boolean; readonly marks: boolean },
): number {
  const devices = place.devices ? copyDevices(part, place.vmIndex, out, place.firstDevice) : new Map<number, number>();
  if (place.marks) copyMarks(part, place.vmIndex, out);
  const vms = new Map([[part.vm.index, place.vmIndex]]);
  for (const { table, owner } of copiedTables) {
    const source = part.folder.sources.get(table.name);
    const newIndexes = owner === "vm_index" ? vms : devices;
    if (!source || source.rows === 0 || newIndexes.size === 0) continue;
    const copy = { table, owner, newIndexes };
    // What is backed stays so: a repetition backs nothing more.
    const repeat = table === traceSchema.pagePopulationTable ? 1 : part.repeat;
    for (let repetition = 0; repetition < repeat; repetition++) {
      for (const batch of readTable(table, source)) copyBatch(batch, copy, part, out, repetition);
    }
  }
  return devices.size;
}
