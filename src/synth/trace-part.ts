import { FormatError, pageBytes, UsageError } from "../base/index.ts";
import { type OpenFolder, openFolder, quote, readRows, readTable, type Table, traceSchema } from "../trace/index.ts";
import type { TraceCut } from "./recipe/workload-schema.ts";
import { TickRuns } from "./tick-runs.ts";

/** Small tables that are longer than this are no VMs and devices of a real host, and no ticks that anybody read. */
const maxSmallRows = 100_000;
const maxTicks = 1_000_000;

type Row = Record<string, number | string | null>;

export interface PartVm {
  readonly index: number;
  readonly name: string;
  readonly guestBytes: number;
  readonly vcpuCount: number;
}

function smallRows(folder: OpenFolder<"trace">, table: Table, maxRows: number): Row[] {
  const source = folder.sources.get(table.name);
  if (!source) return [];
  if (source.rows > maxRows) throw new FormatError(`${source.path}: ${source.rows} rows; at most ${maxRows} are taken`);
  return readRows(table, source);
}

/** A cut of a VM that is named, or numbered: names need not be unique in a trace. */
export type PartCut = Omit<TraceCut, "vm"> & { readonly vm?: string | number | undefined };

function findVm(folder: OpenFolder<"trace">, name: string | number | undefined): PartVm {
  const vms = smallRows(folder, traceSchema.vmTable, maxSmallRows);
  const only = name === undefined && vms.length === 1 ? 0 : undefined;
  const index = only ?? (typeof name === "number" ? name : vms.findIndex((vm) => vm["name"] === name));
  const found = vms[index];
  if (!found) {
    const names = vms.slice(0, 20).map((vm) => quote(String(vm["name"])));
    const problem = name === undefined ? `has ${vms.length} VMs` : `has no VM ${quote(String(name))}`;
    throw new UsageError(`${folder.path}: the trace ${problem}`, { hint: `vm: one of ${names.join(", ") || "none"}` });
  }
  const guestBytes = Number(found["guest_bytes"]);
  if (!(guestBytes >= pageBytes && guestBytes <= 2 ** 44)) {
    throw new FormatError(
      `${folder.path}: table vm, row ${index + 1}: guest_bytes ${guestBytes}; expected 4096 to 16 TiB`,
    );
  }
  return { index, name: String(found["name"]), guestBytes, vcpuCount: Number(found["vcpu_count"]) };
}

export interface PartTick {
  readonly timeNs: number;
  readonly startNs: number | null;
  readonly scanNs: number | null;
}

/**
 * One VM of a trace that exists, cut, stretched and repeated.
 *
 * Time     a moment t of the cut becomes shift + (t - cut_from) × stretch, and a cut's length later in each repetition
 * Errors   FormatError for rows that the trace format forbids: order, frames beyond the VM's memory, unknown ticks
 */
export class TracePart {
  readonly folder: OpenFolder<"trace">;
  readonly vm: PartVm;
  readonly repeat: number;
  readonly cutFromNs: number;
  readonly cutToNs: number;
  readonly #cut: PartCut;
  readonly #shiftNs: number;

  constructor(path: string, cut: PartCut, shiftNs: number) {
    this.folder = openFolder("trace", path);
    this.vm = findVm(this.folder, cut.vm);
    this.repeat = cut.repeat;
    this.#cut = cut;
    this.#shiftNs = shiftNs;
    const spanNs = this.folder.header.span_ns;
    this.cutFromNs = cut.cut_from;
    this.cutToNs = cut.cut_for === undefined ? spanNs : Math.min(spanNs, cut.cut_from + cut.cut_for);
    if (this.cutFromNs >= this.cutToNs) {
      throw new UsageError(`${path}: the trace ends at ${spanNs} ns, before the cut begins at ${this.cutFromNs} ns`, {
        hint: "begin the cut (cut_from) earlier",
      });
    }
    if (!Number.isSafeInteger(Math.ceil(this.endNs))) {
      throw new UsageError(`${path}: stretched and repeated, the part ends after 104 days`, { hint: "repeat it less" });
    }
  }

  get endNs(): number {
    return this.#shiftNs + (this.cutToNs - this.cutFromNs) * this.#cut.stretch * this.repeat;
  }

  /** A moment of the source in one repetition, on the new trace's clock. */
  timeOf(sourceNs: number, repetition: number): number {
    const sinceNs = sourceNs - this.cutFromNs + repetition * (this.cutToNs - this.cutFromNs);
    return Math.max(0, Math.round(this.#shiftNs + sinceNs * this.#cut.stretch));
  }

  /** Whether a moment lies in the cut; what happened at its very begin belongs to it where the trace begins there. */
  holds(sourceNs: number): boolean {
    return (sourceNs > this.cutFromNs || this.cutFromNs === 0) && sourceNs <= this.cutToNs;
  }

  ticks(): PartTick[] {
    return smallRows(this.folder, traceSchema.tickTable, maxTicks)
      .filter((row) => row["vm_index"] === this.vm.index)
      .map((row) => ({
        timeNs: Number(row["time_ns"]),
        startNs: row["start_ns"] as number | null,
        scanNs: row["scan_ns"] as number | null,
      }))
      .filter(({ timeNs }) => this.holds(timeNs));
  }

  /** The cut's ticks one after another, over all repetitions, each with what was written in it. */
  *writes(): Generator<{ readonly tick: PartTick; readonly repetition: number; readonly runs: TickRuns }> {
    const ticks = this.ticks();
    for (let repetition = 0; repetition < this.repeat; repetition++) {
      const rows = this.#rows();
      let pending = rows.next();
      for (const tick of ticks) {
        let runs = noRuns;
        while (!pending.done && pending.value.timeNs < tick.timeNs) pending = rows.next();
        if (!pending.done && pending.value.timeNs === tick.timeNs) {
          ({ runs } = pending.value);
          yield { tick, repetition, runs };
          pending = rows.next();
          continue;
        }
        runs.clear();
        yield { tick, repetition, runs };
      }
    }
  }

  /** What the VM wrote, one tick after another; `runs` is filled anew for each. */
  *#rows(): Generator<{ readonly timeNs: number; readonly runs: TickRuns }> {
    const source = this.folder.sources.get(traceSchema.pageWriteTable.name);
    if (!source) return;
    const frames = Math.floor(this.vm.guestBytes / pageBytes);
    const runs = new TickRuns();
    let openNs = -1;
    for (const batch of readTable(traceSchema.pageWriteTable, source)) {
      const time = batch.columns["time_ns"] as Float64Array;
      const vm = batch.columns["vm_index"] as Uint16Array;
      const start = batch.columns["start_gfn"] as Uint32Array;
      const count = batch.columns["page_count"] as Uint32Array;
      for (let row = 0; row < batch.rows; row++) {
        if (vm[row] !== this.vm.index) continue;
        const ns = time[row]!;
        if (ns < openNs || count[row] === 0 || start[row]! + count[row]! > frames) {
          refuseRow(source.path, batch.firstRow + row + 1);
        }
        if (ns !== openNs) {
          if (openNs >= 0 && this.holds(openNs)) yield { timeNs: openNs, runs };
          runs.clear();
          openNs = ns;
        }
        runs.add(start[row]!, count[row]!);
      }
    }
    if (openNs >= 0 && this.holds(openNs)) yield { timeNs: openNs, runs };
  }
}

const noRuns = new TickRuns();

function refuseRow(path: string, row: number): never {
  throw new FormatError(`${path}: row ${row}: times go back, no pages, or frames beyond the VM's memory`, {
    hint: "see which rows are wrong with `luoscope inspect --check`",
  });
}
