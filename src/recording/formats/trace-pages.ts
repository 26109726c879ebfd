import { callNs, Spans } from "./spans.ts";

/** What the kernel's own description of its events says of where their fields lie. */
interface Layout {
  readonly entryId: number;
  readonly exitId: number;
  readonly entryDepth: number;
  readonly exitDepth: number;
  /** Undefined where the kernel's exit does not hold both times. */
  readonly times: { readonly call: number; readonly ret: number } | undefined;
}

/** Types of a ring buffer's records beyond those that are their own length. linux-7.3 include/linux/ring_buffer.h */
const padding = 29;
const timeExtend = 30;
const timeStamp = 31;

const pageHeadBytes = 16;
const maxEvents = 20_000_000;
const maxDepth = 64;

function idOf(format: string): number {
  return Number(/^ID: (\d{1,6})$/m.exec(format)?.[1] ?? Number.NaN);
}

function offsetOf(format: string, name: string): number | undefined {
  const found = new RegExp(`[ *]${name};\\s{1,4}offset:(\\d{1,4});`).exec(format)?.[1];
  return found === undefined ? undefined : Number(found);
}

/** Undefined when the formats are not those of a function graph. */
function parseLayout(entry: string, exit: string): Layout | undefined {
  const [entryDepth, exitDepth] = [offsetOf(entry, "depth"), offsetOf(exit, "depth")];
  const [entryId, exitId] = [idOf(entry), idOf(exit)];
  if (entryDepth === undefined || exitDepth === undefined || !(entryId >= 0) || !(exitId >= 0)) return undefined;
  const [call, ret] = [offsetOf(exit, "calltime"), offsetOf(exit, "rettime")];
  const times = call === undefined || ret === undefined ? undefined : { call, ret };
  return { entryId, exitId, entryDepth, exitDepth, times };
}

/** Names by the lower half of a function's address; the upper is the same for all of a kernel's functions. */
function parseFunctions(text: string): ReadonlyMap<number, string> {
  const names = new Map<number, string>();
  for (const line of text.split("\n")) {
    const match = /^[0-9a-f]{8}([0-9a-f]{8}) (\S{1,128})/.exec(line);
    if (match) names.set(Number.parseInt(match[1]!, 16), match[2]!);
  }
  return names;
}

interface GraphEvent {
  readonly ns: number;
  readonly pid: number;
  readonly depth: number;
  readonly name: string;
  /** Undefined: a beginning. NaN: an end of unknown length. */
  readonly durationNs?: number;
}

function readU64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at);
}

/** Reads one CPU's pages of a trace buffer, as trace_pipe_raw gives them, of a little-endian 64-bit kernel. */
class PageReader {
  readonly events: GraphEvent[] = [];
  lostPages = 0;
  damagedPages = 0;
  readonly #layout: Layout;
  readonly #names: ReadonlyMap<number, string>;

  constructor(layout: Layout, names: ReadonlyMap<number, string>) {
    this.#layout = layout;
    this.#names = names;
  }

  add(bytes: Buffer, pageBytes: number): void {
    for (let page = 0; page + pageHeadBytes <= bytes.length; page += pageBytes) {
      this.#addPage(bytes.subarray(page, page + pageBytes));
    }
  }

