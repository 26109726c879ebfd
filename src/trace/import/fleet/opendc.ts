import { FormatError } from "../../../base/index.ts";
import type { ColumnValues, TimeUnit } from "../../source/columnar/column-values.ts";
import type { InputFile } from "../../source/input.ts";
import { showPath } from "../../text.ts";
import type { ImportContext } from "../importer.ts";
import { openColumnar } from "../table/columnar-table.ts";
import type { Inventory } from "./inventory.ts";
import { csvRows, decimal } from "./rows.ts";

export const metaHeading = "vm,start_utc,stop_utc,cpu_count,cpu_capacity_mhz,mem_capacity_field";

const origin = "a workload of OpenDC";
const kibBytes = 1024;

/**
 * OpenDC's documents give `mem_capacity` in MB; its Bitbrains files hold KB, as the data set they were made from: read as MB
 * they would be VMs of 100 GiB to 39 TiB with one CPU. Values of a file of which one is above this are KB.
 */
const mostMegabytes = 65_536;

interface Meta {
  readonly row: number;
  readonly name: string;
  readonly startMs: number;
  readonly stopMs: number;
  readonly vcpuCount: number;
  readonly memory: number;
}

function addAll(file: InputFile, { warnings }: ImportContext, inventory: Inventory, metas: readonly Meta[]): void {
  const isKilobytes = metas.some(({ memory }) => memory > mostMegabytes);
  const unitBytes = isKilobytes ? kibBytes : kibBytes ** 2;
  for (const { row, memory, ...meta } of metas) inventory.addVm(file, row, { ...meta, guestBytes: memory * unitBytes });
  warnings.add(
    "memory-unit-assumed",
    metas.length,
    `${file.name}: mem_capacity has no unit; taken as ${isKilobytes ? "KiB, as MiB would be far too much" : "MiB"}`,
  );
  warnings.add("columns-dropped", 1, `no place in the format: cpu_capacity of ${file.name}`);
  inventory.addSource({ file: file.name, rows: metas.length, kept_rows: metas.length, dropped: [] }, origin);
}

const msOf: Readonly<Record<TimeUnit, number>> = { s: 1000, ms: 1, us: 1e-3, ns: 1e-6 };

function textAt({ offsets, bytes }: ColumnValues, row: number): string {
  return Buffer.from(bytes!.subarray(offsets![row], offsets![row + 1])).toString("utf8");
}

/** Columns by name, in that order. */
async function columnsOf(file: InputFile, context: ImportContext, names: readonly string[]) {
  const columnar = await openColumnar(file, context.reader);
  const indexes = names.map((name) => columnar.columns.findIndex((column) => column.name === name));
  const isText = (index: number) => columnar.columns[index]?.kind === "text";
  if (indexes.includes(-1) || !isText(indexes[0]!) || indexes.slice(1).some(isText)) {
    columnar.close();
    throw new FormatError(`${showPath(file.path)}: expected the columns ${names.join(", ")}: text and numbers`);
  }
  const units = indexes.map((index) => msOf[columnar.columns[index]!.timeUnit ?? "ms"]);
  return { columnar, indexes, units };
}

export async function readMeta(file: InputFile, context: ImportContext, inventory: Inventory): Promise<void> {
  const names = ["id", "start_time", "stop_time", "cpu_count", "mem_capacity"];
  const { columnar, indexes, units } = await columnsOf(file, context, names);
  const metas: Meta[] = [];
  try {
    for (const { rows, columns } of columnar.stretches(indexes)) {
      for (let row = 0; row < rows; row++) {
        const number = (column: number): number => {
          const { values, start } = columns[column]!;
          return values.nulls?.[start + row] === 1 ? Number.NaN : values.numbers![start + row]!;
        };
        metas.push({
          row: metas.length + 1,
          name: textAt(columns[0]!.values, columns[0]!.start + row),
          startMs: number(1) * units[1]!,
          stopMs: number(2) * units[2]!,
          vcpuCount: number(3),
          memory: number(4),
        });
      }
    }
  } finally {
    columnar.close();
  }
  addAll(file, context, inventory, metas);
}

/** The same rows as CSV. */
export async function readMetaCsv(file: InputFile, context: ImportContext, inventory: Inventory): Promise<void> {
  const metas: Meta[] = [];
  for await (const { row, fields } of csvRows(file, context.reader, { separator: ",", columns: 6 })) {
    const [name, start, stop, cpus, , memory] = fields as [string, string, string, string, string, string];
    metas.push({
      row,
      name,
      startMs: Date.parse(start),
      stopMs: Date.parse(stop),
      vcpuCount: decimal(cpus),
      memory: decimal(memory),
    });
  }
  addAll(file, context, inventory, metas);
}

/** What VMs used of their CPUs; `timestamp` is the end of a period. */
export async function readUse(file: InputFile, context: ImportContext, inventory: Inventory): Promise<void> {
  const { columnar, indexes, units } = await columnsOf(file, context, ["id", "timestamp", "cpu_usage"]);
  const { catalogue, warnings } = context;
  const kinds = new Map<string, number>();
  const kindOf = (id: string): number => {
    const vm = inventory.vmNamed(id) ?? catalogue.assumedVm(id);
    const kind = catalogue.counterKind("cpu_usage", "MHz", vm);
    kinds.set(id, kind);
    return kind;
  };
  let rows = 0;
  let kept = 0;
  try {
    for (const { rows: count, columns } of columnar.stretches(indexes)) {
      const [ids, times, uses] = columns;
      for (let row = 0; row < count; row++) {
        rows++;
        const id = textAt(ids!.values, ids!.start + row);
        const ms = times!.values.numbers![times!.start + row]! * units[1]!;
        const isNull = times!.values.nulls?.[times!.start + row] === 1 || uses!.values.nulls?.[uses!.start + row] === 1;
        const value = isNull ? Number.NaN : uses!.values.numbers![uses!.start + row]!;
        if (inventory.addValue(file, rows, { ms, kind: kinds.get(id) ?? kindOf(id), value })) kept++;
      }
    }
  } finally {
    columnar.close();
  }
  warnings.addRows("columns-dropped", 2, `no place in the format: duration and cpu_count of ${file.name}`);
  const dropped = rows > kept ? [{ code: "values-dropped", rows: rows - kept, detail: "cpu_usage is no number" }] : [];
  inventory.addSource({ file: file.name, rows, kept_rows: kept, dropped }, origin);
}
