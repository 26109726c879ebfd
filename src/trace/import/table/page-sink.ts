import {
  FormatError,
  mibBytes,
  pageBytes as smallPageBytes,
  pagesToBytes,
  roundUp,
  secNs,
} from "../../../base/index.ts";
import { type PageRoom, pageRoom, PageSet } from "../../page-set.ts";
import { tickTable } from "../../schema/trace-tables.ts";
import type { InputFile } from "../../source/input.ts";
import type { TableWriter } from "../../write.ts";
import type { SourceClock } from "../clock.ts";
import { FrameTables, spreadRefusal } from "../frames.ts";
import type { DroppedRows, ImportContext, SourceReport } from "../importer.ts";
import { TickRuns } from "../tick-runs.ts";
import { TickSpool } from "../tick-spool.ts";
import type { ColumnMap } from "./column-map.ts";
import type { Moment } from "../fields.ts";

const maxFrames = 2 ** 32;
/** Runs that wait for the end of their ticks, of all VMs together. */
const maxPending = 8_388_608;
/** A clock that begins within its first hour is taken to begin at 0; another one begins with the first row. */
const firstHour = 3600;

export type PageDrop =
  | "not-writes-dropped"
  | "incomplete-rows-dropped"
  | "empty-runs-dropped"
  | "comment-lines-dropped";

const dropReasons: Readonly<Record<PageDrop, string>> = {
  "not-writes-dropped": "events that are no writes",
  "incomplete-rows-dropped": "rows without a value in a column that was named",
  "empty-runs-dropped": "runs of no page",
  "comment-lines-dropped": "blank lines and lines that begin with #",
};

/** Where a row stands in its source, for refusing it. */
export interface RowPlace {
  readonly file: InputFile;
  /** Data rows so far, the present one included. */
  readonly row: number;
  refuse(column: string, expected: string, found: string, hint?: string): never;
}

/** One VM of the table. */
interface VmPages {
  readonly vmIndex: number;
  readonly settle: (guestBytes: number) => void;
  readonly clock: SourceClock;
  readonly runs: TickRuns;
  /** Where pages go at once; without it they wait until all are known. */
  readonly frames: FrameTables;
  readonly waiting: PageSet | undefined;
  /** Second, ns and number of the present tick. */
  readonly present: Float64Array;
  isOpen: boolean;
  /** The present tick's time once it was given out. */
  timeNs: number | undefined;
  lastNs: number | undefined;
}

/** The present row. */
export interface PageCells extends Moment {
  tick: number;
  place: number;
  extent: number;
  vm: number;
}

/**
 * Makes ticks, page writes and page population of a table's rows.
 *
 * A tick is the rows of one VM with the same tick number, or where there is no such column the same time; its time is its
 * latest one. Its beginning is the tick before. Of a VM's first tick nobody knows when it began, so that its pages are no
 * rate and its `start_ns` is null. Readings that found nothing have no row in such a table, and so no tick.
 */
export class PageSink {
  readonly cells: PageCells = { second: 0, nanosecond: 0, tick: 0, place: 0, extent: 1, vm: 0 };
  readonly #context: ImportContext;
  readonly #map: ColumnMap;
  readonly #pageBytes: number;
  /** Small pages of one page of the source. */
  readonly #factor: number;
  readonly #ticks: TableWriter;
  readonly #vms: VmPages[] = [];
  readonly #room: PageRoom = pageRoom();
  #spool: TickSpool | undefined;
  #place!: RowPlace;
  #zero: Moment | undefined;
  #pending = 0;
  #kept = 0;
  readonly #dropped = new Map<PageDrop, number>();
  #repeatedRows = 0;
  #repeatedPages = 0;

  constructor(context: ImportContext, map: ColumnMap, pageBytes: number) {
    this.#context = context;
    this.#map = map;
    this.#pageBytes = pageBytes;
    this.#factor = pageBytes / smallPageBytes;
    this.#ticks = context.writer.table(tickTable, { sort: true });
  }

  /** Tells of the file that the next rows are from. */
  begin(place: RowPlace): void {
    this.#place = place;
    this.#kept = 0;
    this.#dropped.clear();
  }

