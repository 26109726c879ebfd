import type { Json } from "../base/index.ts";
import { folderKind } from "./dump.ts";
import { type OpenFolder, openFolder } from "./folder.ts";
import { type FolderHeader, type FolderKind, folderTables } from "./header.ts";
import { PageSet } from "./page-set.ts";
import { readRows, readTable } from "./read.ts";
import type { Table } from "./schema/column.ts";
import { noteTable, updateTable } from "./schema/comparison-tables.ts";
import { differenceWarningTable, ruleTable, sideTable } from "./schema/difference-tables.ts";
import { batchTable, fleetNoteTable } from "./schema/fleet-tables.ts";
import { phaseTable, runDeviceTable, runVmTable, runWarningTable } from "./schema/run-tables.ts";
import { axisTable } from "./schema/sweep-tables.ts";
import {
  deviceTable,
  markTable,
  pagePopulationTable,
  pageWriteTable,
  tickTable,
  vmTable,
  warningTable,
} from "./schema/trace-tables.ts";

type Row = Readonly<Record<string, number | string | null>>;

export interface TableDescription {
  readonly table: string;
  readonly rows: number;
  readonly bytes: number;
}

interface Described {
  readonly path: string;
  /** The header without its list of tables. */
  readonly header: { readonly [fact: string]: Json | undefined };
  readonly tables: readonly TableDescription[];
}

/** Traces and runs go on for some time. */
interface DescribedSpan extends Described {
  readonly span_ns: number;
  /** Codes stand as their labels. */
  readonly devices: readonly Row[];
  readonly warnings: readonly Row[];
}

/** What a VM of a trace did. */
export interface VmDescription {
  readonly name: string;
  readonly guest_bytes: number;
  readonly vcpu_count: number;
  readonly tick_count: number;
  /** Pages of the readings that have none before them: there already, not a rate. */
  readonly present_pages: number;
  /** Sum over all other ticks. */
  readonly written_pages: number;
  /** Distinct pages of those. */
  readonly distinct_pages: number;
  /** Pages that became backed by host memory. */
  readonly populated_pages: number;
}

export interface TraceDescription extends DescribedSpan {
  readonly kind: "trace";
  readonly vms: readonly VmDescription[];
  readonly marks: readonly Row[];
}

export interface RunDescription extends DescribedSpan {
  readonly kind: "run";
  readonly vms: readonly Row[];
  readonly phases: readonly Row[];
}

export interface ComparisonDescription extends Described {
  readonly kind: "comparison";
  readonly updates: readonly Row[];
  readonly notes: readonly Row[];
}

export interface SweepDescription extends Described {
  readonly kind: "sweep";
  readonly axes: readonly Row[];
}

export interface FleetDescription extends Described {
  readonly kind: "fleet";
  readonly batches: readonly Row[];
  readonly notes: readonly Row[];
}

export interface DifferenceDescription extends Described {
  readonly kind: "difference";
  readonly sides: readonly Row[];
  readonly rules: readonly Row[];
  readonly warnings: readonly Row[];
}

export type FolderDescription =
  | TraceDescription
  | RunDescription
  | ComparisonDescription
  | SweepDescription
  | FleetDescription
  | DifferenceDescription;

function labelledRows(folder: OpenFolder, table: Table): Row[] {
  const source = folder.sources.get(table.name);
  if (!source) return [];
  const coded = table.columns.filter(({ labels }) => labels !== undefined);
  return readRows(table, source).map((row) => {
    const labels = coded.map(({ name, labels }) => [name, labels![row[name] as number] ?? row[name]!] as const);
    return { ...row, ...Object.fromEntries(labels) };
  });
}

interface VmCounts {
  readonly distinct: PageSet;
  readonly firstTimes: Set<number>;
  tickCount: number;
  presentPages: number;
  writtenPages: number;
  populatedPages: number;
}

function emptyCounts(): VmCounts {
  const counts = { tickCount: 0, presentPages: 0, writtenPages: 0, populatedPages: 0 };
  return { distinct: new PageSet(), firstTimes: new Set(), ...counts };
}

/** Counts by VM; rows of a VM that table vm does not have are left to `validateTrace`. */
function countTicks(folder: OpenFolder, counts: readonly VmCounts[]): void {
  const source = folder.sources.get(tickTable.name);
  if (!source) return;
  for (const batch of readTable(tickTable, source)) {
    const times = batch.columns["time_ns"] as Float64Array;
    const vms = batch.columns["vm_index"] as Uint16Array;
    for (let row = 0; row < batch.rows; row++) {
      const vm = counts[vms[row]!];
      if (!vm) continue;
      vm.tickCount++;
      if (batch.nulls["start_ns"]?.[row] === 1) vm.firstTimes.add(times[row]!);
    }
  }
}

