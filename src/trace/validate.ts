import { divFloor, pageBytes, ToolError } from "../base/index.ts";
import { type OpenFolder, openFolder } from "./folder.ts";
import { readTable } from "./read.ts";
import type { Batch, Column, Table } from "./schema/column.ts";
import {
  deviceIoTable,
  deviceTable,
  markTable,
  pageWriteTable,
  tickTable,
  traceTables,
  vmTable,
} from "./schema/trace-tables.ts";

export type TraceIssueCode =
  | "table-unreadable"
  | "time-goes-back"
  | "time-negative"
  | "time-after-span"
  | "vm-out-of-range"
  | "device-out-of-range"
  | "code-without-label"
  | "page-count-zero"
  | "frame-beyond-memory"
  | "guest-size-invalid"
  | "complete-before-submit"
  | "tick-start-after-end"
  | "tick-missing";

/** One kind of fault of one table: where it was met first, and how often. */
export interface TraceIssue {
  readonly code: TraceIssueCode;
  readonly table: string;
  /** First row concerned, 1 = the first; null where the fault is the whole table's. */
  readonly row: number | null;
  readonly rows: number;
  readonly detail: string;
}

/** Frame numbers are 32 bits wide. */
const maxGuestBytes = 2 ** 44;

class IssueList {
  readonly #issues = new Map<string, TraceIssue>();

  note(code: TraceIssueCode, table: string, row: number | null, detail: () => string): void {
    const key = `${table} ${code}`;
    const found = this.#issues.get(key);
    this.#issues.set(key, found ? { ...found, rows: found.rows + 1 } : { code, table, row, rows: 1, detail: detail() });
  }

