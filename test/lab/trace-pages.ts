// Pages of a kernel trace buffer, as per_cpu/cpuN/trace_pipe_raw gives them, from a little-endian 64-bit kernel. Tests read
// them with this, which shares nothing with the reader in src.

/** Where the fields of the three events lie, from events/ftrace/<event>/format. */
export interface TraceFormats {
  readonly entry: { readonly id: number; readonly depth: number };
  readonly exit: { readonly id: number; readonly depth: number; readonly calltime: number; readonly rettime: number };
  readonly mark: { readonly id: number; readonly text: number };
}

export type TraceEvent =
  | { readonly kind: "enter"; readonly ns: number; readonly pid: number; readonly depth: number; readonly name: string }
  | {
      readonly kind: "leave";
      readonly ns: number;
      readonly pid: number;
      readonly depth: number;
      readonly name: string;
      /** From the call to the return, by the tracer's own two readings. */
      readonly durationNs: number;
    }
  | { readonly kind: "mark"; readonly ns: number; readonly pid: number; readonly text: string };

function field(format: string, name: string): number {
  const found = new RegExp(`[ \\]*]${name}(?:\\[\\])?;\\s+offset:(\\d+);`).exec(format);
  if (found === null) throw new Error(`a trace format has no field ${name}`);
  return Number(found[1]);
}

const idOf = (format: string): number => Number(/^ID: (\d+)$/m.exec(format)?.[1]);

export function parseFormats(texts: { entry: string; exit: string; print: string }): TraceFormats {
  const { entry, exit, print } = texts;
  return {
    entry: { id: idOf(entry), depth: field(entry, "depth") },
    exit: {
      id: idOf(exit),
      depth: field(exit, "depth"),
      calltime: field(exit, "calltime"),
      rettime: field(exit, "rettime"),
    },
    mark: { id: idOf(print), text: field(print, "buf") },
  };
}

/** Names by address, from lines "address name". */
export function parseFunctions(text: string): Map<bigint, string> {
  const lines = text.split("\n").filter((line) => line !== "");
  return new Map(lines.map((line) => [BigInt(`0x${line.split(" ")[0]!}`), line.split(" ")[1]!]));
}

const padding = 29;
const timeExtend = 30;
const timeStamp = 31;

/** Every event of one CPU's pages. Times are ns of the clock that the buffer had. */
export function* readTracePages(
  bytes: Uint8Array,
  options: { formats: TraceFormats; functions: ReadonlyMap<bigint, string>; pageBytes: number },
): Generator<TraceEvent> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let page = 0; page + options.pageBytes <= bytes.byteLength; page += options.pageBytes) {
    let ns = Number(view.getBigUint64(page, true));
    // The upper bits say that events were lost before this page.
    const end = page + 16 + (view.getUint32(page + 8, true) & 0xfffff);
    for (let at = page + 16; at < end;) {
      const head = view.getUint32(at, true);
      const type = head & 31;
      const delta = head >>> 5;
      const next = type === timeExtend || type === timeStamp || type === padding || type === 0 ? word(at + 4) : 0;
      if (type === padding && delta === 0) break;
      if (type === padding) at += 4 + next;
      else if (type === timeExtend) ns += delta + next * 2 ** 27;
      else if (type === timeStamp) ns = delta + next * 2 ** 27;
      else ns += delta;
      if (type === timeExtend || type === timeStamp) at += 8;
      if (type >= padding) continue;
      const event = readEvent(view, type === 0 ? at + 8 : at + 4, ns, options);
      if (event !== null) yield event;
      at += 4 + (type === 0 ? (next + 3) & ~3 : type * 4);
    }
  }

  function word(at: number): number {
    return view.getUint32(at, true);
  }
}

function readEvent(
  view: DataView,
  at: number,
  ns: number,
  { formats, functions }: { formats: TraceFormats; functions: ReadonlyMap<bigint, string> },
): TraceEvent | null {
  const id = view.getUint16(at, true);
  const pid = view.getInt32(at + 4, true);
  const nameOf = (): string => {
    const address = view.getBigUint64(at + 8, true);
    return functions.get(address) ?? `0x${address.toString(16)}`;
  };
  if (id === formats.entry.id) {
    return { kind: "enter", ns, pid, depth: view.getUint32(at + formats.entry.depth, true), name: nameOf() };
  }
  if (id === formats.exit.id) {
    const call = view.getBigUint64(at + formats.exit.calltime, true);
    const durationNs = Number(view.getBigUint64(at + formats.exit.rettime, true) - call);
    return { kind: "leave", ns, pid, depth: view.getUint32(at + formats.exit.depth, true), name: nameOf(), durationNs };
  }
  if (id !== formats.mark.id) return null;
  const text = new Uint8Array(view.buffer, view.byteOffset + at + formats.mark.text);
  const length = text.findIndex((byte) => byte === 0 || byte === 10);
  return { kind: "mark", ns, pid, text: new TextDecoder().decode(text.subarray(0, length)) };
}
