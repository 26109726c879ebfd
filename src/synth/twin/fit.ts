import { Document, isSeq, visit } from "yaml";

import {
  FormatError,
  gibBytes,
  kibBytes,
  mibBytes,
  msNs,
  pageBytes,
  secNs,
  usNs,
  UsageError,
} from "../../base/index.ts";
import { openFolder, quote, readRows, traceSchema, validateTrace } from "../../trace/index.ts";
import { groupValues, type Histogram } from "../groups.ts";
import { TracePart } from "../trace-part.ts";
import { measureVm, type PhaseMeasures, type VmMeasures } from "./measure.ts";
import { type DeviceMeasures, measureDevices, mostCommon, type StreamMeasures } from "./measure-devices.ts";

/** Groups of a distribution: enough that those in one are alike. */
const groupCount = 32;
const streamGroupCount = 12;
/** Knots of a phase's new pages over time, at most, and the share of all that lines between them may be off. */
const maxKnots = 64;
const growthTolerance = 0.0025;
/** Streams with fewer events say nothing of how they arrive. */
const leastEvents = 3;
const maxStreams = 64;
const maxNameChars = 200;
const maxVms = 1000;

/** Plain values of a recipe, as they stand in YAML. */
type Plain = string | number | boolean | undefined | readonly Plain[] | { readonly [key: string]: Plain };

/** Bytes with the largest unit that divides them. */
function sizeText(size: number): string {
  for (const [unit, unitBytes] of [
    ["GiB", gibBytes],
    ["MiB", mibBytes],
    ["KiB", kibBytes],
  ] as const) {
    if (size % unitBytes === 0) return `${size / unitBytes} ${unit}`;
  }
  return `${size} B`;
}

function timeText(ns: number): string {
  for (const [unit, unitNs] of [
    ["s", secNs],
    ["ms", msNs],
    ["us", usNs],
  ] as const) {
    if (ns % unitNs === 0) return `${ns / unitNs} ${unit}`;
  }
  return `${ns} ns`;
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0;
}

/** Ticks of the twin are all as long as the trace's usual one, to three digits. */
function usualTickNs({ tickNs }: VmMeasures): number {
  return Math.max(usNs, Math.round(Number(median(tickNs).toPrecision(3)) / usNs) * usNs);
}

/** The tick at which a straight line between two knots is farthest from the curve. */
function worstTick(
  curve: readonly number[],
  from: number,
  to: number,
): { readonly tick: number; readonly error: number } {
  let worst = { tick: from, error: 0 };
  for (let tick = from + 1; tick < to; tick++) {
    const line = curve[from]! + ((curve[to]! - curve[from]!) * (tick - from)) / (to - from);
    const error = Math.abs(curve[tick]! - line);
    if (error > worst.error) worst = { tick, error };
  }
  return worst;
}

/** New pages by the end of some of a phase's ticks, chosen so that straight lines between them are near to all others. */
function growthOf({ newPages }: PhaseMeasures): Plain {
  const curve = [0];
  for (const pages of newPages) curve.push(curve.at(-1)! + pages);
  const knots = [0, newPages.length];
  while (knots.length < maxKnots) {
    const gaps = knots.slice(1).map((to, index) => ({ index, ...worstTick(curve, knots[index]!, to) }));
    const worst = gaps.reduce((most, gap) => (gap.error > most.error ? gap : most));
    if (worst.error <= growthTolerance * curve.at(-1)!) break;
    knots.splice(worst.index + 1, 0, worst.tick);
  }
  return knots.map((tick) => [tick, curve[tick]!]);
}

function groupsOr(histogram: Histogram, otherwise: number): Plain {
  return histogram.size === 0 ? [[otherwise, otherwise, 1]] : groupValues(histogram, groupCount);
}

/** Ranks of values, those of equal ones in the middle. */
function ranksOf(values: readonly number[]): number[] {
  const sorted = [...values].sort((left, right) => left - right);
  const sums = new Map<number, { sum: number; count: number }>();
  for (const [rank, value] of sorted.entries()) {
    const found = sums.get(value) ?? { sum: 0, count: 0 };
    sums.set(value, { sum: found.sum + rank, count: found.count + 1 });
  }
  return values.map((value) => sums.get(value)!.sum / sums.get(value)!.count);
}

/** How much a busy tick is followed by a busy one: Spearman's correlation of neighbours. */
function tickCorrelation({ pages }: PhaseMeasures): number {
  if (pages.length < 3) return 0;
  const ranks = ranksOf(pages);
  const mean = (pages.length - 1) / 2;
  let [product, square] = [0, 0];
  for (const [index, rank] of ranks.entries()) {
    square += (rank - mean) ** 2;
    if (index > 0) product += (rank - mean) * (ranks[index - 1]! - mean);
  }
  if (square === 0) return 0;
  return Number(Math.min(0.99, Math.max(-0.99, product / square)).toFixed(3));
}

