import { bytesToPagesCeil, FormatError } from "../base/index.ts";
import { type OpenFolder, readRows, type Table, traceSchema } from "../trace/index.ts";

/** The small tables of a trace, read at once. */
export interface TraceFacts {
  readonly spanNs: number;
  readonly vms: readonly { name: string; guestBytes: number; vcpuCount: number }[];
  readonly devices: readonly { vmIndex: number; name: string; kind: string }[];
  readonly marks: readonly { timeNs: number; name: string }[];
  readonly warnings: readonly { code: string; rows: number; detail: string }[];
}

/** Small tables that are longer than this are no VMs, devices, marks or warnings of a real host. */
const maxRows = 100_000;

function rowsOf(trace: OpenFolder<"trace">, table: Table): Record<string, number | string | null>[] {
  const source = trace.sources.get(table.name);
  if (!source) return [];
  if (source.rows > maxRows) {
    throw new FormatError(`${source.path}: ${source.rows} rows; at most ${maxRows} are taken`);
  }
  return readRows(table, source);
}

/** Tables that say which frames guests touch. */
const memoryTables: readonly Table[] = [
  traceSchema.pagePopulationTable,
  traceSchema.pageWriteTable,
  traceSchema.dmaTable,
];

/**
 * Frames of each VM that must be kept track of. Of an inventory, whose VMs have a size and touch nothing, that is none
 * (one, as no VM has fewer), so that it may have thousands of VMs.
 */
export function trackedFrames(trace: OpenFolder<"trace">, { vms }: Pick<TraceFacts, "vms">): number[] {
  const isTouched = memoryTables.some(({ name }) => (trace.sources.get(name)?.rows ?? 0) > 0);
  return vms.map(({ guestBytes }) => (isTouched ? bytesToPagesCeil(guestBytes) : 1));
}

/** Frame numbers are 32 bits wide: 16 TiB. */
const maxGuestBytes = 2 ** 44;

export function readTraceFacts(trace: OpenFolder<"trace">): TraceFacts {
  const vms = rowsOf(trace, traceSchema.vmTable).map((row) => ({
    name: String(row["name"]),
    guestBytes: Number(row["guest_bytes"]),
    vcpuCount: Number(row["vcpu_count"]),
  }));
  if (vms.length === 0) throw new FormatError(`${trace.path}: the trace has no VM`);
  for (const [row, { guestBytes }] of vms.entries()) {
    if (guestBytes >= 1 && guestBytes <= maxGuestBytes) continue;
    throw new FormatError(`table vm, row ${row + 1}: guest_bytes ${guestBytes}; expected 1 to ${maxGuestBytes}`);
  }
  const kinds = traceSchema.deviceTable.columns[2].labels;
  return {
    spanNs: trace.header.span_ns,
    vms,
    devices: rowsOf(trace, traceSchema.deviceTable).map((row) => ({
      vmIndex: Number(row["vm_index"]),
      name: String(row["name"]),
      kind: kinds[Number(row["kind"])] ?? "other",
    })),
    marks: rowsOf(trace, traceSchema.markTable).map((row) => ({
      timeNs: Number(row["time_ns"]),
      name: String(row["name"]),
    })),
    warnings: rowsOf(trace, traceSchema.warningTable).map((row) => ({
      code: String(row["code"]),
      rows: Number(row["rows"]),
      detail: String(row["detail"]),
    })),
  };
}