  #addPage(page: Buffer): void {
    let ns = readU64(page, 0);
    const commit = page.readUInt32LE(8);
    // The upper bits say that events were lost before this page.
    if (commit >= 2 ** 30) this.lostPages++;
    const end = pageHeadBytes + (commit & 0xfffff);
    if (end > page.length) {
      this.damagedPages++;
      return;
    }
    for (let at = pageHeadBytes; at + 4 <= end;) {
      const head = page.readUInt32LE(at);
      const [type, delta] = [head & 31, head >>> 5];
      const hasWord = type === 0 || type >= padding;
      if ((type === padding && delta === 0) || (hasWord && at + 8 > end)) return;
      const word = hasWord ? page.readUInt32LE(at + 4) : 0;
      ns = type === timeStamp ? delta + word * 2 ** 27 : ns + delta + (type === timeExtend ? word * 2 ** 27 : 0);
      if (type === timeExtend || type === timeStamp) at += 8;
      else if (type === padding) at += 4 + word;
      else {
        const [start, length] = type === 0 ? [at + 8, Math.max(4, word) - 4] : [at + 4, type * 4];
        if (start + length > end || this.events.length === maxEvents) return;
        this.#addEvent(page.subarray(start, start + length), ns);
        at += 4 + (type === 0 ? Math.ceil(Math.max(4, word) / 4) * 4 : type * 4);
      }
    }
  }

  #addEvent(event: Buffer, ns: number): void {
    const { entryId, exitId, entryDepth, exitDepth, times } = this.#layout;
    if (event.length < 16 || !Number.isSafeInteger(ns)) return;
    const id = event.readUInt16LE(0);
    const isExit = id === exitId;
    if (id !== entryId && !isExit) return;
    const depthAt = isExit ? exitDepth : entryDepth;
    if (depthAt + 4 > event.length) return;
    const depth = event.readUInt32LE(depthAt);
    if (depth >= maxDepth) return;
    const address = event.readUInt32LE(8);
    const name = this.#names.get(address) ?? `0x${address.toString(16)}`;
    const common = { ns, pid: event.readInt32LE(4), depth, name };
    if (!isExit) this.events.push(common);
    else {
      const hasTimes = times && Math.max(times.call, times.ret) + 8 <= event.length;
      const durationNs = hasTimes ? readU64(event, times.ret) - readU64(event, times.call) : Number.NaN;
      this.events.push({ ...common, durationNs: callNs(durationNs) });
    }
  }
}

export interface TracePages {
  readonly entryFormat: string;
  readonly exitFormat: string;
  readonly functions: string;
  readonly pageBytes: number;
  /** One buffer a CPU. */
  readonly cpus: readonly Buffer[];
}

export interface PagesResult {
  readonly spans: Spans;
  readonly damagedPages: number;
  readonly lostPages: number;
}

/** Calls in the pages of a trace buffer; undefined when its formats are not known ones. Line numbers count events. */
export function readTracePages({
  entryFormat,
  exitFormat,
  functions,
  pageBytes,
  cpus,
}: TracePages): PagesResult | undefined {
  const layout = parseLayout(entryFormat, exitFormat);
  if (!layout || !(pageBytes >= 4096 && pageBytes <= 2 ** 20)) return undefined;
  const reader = new PageReader(layout, parseFunctions(functions));
  for (const cpu of cpus) reader.add(cpu, pageBytes);
  const { damagedPages, lostPages } = reader;
  return { spans: pairEvents(reader.events), damagedPages, lostPages };
}

/** A task may go on on another CPU, so beginnings and ends are paired by task once all CPUs are read. */
function pairEvents(events: readonly GraphEvent[]): Spans {
  const spans = new Spans();
  const stacks = new Map<number, Int32Array>();
  const sorted = [...events].sort((left, right) => left.ns - right.ns);
  const intern = (name: string): number => {
    const bytes = Buffer.from(name, "latin1");
    return spans.names.intern(bytes, 0, bytes.length);
  };
  for (const [line, { ns, pid, depth, name, durationNs }] of sorted.entries()) {
    let stack = stacks.get(pid);
    if (!stack) stacks.set(pid, (stack = new Int32Array(maxDepth)));
    const nameId = intern(name);
    const open = stack[depth]! - 1;
    if (durationNs === undefined) {
      const index = spans.push(nameId, pid, depth, line + 1);
      spans.startNs[index] = ns;
      spans.durationNs[index] = Number.NaN;
      stack[depth] = index + 1;
      continue;
    }
    stack[depth] = 0;
    const isOwn = open >= 0 && spans.nameIds[open] === nameId;
    const index = isOwn ? open : spans.push(nameId, pid, depth, line + 1);
    const lengthNs = Number.isNaN(durationNs) && isOwn ? callNs(ns - spans.startNs[index]!) : durationNs;
    if (!isOwn) spans.startNs[index] = ns - lengthNs;
    spans.durationNs[index] = lengthNs;
  }
  return spans;
}