  /** What became of the present file's rows. */
  report(): SourceReport {
    const dropped: DroppedRows[] = [...this.#dropped].map(([code, rows]) => ({
      code,
      rows,
      detail: dropReasons[code],
    }));
    const rows = dropped.reduce((sum, item) => sum + item.rows, this.#kept);
    return { file: this.#place.file.name, rows, kept_rows: this.#kept, dropped };
  }

  drop(code: PageDrop): void {
    this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + 1);
    this.#context.warnings.addRow(code, this.#place.row, `${this.#place.file.name}: ${dropReasons[code]}`);
  }

  /** Number of a VM for `cells.vm`. */
  addVm(name: string): number {
    const { catalogue, writer } = this.#context;
    const { vmIndex, settle } = catalogue.vmOfUnknownSize(name);
    const isWaiting = this.#map.place.kind !== "gfn";
    const room = this.#room;
    if (isWaiting) this.#spool ??= new TickSpool(this.#context.reader.spoolPath());
    return (
      this.#vms.push({
        vmIndex,
        settle,
        clock: this.#context.clock(this.#place.file),
        runs: new TickRuns(),
        frames: new FrameTables((table) => writer.table(table, { sort: true }), { vmIndex, order: null, room }),
        waiting: isWaiting ? new PageSet(room) : undefined,
        present: new Float64Array(3),
        isOpen: false,
        timeNs: undefined,
        lastNs: undefined,
      }) - 1
    );
  }

  /** Takes the row in `cells`. */
  take(): void {
    const { cells } = this;
    const vm = this.#vms[cells.vm]!;
    const start = this.#start(cells);
    const pageCount = this.#end(cells) - start;
    if (pageCount === 0) {
      this.drop("empty-runs-dropped");
      return;
    }
    if (pageCount >= maxFrames || start + pageCount > (vm.waiting ? Number.MAX_SAFE_INTEGER : maxFrames)) {
      this.#refusePlace(start + pageCount);
    }
    this.#turn(vm);
    if (vm.runs.isFull || this.#pending === maxPending) this.#giveAll();
    vm.runs.add(start, pageCount);
    this.#pending++;
    this.#kept++;
  }

  #start({ place }: PageCells): number {
    return this.#map.place.kind === "address"
      ? Math.floor(place / this.#pageBytes) * this.#factor
      : place * this.#factor;
  }

  #end({ place, extent }: PageCells): number {
    const isAddress = this.#map.place.kind === "address";
    const first = isAddress ? place / this.#pageBytes : place;
    if (this.#map.extent?.kind !== "bytes") return (Math.floor(first) + extent) * this.#factor;
    if (extent === 0) return this.#start(this.cells);
    return Math.ceil(isAddress ? (place + extent) / this.#pageBytes : place + extent / this.#pageBytes) * this.#factor;
  }

  #refusePlace(end: number): never {
    const { kind } = this.#map.place;
    this.#place.refuse(
      kind,
      kind === "gfn" ? `a run that ends at frame ${maxFrames} or before` : "a run of fewer than 2^32 pages below 2^53",
      `an end at ${end}`,
      kind === "gfn" ? "name the column vpage or address if these are pages of a process" : undefined,
    );
  }

  /** Goes on to another tick where the row is of one. */
  #turn(vm: VmPages): void {
    const { second, nanosecond, tick } = this.cells;
    const { present } = vm;
    const isSameTime = present[0] === second && present[1] === nanosecond;
    if (vm.isOpen && present[2] === tick && (isSameTime || this.#map.tick)) {
      if (!isSameTime) this.#stretch(vm);
      return;
    }
    if (vm.isOpen) {
      this.#endTick(vm);
      if (this.#map.tick && tick < present[2]!) this.#refuseBack("tick", `${present[2]} or above`, `${tick}`);
    }
    this.#zero ??= second < firstHour ? { second: 0, nanosecond: 0 } : { second, nanosecond };
    present[0] = second;
    present[1] = nanosecond;
    present[2] = tick;
    vm.isOpen = true;
  }

  /** Rows of a tick may each have their own time: the latest is the tick's. */
  #stretch(vm: VmPages): void {
    const { second, nanosecond } = this.cells;
    const isLater = second > vm.present[0]! || (second === vm.present[0] && nanosecond > vm.present[1]!);
    if (!isLater) return;
    if (vm.timeNs !== undefined) {
      this.#place.refuse(
        "tick",
        "at most 4194304 runs in a tick of several times",
        "more",
        "leave the column tick out",
      );
    }
    vm.present[0] = second;
    vm.present[1] = nanosecond;
  }

  #refuseBack(column: string, expected: string, found: string): never {
    this.#place.refuse(column, expected, found, "the rows of a VM must be in the order of time: sort the table first");
  }

  /** The present tick's time, and its row in table tick. */
  #timeOf(vm: VmPages): number {
    if (vm.timeNs !== undefined) return vm.timeNs;
    const [second, nanosecond] = vm.present as unknown as [number, number];
    const zero = this.#zero!;
    const seconds = second - zero.second;
    const ns = nanosecond - zero.nanosecond;
    const found = `${second}.${String(nanosecond).padStart(9, "0")} s`;
    if (seconds * secNs + ns < 0) this.#refuseBack("time", "no time before that of the first row", found);
    const timeNs = vm.clock.toNs(seconds, ns, this.#place.row);
    if (vm.lastNs !== undefined && timeNs <= vm.lastNs) {
      this.#refuseBack("time", "a time after that of the VM's tick before", found);
    }
    this.#ticks.push({ time_ns: timeNs, vm_index: vm.vmIndex, start_ns: vm.lastNs ?? null, scan_ns: null });
    vm.timeNs = timeNs;
    return timeNs;
  }

  #endTick(vm: VmPages): void {
    this.#give(vm);
    vm.lastNs = vm.timeNs;
    vm.timeNs = undefined;
  }

  #giveAll(): void {
    for (const vm of this.#vms) if (vm.runs.count > 0) this.#give(vm);
  }

  /** Hands on the runs that were read of a VM's present tick. */
  #give(vm: VmPages): void {
    const timeNs = this.#timeOf(vm);
    const { runs } = vm;
    this.#pending -= runs.count;
    const isKept = vm.waiting ? vm.waiting.addRuns(runs) : vm.frames.addTick(timeNs, runs);
    if (!isKept) this.#place.refuse("place", spreadRefusal.expected, spreadRefusal.found);
    if (vm.waiting) this.#spool!.add(timeNs, this.#vms.indexOf(vm), runs);
    const { rows, pages } = runs.take();
    this.#repeatedRows += rows;
    this.#repeatedPages += pages;
  }

  /** Writes what waits; gives the latest time. */
  end(): number {
    for (const vm of this.#vms) if (vm.isOpen) this.#endTick(vm);
    if (this.#vms.every(({ lastNs }) => lastNs === undefined)) {
      throw new FormatError(
        `${this.#place.file.name}: expected page writes, found none in the columns that were named`,
      );
    }
    const isPacked = this.#writeWaiting();
    this.#warn();
    const unit = (isPacked ? 1 : 64) * mibBytes;
    for (const { frames, settle } of this.#vms) {
      settle(Math.max(roundUp(pagesToBytes(frames.endGfn), unit), unit));
    }
    return this.#vms.reduce((most, { clock }) => Math.max(most, clock.highestNs), 0);
  }

  /** Pages of processes are numbered without gaps; addresses only where they are too high for a VM's memory. */
  #writeWaiting(): boolean {
    if (!this.#spool) return false;
    const isPacked = this.#map.place.kind === "vpage" || this.#vms.some(({ waiting }) => waiting!.endPage > maxFrames);
    const ranks = this.#vms.map(({ waiting }) => (isPacked ? waiting!.ranks() : undefined));
    if (isPacked) {
      const pages = this.#vms.reduce((sum, { waiting }) => sum + waiting!.pages, 0);
      const detail = "virtual pages are numbered in address order as the frames of a VM; rows counts the pages";
      this.#context.warnings.add("virtual-pages-packed", pages, detail);
    }
    // The sets that said which pages there are give their room to those that say which were seen.
    this.#room.chunks = pageRoom().chunks;
    for (const { timeNs, tag, runs } of this.#spool.ticks()) this.#vms[tag]!.frames.addTick(timeNs, runs, ranks[tag]);
    return isPacked;
  }

  #warn(): void {
    const { warnings } = this.#context;
    const vms = this.#vms.length;
    warnings.add("guest-size-assumed", vms, "a table does not say: the least memory that holds every frame");
    warnings.add("vcpu-count-assumed", vms, "a table does not say: 1 vCPU");
    if (this.#repeatedRows > 0) {
      const detail = `runs that hold ${this.#repeatedPages} pages a second time in their tick`;
      warnings.add("pages-repeated-in-tick", this.#repeatedRows, detail);
    }
  }

  close(): void {
    this.#spool?.close();
  }
}