function fittedPhases(measures: VmMeasures, tickNs: number): Plain[] {
  return measures.phases
    .filter(({ tickCount }) => tickCount > 0)
    .map((phase) => ({
      for: timeText(phase.tickCount * tickNs),
      pages_per_tick: groupsOr(phase.pagesPerTick, 0),
      tick_correlation: tickCorrelation(phase),
      run_pages: groupsOr(phase.runPages, 1),
      ...(phase.ageTicks.size > 0 ? { age_ticks: groupValues(phase.ageTicks, groupCount) } : {}),
      new_pages: growthOf(phase),
    }));
}

/** Where each phase begins and ends on the twin's clock, whose ticks are all alike. */
function phaseWindows(measures: VmMeasures, tickNs: number): { readonly fromNs: number; readonly lengthNs: number }[] {
  let fromNs = 0;
  return measures.phases.map(({ tickCount }) => {
    const window = { fromNs, lengthNs: tickCount * tickNs };
    fromNs += window.lengthNs;
    return window;
  });
}

function streamGroups(histogram: Histogram, otherwise: number): Plain {
  return histogram.size === 0 ? [[otherwise, otherwise, 1]] : groupValues(histogram, streamGroupCount);
}

function roundRatio(part: number, whole: number): number {
  return whole === 0 ? 0 : Number((part / whole).toPrecision(4));
}

/** Names as a recipe needs them: not empty, not too long, none twice. */
function uniqueNames(names: readonly string[], otherwise: string): string[] {
  const taken = new Set<string>();
  return names.map((name, index) => {
    const own = name.slice(0, maxNameChars - 20) || otherwise;
    let unique = own;
    for (let turn = index; taken.has(unique); turn++) unique = `${own} (${turn})`;
    taken.add(unique);
    return unique;
  });
}

const protocolNames = new Map([
  [6, "tcp"],
  [17, "udp"],
]);

function requestStream(stream: StreamMeasures): Record<string, Plain> {
  return {
    arrival: { kind: "gaps", gap_us: streamGroups(stream.gapsUs, 1) },
    sizes: streamGroups(stream.bytes, 0),
    read_ratio: roundRatio(stream.reads, stream.events - stream.flushes),
    flush_ratio: roundRatio(stream.flushes, stream.events),
    latency: { groups_us: streamGroups(stream.latencyUs, 0) },
  };
}

function packetStream(stream: StreamMeasures): Record<string, Plain> {
  return {
    arrival: { kind: "gaps", gap_us: streamGroups(stream.gapsUs, 1) },
    sizes: streamGroups(stream.bytes, 1),
    rx_ratio: stream.key === 0 ? 1 : 0,
    protocol: protocolNames.get(mostCommon(stream.protocols) ?? 0) ?? "none",
    guest_port: mostCommon(stream.guestPorts) ?? 0,
    peer_port: mostCommon(stream.peerPorts) ?? 0,
    flows: 1,
    // The trace's own interrupts are fitted by themselves, and its pages hold what was received.
    interrupts: false,
    dma: false,
  };
}

function fittedDevices(
  { devices, requests, packets, interrupts }: DeviceMeasures,
  windows: readonly { readonly fromNs: number; readonly lengthNs: number }[],
): Plain[] {
  const kinds = traceSchema.deviceTable.columns[2].labels;
  const streamsOf = (
    streams: readonly StreamMeasures[],
    index: number,
    convert: (stream: StreamMeasures) => Record<string, Plain>,
  ): Plain[] =>
    streams
      .filter(({ deviceIndex, events }) => deviceIndex === index && events >= leastEvents)
      .filter(({ phaseIndex }) => windows[phaseIndex]!.lengthNs > 0)
      .sort((left, right) => right.events - left.events)
      .slice(0, maxStreams)
      .map((stream) => {
        const { fromNs, lengthNs } = windows[stream.phaseIndex]!;
        return { from: timeText(fromNs), for: timeText(lengthNs), ...convert(stream) };
      });
  const names = uniqueNames(
    devices.map(({ name }) => name),
    "device",
  );
  return devices.map(({ index, kind }, place) => ({
    name: names[place]!,
    kind: kinds[kind] ?? "other",
    // Pages that a device wrote are among those of the trace already.
    passed_through: true,
    requests: streamsOf(requests, index, requestStream),
    packets: streamsOf(packets, index, packetStream),
    interrupts: streamsOf(interrupts, index, (stream) => ({
      arrival: { kind: "gaps", gap_us: streamGroups(stream.gapsUs, 1) },
      vector: stream.key,
    })),
  }));
}

const folioNames = new Map([
  [9, "2 MiB"],
  [18, "1 GiB"],
]);

interface MeasuredVm {
  readonly name: string;
  readonly part: TracePart;
  readonly measures: VmMeasures;
}