  list(): TraceIssue[] {
    return [...this.#issues.values()];
  }
}

/** What the checks of later tables need from earlier ones. */
interface Facts {
  readonly spanNs: number;
  /** Frames of each VM. */
  readonly vmFrames: number[];
  /** VM of each device. */
  readonly deviceVms: number[];
  /** Times of each VM's ticks. */
  readonly tickTimes: Map<number, Set<number>>;
}

type Check = (batch: Batch, facts: Facts, issues: IssueList) => void;

function numbers(batch: Batch, column: string): ArrayLike<number> {
  return batch.columns[column] as ArrayLike<number>;
}

/** Calls `isBad` for every row with a value and notes the rows for which it is true. */
function eachValue(
  batch: Batch,
  column: string,
  issues: IssueList,
  fault: { code: TraceIssueCode; isBad: (value: number, row: number) => boolean; detail: (value: number) => string },
): void {
  const values = numbers(batch, column);
  const nulls = batch.nulls[column];
  for (let row = 0; row < batch.rows; row++) {
    const value = values[row]!;
    if (nulls?.[row] === 1 || !fault.isBad(value, row)) continue;
    issues.note(fault.code, batch.table.name, batch.firstRow + row + 1, () => `${column}: ${fault.detail(value)}`);
  }
}

/** Columns in ns that are lengths and no moments. */
const lengths = new Set(["scan_ns", "duration_ns"]);

function checkColumn(column: Column, batch: Batch, facts: Facts, issues: IssueList): void {
  const { name, unit, labels } = column;
  if (unit === "ns") {
    const isAbsolute = !lengths.has(name);
    eachValue(batch, name, issues, { code: "time-negative", isBad: (value) => value < 0, detail: String });
    eachValue(batch, name, issues, {
      code: "time-after-span",
      isBad: (value) => isAbsolute && value > facts.spanNs,
      detail: (value) => `${value} is after the trace's end at ${facts.spanNs}`,
    });
  }
  if (labels) {
    const isBad = (value: number) => value >= labels.length;
    eachValue(batch, name, issues, { code: "code-without-label", isBad, detail: (value) => `${value} has no label` });
  }
  if (name === "vm_index") {
    const isBad = (value: number) => value >= facts.vmFrames.length;
    const detail = (value: number) => `${value}, but the trace has ${facts.vmFrames.length} VMs`;
    eachValue(batch, name, issues, { code: "vm-out-of-range", isBad, detail });
  }
  if (name === "device_index") {
    const isBad = (value: number) => value >= facts.deviceVms.length;
    const detail = (value: number) => `${value}, but the trace has ${facts.deviceVms.length} devices`;
    eachValue(batch, name, issues, { code: "device-out-of-range", isBad, detail });
  }
  if (name === "page_count") {
    eachValue(batch, name, issues, { code: "page-count-zero", isBad: (value) => value === 0, detail: String });
  }
}

function checkFrames(batch: Batch, facts: Facts, issues: IssueList): void {
  const vms = batch.columns["vm_index"] as ArrayLike<number> | undefined;
  const devices = batch.columns["device_index"] as ArrayLike<number> | undefined;
  const counts = numbers(batch, "page_count");
  const frames = (row: number) => {
    const vm = vms ? vms[row]! : facts.deviceVms[devices![row]!];
    return vm === undefined ? Number.POSITIVE_INFINITY : (facts.vmFrames[vm] ?? Number.POSITIVE_INFINITY);
  };
  eachValue(batch, "start_gfn", issues, {
    code: "frame-beyond-memory",
    isBad: (start, row) => start + counts[row]! > frames(row),
    detail: (start) => `the run that begins at frame ${start} leaves the VM's memory`,
  });
}

const checkVms: Check = (batch, facts, issues) => {
  const guestBytes = numbers(batch, "guest_bytes");
  for (let row = 0; row < batch.rows; row++) facts.vmFrames.push(divFloor(guestBytes[row]!, pageBytes));
  eachValue(batch, "guest_bytes", issues, {
    code: "guest-size-invalid",
    isBad: (bytes) => bytes <= 0 || bytes > maxGuestBytes || bytes % pageBytes !== 0,
    detail: (bytes) => `${bytes} is no multiple of ${pageBytes} from ${pageBytes} to ${maxGuestBytes}`,
  });
};

const checkDevices: Check = (batch, facts) => {
  for (let row = 0; row < batch.rows; row++) facts.deviceVms.push(numbers(batch, "vm_index")[row]!);
};

const checkTicks: Check = (batch, facts, issues) => {
  const times = numbers(batch, "time_ns");
  const vms = numbers(batch, "vm_index");
  for (let row = 0; row < batch.rows; row++) {
    const known = facts.tickTimes.get(vms[row]!);
    if (known) known.add(times[row]!);
    else facts.tickTimes.set(vms[row]!, new Set([times[row]!]));
  }
  eachValue(batch, "start_ns", issues, {
    code: "tick-start-after-end",
    isBad: (start, row) => start > times[row]!,
    detail: (start) => `${start} is after the tick's end`,
  });
};

const checkWrites: Check = (batch, facts, issues) => {
  const vms = numbers(batch, "vm_index");
  let lastTime = Number.NaN;
  let lastVm = -1;
  let isKnown = false;
  eachValue(batch, "time_ns", issues, {
    code: "tick-missing",
    isBad: (time, row) => {
      if (time !== lastTime || vms[row] !== lastVm) {
        lastTime = time;
        lastVm = vms[row]!;
        isKnown = facts.tickTimes.get(lastVm)?.has(time) ?? false;
      }
      return !isKnown;
    },
    detail: (time) => `table tick has no row of the VM at ${time}`,
  });
};

const checkIo: Check = (batch, _facts, issues) => {
  const submits = numbers(batch, "submit_ns");
  eachValue(batch, "complete_ns", issues, {
    code: "complete-before-submit",
    isBad: (complete, row) => complete < submits[row]!,
    detail: (complete) => `${complete} is before the request's submit`,
  });
};

const tableChecks = new Map<Table, Check>([
  [vmTable, checkVms],
  [deviceTable, checkDevices],
  [tickTable, checkTicks],
  [pageWriteTable, checkWrites],
  [deviceIoTable, checkIo],
]);

/** A check of the order of one table's rows, over the borders of batches. */
function createOrderCheck(table: Table): (batch: Batch, issues: IssueList) => void {
  let last = Number.NEGATIVE_INFINITY;
  return (batch, issues) => {
    const { orderedBy } = table;
    if (orderedBy === undefined) return;
    eachValue(batch, orderedBy, issues, {
      code: "time-goes-back",
      isBad: (value) => {
        const isBack = value < last;
        last = Math.max(last, value);
        return isBack;
      },
      detail: (value) => `${value} follows ${last}`,
    });
  };
}

function validateTable(folder: OpenFolder<"trace">, table: Table, facts: Facts, issues: IssueList): void {
  const source = folder.sources.get(table.name);
  if (!source) return;
  const checkOrder = createOrderCheck(table);
  const hasFrames = table.columns.some(({ name }) => name === "start_gfn");
  try {
    for (const batch of readTable(table, source)) {
      tableChecks.get(table)?.(batch, facts, issues);
      for (const column of table.columns) checkColumn(column, batch, facts, issues);
      if (hasFrames) checkFrames(batch, facts, issues);
      checkOrder(batch, issues);
    }
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    issues.note("table-unreadable", table.name, null, () => error.message);
  }
}

/**
 * Checks every table of a trace against what the format promises, for `validate` and for traces of other tools.
 *
 * Shape    one issue a table and kind, with the first row and the count, so the list stays short
 * Errors   UsageError or FormatError only where the header itself cannot be read; all other faults are issues
 */
export function validateTrace(path: string): TraceIssue[] {
  const folder = openFolder("trace", path);
  const issues = new IssueList();
  const facts: Facts = { spanNs: folder.header.span_ns, vmFrames: [], deviceVms: [], tickTimes: new Map() };
  // The tables that others refer to come first; the schema's order puts mark before tick, which is no matter.
  const first: readonly Table[] = [vmTable, deviceTable, tickTable, markTable];
  for (const table of [...first, ...traceTables.filter((other) => !first.includes(other))]) {
    validateTable(folder, table, facts, issues);
  }
  return issues.list();
}