function countWrites(folder: OpenFolder, counts: readonly VmCounts[]): void {
  const source = folder.sources.get(pageWriteTable.name);
  if (!source) return;
  for (const batch of readTable(pageWriteTable, source)) {
    const times = batch.columns["time_ns"] as Float64Array;
    const vms = batch.columns["vm_index"] as Uint16Array;
    const starts = batch.columns["start_gfn"] as Uint32Array;
    const pageCounts = batch.columns["page_count"] as Uint32Array;
    for (let row = 0; row < batch.rows; row++) {
      const vm = counts[vms[row]!];
      if (!vm) continue;
      const pages = pageCounts[row]!;
      if (vm.firstTimes.has(times[row]!)) {
        vm.presentPages += pages;
      } else {
        vm.writtenPages += pages;
        vm.distinct.add(starts[row]!, pages);
      }
    }
  }
}

function countPopulation(folder: OpenFolder, counts: readonly VmCounts[]): void {
  const source = folder.sources.get(pagePopulationTable.name);
  if (!source) return;
  for (const batch of readTable(pagePopulationTable, source)) {
    const vms = batch.columns["vm_index"] as Uint16Array;
    const pageCounts = batch.columns["page_count"] as Uint32Array;
    for (let row = 0; row < batch.rows; row++) {
      const vm = counts[vms[row]!];
      if (vm) vm.populatedPages += pageCounts[row]!;
    }
  }
}

function describeVms(folder: OpenFolder): VmDescription[] {
  const vms = labelledRows(folder, vmTable);
  const counts = vms.map(emptyCounts);
  countTicks(folder, counts);
  countWrites(folder, counts);
  countPopulation(folder, counts);
  return vms.map((vm, index) => {
    const { tickCount, presentPages, writtenPages, distinct, populatedPages } = counts[index]!;
    return {
      name: vm["name"] as string,
      guest_bytes: vm["guest_bytes"] as number,
      vcpu_count: vm["vcpu_count"] as number,
      tick_count: tickCount,
      present_pages: presentPages,
      written_pages: writtenPages,
      distinct_pages: distinct.pages,
      populated_pages: populatedPages,
    };
  });
}

function headerFacts(header: FolderHeader): Described["header"] {
  return { ...header, tables: undefined };
}

function tableDescriptions(header: FolderHeader, kind: FolderKind): TableDescription[] {
  return folderTables(kind)
    .filter(({ name }) => header.tables[name] !== undefined)
    .map(({ name }) => ({ table: name, rows: header.tables[name]!.rows, bytes: header.tables[name]!.bytes }));
}

function describe(folder: OpenFolder, kind: FolderKind): Described {
  return { path: folder.path, header: headerFacts(folder.header), tables: tableDescriptions(folder.header, kind) };
}

function describeTrace(folder: OpenFolder<"trace">): TraceDescription {
  return {
    kind: "trace",
    ...describe(folder, "trace"),
    span_ns: folder.header.span_ns,
    devices: labelledRows(folder, deviceTable),
    warnings: labelledRows(folder, warningTable),
    vms: describeVms(folder),
    marks: labelledRows(folder, markTable),
  };
}

function describeRun(folder: OpenFolder<"run">): RunDescription {
  return {
    kind: "run",
    ...describe(folder, "run"),
    span_ns: folder.header.span_ns,
    devices: labelledRows(folder, runDeviceTable),
    warnings: labelledRows(folder, runWarningTable),
    vms: labelledRows(folder, runVmTable),
    phases: labelledRows(folder, phaseTable),
  };
}

function describeComparison(folder: OpenFolder<"comparison">): ComparisonDescription {
  return {
    kind: "comparison",
    ...describe(folder, "comparison"),
    updates: labelledRows(folder, updateTable),
    notes: labelledRows(folder, noteTable),
  };
}

function describeSweep(folder: OpenFolder<"sweep">): SweepDescription {
  return { kind: "sweep", ...describe(folder, "sweep"), axes: labelledRows(folder, axisTable) };
}

function describeFleet(folder: OpenFolder<"fleet">): FleetDescription {
  return {
    kind: "fleet",
    ...describe(folder, "fleet"),
    batches: labelledRows(folder, batchTable),
    notes: labelledRows(folder, fleetNoteTable),
  };
}

function describeDifference(folder: OpenFolder<"difference">): DifferenceDescription {
  return {
    kind: "difference",
    ...describe(folder, "difference"),
    sides: labelledRows(folder, sideTable),
    rules: labelledRows(folder, ruleTable),
    warnings: labelledRows(folder, differenceWarningTable),
  };
}

/**
 * What a folder is and holds, as plain JSON for `inspect`.
 *
 * Units    pages are 4 KiB
 * Errors   as `openFolder` and `readTable`
 */
export function describeFolder(path: string): FolderDescription {
  const kind = folderKind(path);
  switch (kind) {
    case "trace":
      return describeTrace(openFolder(kind, path));
    case "run":
      return describeRun(openFolder(kind, path));
    case "comparison":
      return describeComparison(openFolder(kind, path));
    case "sweep":
      return describeSweep(openFolder(kind, path));
    case "fleet":
      return describeFleet(openFolder(kind, path));
    case "difference":
      return describeDifference(openFolder(kind, path));
  }
}
