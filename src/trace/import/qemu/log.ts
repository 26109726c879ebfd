/**
 * Importer for the text that QEMU's `log` trace backend writes (docs/devel/tracing of QEMU, `-trace` with `-D` and
 * `-msg timestamp=on`): `pid@sec.usec:event arguments`, where "pid" is the thread's; newer versions write
 * `time program: (thread:name): event arguments` with an ISO time. Other lines may stand between.
 *
 * Clock    gettimeofday of the host, so realtime
 * Limits   without `-msg timestamp=on` the lines have no time and are refused. Arguments are known by name; what is
 *          formatted otherwise than QEMU 7.2 and 10.0 do stays an event with its text
 */
import { FormatError } from "../../../base/index.ts";
import { type InputFile, headText, listInputs } from "../../source/input.ts";
import { LineScanner, scanLines } from "../../source/line-scanner.ts";
import { showPath } from "../../text.ts";
import { NamedRows } from "../catalogue.ts";
import type { ClockStart, SourceClock } from "../clock.ts";
import { isoTime } from "../dates.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "../importer.ts";
import { TextArguments } from "./arguments.ts";
import { QemuEvents } from "./events.ts";

const at = 64;
const colon = 58;
const space = 32;
const openParenthesis = 40;
const closeParenthesis = 41;
const openBracket = 91;
const closeBracket = 93;
const underscore = 95;

/** Lines of the head that a claim looks at. */
const claimLines = 200;
const oldLine = /^\d+@\d+\.\d{6}:[a-z_]\w*( |$)/;
const newLine = /^\d{4}-\d\d-\d\dT[\d:.]+Z (\[[^\]]*\] )?\S+: \(\d+:[^)]*\): /;
/** Events that people trace, without a time before them. */
const untimedLine =
  /^(virtio|virtqueue|pci_nvme|nvme|memory_region|apic|migrate|migration|savevm|loadvm|qemu_loadvm|vmstate|bdrv|blk|scsi|e1000e?|kvm|dma|msix|pci_cfg|qmp|ram)_\w+(?: (?!\d+\.\d+ pid=)|$)/;

const dropped = {
  "untimed-lines-dropped": "lines without a time, as of other messages",
  "blank-lines-dropped": "blank lines",
} as const;
type DropCode = keyof typeof dropped;

/** What a line is, once its prefix was read; the scanner then stands at the event's name. */
type LineKind = "event" | "message" | "untimed";

/** Reads a line's time and thread; the thread's bounds are left in the scanner's word. */
function readPrefix(scanner: LineScanner): LineKind {
  scanner.wordStart = scanner.wordEnd = scanner.at;
  if (scanner.whole() && scanner.take(at)) {
    const end = scanner.at - 1;
    if (!scanner.seconds() || !scanner.take(colon) || !isName(scanner)) return "untimed";
    scanner.wordStart = scanner.start;
    scanner.wordEnd = end;
    return "event";
  }
  scanner.at = scanner.start;
  if (!isoTime(scanner) || !scanner.take(space)) return "untimed";
  const isThread = readThread(scanner);
  return isThread && isName(scanner) ? "event" : "message";
}

/** Takes `[guest] program: (thread:name): ` where it is there. */
function readThread(scanner: LineScanner): boolean {
  const { bytes } = scanner;
  const from = scanner.at;
  if (scanner.take(openBracket) && !(scanner.until(closeBracket) && scanner.take(space))) scanner.at = from;
  if (bytes[scanner.at] !== openParenthesis && !(scanner.until(colon) && scanner.take(space))) scanner.at = from;
  const isThread = scanner.take(openParenthesis) && scanner.until(closeParenthesis) && scanner.takeText(": ");
  if (!isThread) {
    scanner.at = from;
    scanner.wordStart = scanner.wordEnd = from;
  }
  return isThread;
}

/** Whether the next word is an event's name: small letters, digits and underscores, of these at least one. */
function isName({ bytes, at: start, end }: LineScanner): boolean {
  let underscores = 0;
  let offset = start;
  for (; offset < end && bytes[offset] !== space; offset++) {
    const byte = bytes[offset]!;
    if (byte === underscore) underscores++;
    else if (!((byte >= 97 && byte <= 122) || (byte >= 48 && byte <= 57) || (byte >= 65 && byte <= 90))) return false;
  }
  return underscores > 0 && offset > start;
}

class LogLines {
  readonly #clock: SourceClock;
  readonly #events: QemuEvents;
  readonly #kinds: NamedRows;
  readonly #messages: NamedRows;
  readonly #tasks: NamedRows;
  readonly #args = new TextArguments();
  readonly #detail: { bytes: Uint8Array; start: number; end: number } = { bytes: new Uint8Array(0), start: 0, end: 0 };
  readonly #dropped = new Map<DropCode, number>();
  keptRows = 0;

