import { FormatError, mibBytes, pagesToBytes, roundUp } from "../../base/index.ts";
import type { FolderWriter } from "../folder.ts";
import { codeOf, type Table } from "../schema/column.ts";
import { counterKindTable, deviceTable, eventKindTable, taskTable, vmTable } from "../schema/trace-tables.ts";
import type { Cell } from "../write.ts";
import { ByteNames } from "./byte-names.ts";
import type { Warnings } from "./warnings.ts";

type Row = Readonly<Record<string, Cell>>;

/** Rows that others refer to by their number: each different row once, in the order in which they were asked for. */
class RowList {
  readonly #table: Table;
  readonly #maxRows: number;
  readonly #indexes = new Map<string, number>();
  readonly #rows: Row[] = [];

  constructor(table: Table, maxRows: number) {
    this.#table = table;
    this.#maxRows = maxRows;
  }

  get size(): number {
    return this.#rows.length;
  }

  row(index: number): Row {
    return this.#rows[index]!;
  }

  index(row: Row): number {
    const key = JSON.stringify(this.#table.columns.map(({ name }) => row[name] ?? null));
    const found = this.#indexes.get(key);
    if (found !== undefined) return found;
    const index = this.#rows.length;
    if (index === this.#maxRows) this.#refuseMore();
    this.#indexes.set(key, index);
    this.#rows.push(row);
    return index;
  }

  /** A row that is only known later, with `replace`; nothing else is taken for the same. */
  reserve(row: Row): number {
    if (this.#rows.length === this.#maxRows) this.#refuseMore();
    return this.#rows.push(row) - 1;
  }

  #refuseMore(): never {
    throw new FormatError(`more than ${this.#maxRows} rows of table ${this.#table.name}`, {
      hint: "import a part of the source",
    });
  }

  /** Puts another row in a row's place; the old one goes on to name it. */
  replace(index: number, row: Row): void {
    this.#rows[index] = row;
  }

  write(writer: FolderWriter<"trace">): void {
    if (this.size === 0) return;
    const table = writer.table(this.#table);
    for (const row of this.#rows) table.push(row);
  }
}

const maxVms = 65_535;
const maxDevices = 65_535;
const maxKinds = 1_000_000;

type DeviceKind = (typeof deviceTable.columns)[2]["labels"][number];

/** The least that a VM is taken to have where a source says nothing of it. */
const assumedGuestBytes = 64 * mibBytes;

/** A VM that has its number already. */
export interface VmToSettle {
  readonly vmIndex: number;
  readonly settle: (guestBytes: number, vcpuCount?: number) => void;
}

/** The rows of a trace that other rows refer to by number; all the importers of one import share it. */
export class Catalogue {
  readonly #warnings: Warnings;
  readonly #vms = new RowList(vmTable, maxVms);
  readonly #devices = new RowList(deviceTable, maxDevices);
  readonly #eventKinds = new RowList(eventKindTable, maxKinds);
  readonly #tasks = new RowList(taskTable, maxKinds);
  readonly #counterKinds = new RowList(counterKindTable, maxKinds);

  constructor(warnings: Warnings) {
    this.#warnings = warnings;
  }

  vm(name: string, guestBytes: number, vcpuCount: number): number {
    return this.#vms.index({ name, guest_bytes: guestBytes, vcpu_count: vcpuCount });
  }

  /** A VM whose memory is only known once all of its pages are; `settle` says so. */
  vmOfUnknownSize(name: string): VmToSettle {
    const vmIndex = this.#vms.reserve({ name, guest_bytes: assumedGuestBytes, vcpu_count: 1 });
    return { vmIndex, settle: (guestBytes, vcpuCount = 1) => this.#resize(vmIndex, guestBytes, vcpuCount) };
  }

  #resize(vmIndex: number, guestBytes: number, vcpuCount: number): void {
    this.#vms.replace(vmIndex, { ...this.#vms.row(vmIndex), guest_bytes: guestBytes, vcpu_count: vcpuCount });
  }

  /** A VM for the devices of a source that does not tell of the machine: 64 MiB and one vCPU, with a warning. */
  assumedVm(name: string): number {
    this.#warnings.add(
      "guest-size-assumed",
      1,
      "the source says nothing of the machine: a VM of 64 MiB with one vCPU stands for it",
    );
    return this.vm(name, assumedGuestBytes, 1);
  }

  /** Makes a VM of `assumedVm` large enough for all frames below `endGfn`, which its source names. */
  growAssumedVm(vmIndex: number, endGfn: number): void {
    const row = this.#vms.row(vmIndex);
    const guestBytes = roundUp(pagesToBytes(endGfn), assumedGuestBytes);
    if (guestBytes <= (row["guest_bytes"] as number)) return;
    const size = `a VM of ${guestBytes / mibBytes} MiB, which hold every frame, with one vCPU stands for it`;
    this.resizeAssumedVm(vmIndex, guestBytes, `the source says nothing of the machine: ${size}`);
  }

  /** Gives a VM of `assumedVm` another size, and says why. */
  resizeAssumedVm(vmIndex: number, guestBytes: number, reason: string): void {
    this.#resize(vmIndex, guestBytes, this.#vms.row(vmIndex)["vcpu_count"] as number);
    this.#warnings.add("guest-size-assumed", 1, reason);
  }

  device(vmIndex: number, name: string, kind: DeviceKind): number {
    return this.#devices.index({ vm_index: vmIndex, name, kind: codeOf(deviceTable.columns[2], kind) });
  }

  eventKind(category: string | null, name: string): number {
    return this.#eventKinds.index({ category, name });
  }

  task(name: string, threadId: number | null, processId: number | null): number {
    return this.#tasks.index({ name, thread_id: threadId, process_id: processId });
  }

  /** A task of which its source may tell more later, again and again. */
  taskNamedLater(
    name: string,
    threadId: number | null,
    processId: number | null,
  ): {
    readonly taskIndex: number;
    readonly settle: (name: string, threadId: number | null, processId: number | null) => void;
  } {
    const taskIndex = this.#tasks.reserve({ name, thread_id: threadId, process_id: processId });
    const settle = (later: string, thread: number | null, process: number | null) => {
      this.#tasks.replace(taskIndex, { name: later, thread_id: thread, process_id: process });
    };
    return { taskIndex, settle };
  }

  /** A counter whose name and unit its source may tell later. */
  counterNamedLater(
    name: string,
    unit: string | null,
  ): { readonly kind: number; readonly settle: (name: string, unit: string | null) => void } {
    const kind = this.#counterKinds.reserve({ name, unit, vm_index: null });
    const settle = (later: string, laterUnit: string | null) => {
      this.#counterKinds.replace(kind, { name: later, unit: laterUnit, vm_index: null });
    };
    return { kind, settle };
  }

  counterKind(name: string, unit: string | null, vmIndex: number | null): number {
    return this.#counterKinds.index({ name, unit, vm_index: vmIndex });
  }

  write(writer: FolderWriter<"trace">): void {
    for (const rows of [this.#vms, this.#devices, this.#eventKinds, this.#tasks, this.#counterKinds])
      rows.write(writer);
  }
}

/** Indexes of the catalogue for names that a source repeats on every line, straight from its bytes. */
export class NamedRows {
  readonly #names: ByteNames;
  readonly #indexes: number[] = [];
  readonly #make: (name: string, number: number) => number;

  /**
   * `make` gives the catalogue's index for a name and its number when they are met first; for sources that can name without
   * end, names beyond `maxNames` get the index -1.
   */
  constructor(make: (name: string, number: number) => number, maxNames?: number) {
    this.#make = make;
    this.#names = new ByteNames(maxNames);
  }

  index(bytes: Uint8Array, start: number, end: number, number = 0): number {
    const name = this.#names.index(bytes, start, end, number);
    if (name < 0) return -1;
    return this.#indexes[name] ?? this.#new(name);
  }

  #new(name: number): number {
    const index = this.#make(this.#names.text(name), this.#names.number(name));
    this.#indexes[name] = index;
    return index;
  }
}
