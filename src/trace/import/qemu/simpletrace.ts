/**
 * Importer for the binary traces of QEMU's `simple` trace backend (docs/devel/tracing of QEMU), version 4: records that
 * name an event's number, and events with time, process and arguments of eight bytes or text. What the arguments are stands
 * in the list of events that QEMU was built with (`trace-events-all`), which is to be imported together with the trace.
 *
 * Clock    ns of the host's CLOCK_MONOTONIC
 * Limits   versions 0 to 3 (QEMU before 2.0) are refused; without the list arguments are words in hexadecimal, and nothing
 *          but events comes of them
 */
import { FormatError } from "../../../base/index.ts";
import { type InputFile, headText, listInputs } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";
import type { ClockStart, SourceClock } from "../clock.ts";
import type { Claim, ImportContext, Importer, ImportFacts, SourceReport } from "../importer.ts";
import { RecordArguments } from "./record-arguments.ts";
import { QemuEvents } from "./events.ts";
import { byteOrderOf, type EventRecord, readRecords } from "./simpletrace-records.ts";
import { type EventArgument, eventLine, readTraceEvents } from "./trace-events.ts";

const lossName = "events lost";
const lossArguments: readonly EventArgument[] = [{ name: "count", isText: false }];

interface Kind {
  readonly number: number;
  readonly arguments: readonly EventArgument[] | undefined;
}

class Records {
  readonly #file: InputFile;
  readonly #context: ImportContext;
  readonly #clock: SourceClock;
  readonly #events: QemuEvents;
  readonly #listed: ReadonlyMap<string, readonly EventArgument[]>;
  readonly #kinds = new Map<string, Kind>();
  readonly #tasks = new Map<number, number>();
  readonly #args = new RecordArguments();
  #lost = 0;
  rows = 0;

  constructor(file: InputFile, context: ImportContext, listed: ReadonlyMap<string, readonly EventArgument[]>) {
    this.#file = file;
    this.#context = context;
    this.#clock = context.clock(file);
    this.#listed = listed;
    this.#events = new QemuEvents(context, nameOf(file));
  }

  readonly readEvent = (record: EventRecord, isLittle: boolean): void => {
    this.rows++;
    const kind = this.#kind(record.name ?? lossName);
    const args = this.#args;
    args.set(record, isLittle, kind.arguments);
    const { warnings } = this.#context;
    if (kind.arguments === undefined) {
      warnings.addRow(
        "argument-types-unknown",
        this.rows,
        `${this.#file.name}: arguments that no list of events explains, kept as words; import QEMU's trace-events-all with the trace`,
      );
    } else if (!args.isExplained) {
      warnings.addRow(
        "argument-types-differ",
        this.rows,
        `${this.#file.name}: arguments that are not as the list of events says, kept as words; it is of another QEMU`,
      );
    }
    if (record.name === undefined) this.#lost += args.whole("count") ?? 1;
    const { place } = this.#events;
    place.ns = this.#clock.toNs(record.second, record.nanosecond, this.rows);
    place.row = this.rows;
    place.thread = record.process;
    this.#events.take(kind.number, this.#task(record.process), args, args.detail);
  };

  #kind(name: string): Kind {
    const known = this.#kinds.get(name);
    if (known) return known;
    const listed = name === lossName ? lossArguments : this.#listed.get(name);
    const kind = { number: this.#events.kind(name), arguments: listed };
    this.#kinds.set(name, kind);
    return kind;
  }

  #task(process: number): number {
    const known = this.#tasks.get(process);
    if (known !== undefined) return known;
    const index = this.#context.catalogue.task("qemu", null, process);
    this.#tasks.set(process, index);
    return index;
  }

  end(): { readonly source: SourceReport; readonly spanNs: number } {
    this.#events.end();
    if (this.#lost > 0) {
      this.#context.warnings.add(
        "events-lost",
        this.#lost,
        `${this.#file.name}: events that QEMU could not write in time`,
      );
    }
    return {
      source: { file: this.#file.name, rows: this.rows, kept_rows: this.rows, dropped: [] },
      spanNs: this.#clock.highestNs,
    };
  }
}

function nameOf(file: InputFile): string {
  return file.name.replace(/(\.simpletrace)?(\.(gz|xz|zst))?$/, "");
}

const isTrace = (file: InputFile) => byteOrderOf(file.head) !== undefined;

function isList(file: InputFile): boolean {
  const lines = headText(file)
    .split("\n", 400)
    .filter((line) => line.trim() !== "" && !line.startsWith("#"));
  return lines.length > 0 && lines.filter((line) => eventLine.test(line)).length * 5 >= lines.length * 4;
}

/** A list alone is no recording. */
function claim(files: readonly InputFile[]): Claim {
  const traces = files.filter(isTrace);
  if (traces.length === 0) return { files: [], confidence: 0 };
  return { files: [...traces, ...files.filter((file) => !isTrace(file) && isList(file))], confidence: 1 };
}

/** QEMU names all its events before the first one happens, so that the first time lies far behind the head. */
async function startOf(file: InputFile, reader: InputReader): Promise<ClockStart | undefined> {
  // A list has no times, so it is never what begins first.
  if (!isTrace(file)) return { clock: "monotonic", second: Number.MAX_SAFE_INTEGER, nanosecond: 0 };
  let start: ClockStart | undefined;
  try {
    await readRecords(
      file,
      reader,
      ({ second, nanosecond }) => {
        const isEarlier = !start || second < start.second || (second === start.second && nanosecond < start.nanosecond);
        if (isEarlier) start = { clock: "monotonic", second, nanosecond };
      },
      () => start !== undefined,
    );
  } catch (error) {
    // `run` meets the same, and says where.
    if (!(error instanceof FormatError)) throw error;
  }
  return start ?? { clock: "monotonic", second: 0, nanosecond: 0 };
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const traces = files.filter(isTrace);
  if (traces.length === 0) throw new FormatError(`expected a binary trace of QEMU, found ${listInputs(files)}`);
  const listed = new Map<string, readonly EventArgument[]>();
  const sources: SourceReport[] = [];
  for (const file of files) {
    if (isTrace(file)) continue;
    const events = await readTraceEvents(file, context.reader);
    for (const [name, args] of events) listed.set(name, args);
    sources.push({ file: file.name, rows: events.size, kept_rows: events.size, dropped: [] });
  }
  let spanNs = 0;
  for (const file of traces) {
    const records = new Records(file, context, listed);
    await readRecords(file, context.reader, records.readEvent);
    const end = records.end();
    sources.push(end.source);
    spanNs = Math.max(spanNs, end.spanNs);
  }
  return {
    name: nameOf(traces[0]!),
    source: "trace events of QEMU, as its simple backend writes them",
    licence: "unknown",
    clock: "CLOCK_MONOTONIC of the host, in ns",
    spanNs,
    sources,
  };
}

export const qemuSimpletrace: Importer = {
  name: "qemu-simpletrace",
  version: 1,
  doc: "QEMU's trace events as its simple backend writes them, with the list of events (trace-events-all)",
  claim,
  startOf,
  run,
};