  constructor(file: InputFile, context: ImportContext) {
    this.#clock = context.clock(file);
    const events = new QemuEvents(context, file.name.replace(/(\.log)?(\.(gz|xz|zst))?$/, ""));
    this.#events = events;
    this.#kinds = new NamedRows((name) => events.kind(name));
    this.#messages = new NamedRows(() => events.kind("message"));
    this.#tasks = new NamedRows((thread) => {
      const [, id, name] = /^(\d{1,10})(?::(.*))?$/s.exec(thread) ?? [];
      const threadId = id !== undefined && Number(id) < 2 ** 32 ? Number(id) : null;
      return context.catalogue.task(name ?? (thread === "" ? "qemu" : `thread ${thread}`), threadId, null);
    });
  }

  readonly readLine = (scanner: LineScanner): void => {
    if (scanner.end === scanner.start) return this.#drop("blank-lines-dropped");
    const kind = readPrefix(scanner);
    if (kind === "untimed") return this.#drop("untimed-lines-dropped");
    const { bytes, wordStart, wordEnd, at: nameStart, end } = scanner;
    const place = this.#events.place;
    place.ns = this.#clock.toNs(scanner.second, scanner.nanosecond, scanner.line);
    place.row = scanner.line;
    const task = this.#tasks.index(bytes, wordStart, wordEnd);
    place.thread = task;
    const detail = this.#detail;
    detail.bytes = bytes;
    detail.start = nameStart;
    detail.end = end;
    this.keptRows++;
    if (kind === "message") {
      this.#args.set(bytes, end, end);
      this.#events.take(this.#messages.index(bytes, end, end), task, this.#args, detail);
      return;
    }
    let nameEnd = nameStart;
    while (nameEnd < end && bytes[nameEnd] !== space) nameEnd++;
    detail.start = Math.min(nameEnd + 1, end);
    while (detail.end > detail.start && bytes[detail.end - 1] === space) detail.end--;
    this.#args.set(bytes, detail.start, detail.end);
    this.#events.take(this.#kinds.index(bytes, nameStart, nameEnd), task, this.#args, detail);
  };

  #drop(code: DropCode): void {
    this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + 1);
  }

  end(file: InputFile, rows: number): { readonly source: SourceReport; readonly spanNs: number } {
    this.#events.end();
    const drops = [...this.#dropped].map(([code, count]) => ({ code, rows: count, detail: dropped[code] }));
    return {
      source: { file: file.name, rows, kept_rows: this.keptRows, dropped: drops },
      spanNs: this.#clock.highestNs,
    };
  }
}

function refuseUntimed(file: InputFile): never {
  throw new FormatError(
    `${showPath(file.path)}: expected times, as 1234@1795661644.089190:event, found lines without any`,
    {
      hint: "run QEMU with -msg timestamp=on, so that its log holds times",
    },
  );
}

function confidenceOf(file: InputFile): number {
  const lines = headText(file)
    .split("\n", claimLines)
    .filter((line) => line !== "" && line !== "\r");
  const timed = lines.filter((line) => oldLine.test(line) || newLine.test(line)).length;
  if (timed > 0 && timed * 5 >= lines.length) return 0.95;
  const untimed = lines.filter((line) => untimedLine.test(line)).length;
  return untimed >= 3 && untimed * 5 >= lines.length * 4 ? 0.6 : 0;
}

function startOf(file: InputFile): ClockStart | undefined {
  const scanner = new LineScanner(file);
  const lastLine = file.head.lastIndexOf(10) + 1;
  scanner.load(Buffer.from(file.head.buffer, file.head.byteOffset, lastLine));
  let start: ClockStart | undefined;
  while (scanner.nextLine()) {
    if (readPrefix(scanner) === "untimed") continue;
    const { second, nanosecond } = scanner;
    const isEarlier = !start || second < start.second || (second === start.second && nanosecond < start.nanosecond);
    if (isEarlier) start = { clock: "realtime", second, nanosecond };
  }
  return start;
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  if (files.length === 0) throw new FormatError(`expected a log of QEMU, found ${listInputs(files)}`);
  const sources: SourceReport[] = [];
  let spanNs = 0;
  for (const file of files) {
    const lines = new LogLines(file, context);
    const rows = await scanLines(file, context.reader, lines.readLine);
    if (lines.keptRows === 0) refuseUntimed(file);
    const end = lines.end(file, rows);
    sources.push(end.source);
    spanNs = Math.max(spanNs, end.spanNs);
  }
  return {
    name: files[0]!.name.replace(/(\.log)?(\.(gz|xz|zst))?$/, ""),
    source: "trace events of QEMU, as its log backend writes them",
    licence: "unknown",
    clock: "realtime of the host, in steps of 1 us",
    spanNs,
    sources,
  };
}

export const qemuLog: Importer = {
  name: "qemu-log",
  version: 1,
  doc: "QEMU's trace events as its log backend writes them: pid@sec.usec:event arguments",
  claim: (files) => claimEach(files, confidenceOf),
  startOf,
  run,
};