function fitVm({ name, part, measures }: MeasuredVm, tickNs: number): Plain {
  const { vm, folder } = part;
  const phases = fittedPhases(measures, tickNs);
  const population = folder.sources.get(traceSchema.pagePopulationTable.name);
  const orders = new Map<number, number>();
  if (population && population.rows > 0) {
    for (const row of readRows(traceSchema.pagePopulationTable, population).slice(0, 100_000)) {
      const order = Number(row["order"] ?? 0);
      orders.set(order, (orders.get(order) ?? 0) + 1);
    }
  }
  return {
    name,
    guest_bytes: sizeText(Math.floor(vm.guestBytes / pageBytes) * pageBytes),
    vcpus: Math.max(1, vm.vcpuCount),
    folio: folioNames.get(mostCommon(orders) ?? 0) ?? "4 KiB",
    populated: orders.size > 0 ? "on-write" : "unsaid",
    ...(measures.presentPages > 0 ? { present: sizeText(measures.presentPages * pageBytes) } : {}),
    workloads: phases.length === 0 ? [] : [{ kind: "fitted", phases }],
    devices: fittedDevices(measureDevices(part, measures.phaseEndsNs), phaseWindows(measures, tickNs)),
  };
}

export interface FitOptions {
  readonly path: string;
  /** Only this VM of the trace. */
  readonly vm?: string;
  readonly seed?: number;
}

/** The trace's VMs, or the one that is asked for; their names in the recipe are unique, as a recipe needs. */
function checkedVms(path: string, only: string | undefined): { readonly vm: string | number; readonly name: string }[] {
  const [issue] = validateTrace(path);
  if (issue) {
    throw new FormatError(`${path}: table ${issue.table}, row ${issue.row ?? "?"}: ${issue.code}: ${issue.detail}`, {
      hint: "see all that is wrong with `luoscope inspect --check`; a recipe is fitted to sound traces only",
    });
  }
  if (only !== undefined) return [{ vm: only, name: only.slice(0, maxNameChars) || "vm" }];
  const source = openFolder("trace", path).sources.get(traceSchema.vmTable.name);
  if (source && source.rows > maxVms) throw new UsageError(`${path}: ${source.rows} VMs; at most ${maxVms} are fitted`);
  const rows = source ? readRows(traceSchema.vmTable, source) : [];
  const names = uniqueNames(
    rows.map((row) => String(row["name"])),
    "vm",
  );
  return names.map((name, vm) => ({ vm, name }));
}

/** Refuses VMs that were not read at one pace, as a recipe has one tick. */
function commonTickNs(path: string, vms: readonly MeasuredVm[]): number {
  // A VM that was never read has no pace.
  const read = vms.filter(({ measures }) => measures.tickNs.length > 0);
  const ticks = read.map(({ measures }) => usualTickNs(measures));
  const tickNs = ticks[0];
  if (tickNs === undefined) throw new UsageError(`${path}: the trace has no ticks to fit a recipe to`);
  const other = ticks.findIndex((ns) => Math.abs(ns - tickNs) > 0.1 * tickNs);
  if (other < 0) return tickNs;
  const { name } = read[other]!;
  throw new UsageError(`${path}: VM ${quote(name)} was read each ${ticks[other]} ns, the first one each ${tickNs} ns`, {
    hint: "fit one VM at a time (--vm)",
  });
}

/**
 * A recipe, as YAML, whose traces have the distributions of the given one.
 *
 * What     pages a tick, lengths of runs, ticks since a page was last written, and new pages over time, each by phase
 *          (from mark to mark); arrivals, sizes and latencies of devices
 * Errors   FormatError for a faulty trace; UsageError for one without ticks, or with several paces
 */
export function fitRecipe({ path, vm: only, seed = 1 }: FitOptions): string {
  const whole = { path, cut_from: 0, cut_for: undefined, stretch: 1, repeat: 1 };
  const vms = checkedVms(path, only).map(({ vm, name }) => {
    const part = new TracePart(path, { ...whole, vm }, 0);
    return { name, part, measures: measureVm(part) };
  });
  const tickNs = commonTickNs(path, vms);
  const traceName = openFolder("trace", path).header.name.slice(0, maxNameChars - 10);
  const tickCount = Math.max(...vms.map(({ measures }) => measures.tickNs.length));
  const marks = vms.flatMap(({ name, measures }) =>
    measures.marks.map((mark) => ({
      at: timeText(mark.tickCount * tickNs),
      vm: name,
      name: mark.name.slice(0, maxNameChars) || "mark",
    })),
  );
  return recipeText({
    version: 1,
    name: `${traceName}, twin`,
    description: `Fitted to ${traceName}: its distributions, by phase.`,
    seed,
    duration: timeText(tickCount * tickNs),
    tick: timeText(tickNs),
    vms: vms.map((vm) => fitVm(vm, tickNs)),
    marks,
  });
}

/** YAML with each distribution on a line of its own. */
function recipeText(recipe: Plain): string {
  const document = new Document(recipe);
  visit(document, {
    Seq: (_, node) => {
      const isGroups = node.items.every((item) => isSeq(item));
      const isNumbers = node.items.every((item) => typeof (item as { value?: unknown }).value === "number");
      if (isGroups || isNumbers) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}
