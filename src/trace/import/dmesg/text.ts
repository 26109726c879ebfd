import { secNs } from "../../../base/index.ts";
import type { InputFile } from "../../source/input.ts";
import { type LineScanner, scanLines } from "../../source/line-scanner.ts";
import type { Moment, SourceClock } from "../clock.ts";
import type { DroppedRows, ImportContext, SourceReport } from "../importer.ts";
import { isBanner, journalParts, type MessagePlace, Messages } from "./messages.ts";
import { Prefix } from "./prefix.ts";

const space = 32;
const tab = 9;

const reasons = {
  "untimed-lines-dropped": "lines without a time, as programs write them to a console",
  "blank-lines-dropped": "blank lines",
} as const;
type DropCode = keyof typeof reasons;

const kernelName = Buffer.from("kernel");

function later({ second, nanosecond }: Moment, other: Moment): Moment {
  const sum = nanosecond + other.nanosecond;
  return { second: second + other.second + (sum >= secNs ? 1 : 0), nanosecond: sum % secNs };
}

function isBefore(one: Moment, other: Moment): boolean {
  return one.second < other.second || (one.second === other.second && one.nanosecond < other.nanosecond);
}

/** Times of kernels one behind the other: each begins its clock anew, and stands behind the last of the one before. */
export class KernelTimes {
  readonly #clock: SourceClock;
  readonly #file: InputFile;
  readonly #context: ImportContext;
  #base: Moment = { second: 0, nanosecond: 0 };
  /** The latest time of the kernel under way, by its own clock. */
  readonly #last = { second: 0, nanosecond: 0 };
  banners = 0;

  constructor(file: InputFile, context: ImportContext) {
    this.#clock = context.clock(file);
    this.#file = file;
    this.#context = context;
  }

  get highestNs(): number {
    return this.#clock.highestNs;
  }

  /** ns of a kernel's own time; a banner at an earlier time than the last begins another kernel. */
  toNs(moment: Moment, row: number, isBanner: boolean): number {
    if (isBanner) {
      this.banners++;
      if (isBefore(moment, this.#last)) {
        this.#base = later(this.#base, this.#last);
        this.#setLast(moment);
        this.#context.warnings.addRow(
          "clock-restarted",
          row,
          `${this.#file.name}: another kernel begins, and its clock with it: its times go on from the last of the one before; how long the change took is unknown`,
        );
      }
    }
    if (isBefore(this.#last, moment)) this.#setLast(moment);
    let second = this.#base.second + moment.second;
    let nanosecond = this.#base.nanosecond + moment.nanosecond;
    if (nanosecond >= secNs) {
      second++;
      nanosecond -= secNs;
    }
    return this.#clock.toNs(second, nanosecond, row);
  }

  #setLast({ second, nanosecond }: Moment): void {
    this.#last.second = second;
    this.#last.nanosecond = nanosecond;
  }

  /** ns of a time that is on a calendar, and goes on through every boot. */
  dateToNs({ second, nanosecond }: Moment, row: number): number {
    return this.#clock.toNs(second, nanosecond, row);
  }

  /** ns of a time that counts from the line before. */
  stepToNs(step: Moment, row: number): number {
    this.#setLast(later(this.#last, step));
    return this.#clock.toNs(this.#last.second, this.#last.nanosecond, row);
  }
}

/** Lines of dmesg, a console, /dev/kmsg or the journal. */
export class DmesgLines {
  readonly #file: InputFile;
  readonly #context: ImportContext;
  readonly #isJournal: boolean;
  readonly #messages: Messages;
  readonly #times: KernelTimes;
  readonly #prefix = new Prefix();
  readonly #dropped = new Map<DropCode, number>();
  readonly #place: MessagePlace = { ns: 0, threadId: -1, cpu: -1 };
  #lastNs = 0;
  #prefixBytes = 0;
  #leveledRows = 0;
  #localRows = 0;
  keptRows = 0;
  /** Rows whose time is to the minute only. */
  vagueRows = 0;

  constructor(file: InputFile, context: ImportContext, isJournal: boolean) {
    this.#file = file;
    this.#context = context;
    this.#isJournal = isJournal;
    this.#messages = new Messages(context);
    this.#times = new KernelTimes(file, context);
  }

  get banners(): number {
    return this.#times.banners;
  }

  readonly readLine = (scanner: LineScanner): void => {
    const { bytes, start, end } = scanner;
    if (end === start) return this.#drop("blank-lines-dropped");
    if (this.#isFurther(scanner)) {
      if (!this.#messages.goOn(bytes, start + this.#prefixBytes, end)) this.#drop("untimed-lines-dropped");
      else this.keptRows++;
      return;
    }
    const kind = this.#prefix.read(scanner);
    if (kind === "none" || kind === "minute") {
      if (kind === "minute") this.vagueRows++;
      return this.#drop("untimed-lines-dropped");
    }
    if (this.#prefix.hasLevel) this.#leveledRows++;
    const { at, line } = scanner;
    const parts = this.#isJournal ? journalParts(bytes, at, end) : undefined;
    const isKernel = !parts || bytes.compare(kernelName, 0, kernelName.length, parts.nameStart, parts.nameEnd) === 0;
    const textStart = parts ? parts.start : at;
    const place = this.#place;
    if (kind === "boot") place.ns = this.#times.toNs(scanner, line, isKernel && isBanner(bytes, textStart, end));
    else if (kind === "delta") place.ns = this.#times.stepToNs(scanner, line);
    else place.ns = this.#times.dateToNs(scanner, line);
    if (kind === "local") this.#localRows++;
    this.#watchOrder(place.ns, line);
    place.threadId = this.#prefix.threadId;
    place.cpu = this.#prefix.cpu;
    this.#prefixBytes = bytes[at - 1] === space ? at - start : 1;
    this.keptRows++;
    if (isKernel) this.#messages.take(place, bytes, textStart, end);
    else this.#messages.takeOfProgram(place, bytes, parts);
  };

  /** dmesg puts the further lines of a message under its first: behind as many spaces as stood before its text. */
  #isFurther({ bytes, start, end }: LineScanner): boolean {
    if (this.#prefixBytes === 0 || bytes[start] !== space || end - start < this.#prefixBytes) return false;
    for (let at = start; at < start + this.#prefixBytes; at++) {
      if (bytes[at] !== space && bytes[at] !== tab) return false;
    }
    return true;
  }

  #watchOrder(ns: number, line: number): void {
    if (ns < this.#lastNs) {
      this.#context.warnings.addRow(
        "rows-reordered",
        line,
        `${this.#file.name}: messages that stand behind later ones, put in their order`,
      );
    } else {
      this.#lastNs = ns;
    }
  }

  #drop(code: DropCode): void {
    this.#dropped.set(code, (this.#dropped.get(code) ?? 0) + 1);
  }

  end(rows: number): { readonly source: SourceReport; readonly spanNs: number } {
    this.#messages.close();
    const { warnings } = this.#context;
    if (this.#leveledRows > 0) {
      warnings.add("columns-dropped", 1, `${this.#file.name}: no place in the format: facility and level of messages`);
    }
    if (this.#localRows > 0) {
      warnings.add(
        "time-zone-assumed",
        this.#localRows,
        `${this.#file.name}: dates without a zone, to the second: taken as UTC`,
      );
    }
    const dropped: DroppedRows[] = [...this.#dropped].map(([code, count]) => ({
      code,
      rows: count,
      detail: reasons[code],
    }));
    return {
      source: { file: this.#file.name, rows, kept_rows: this.keptRows, dropped },
      spanNs: this.#times.highestNs,
    };
  }
}

/** Reads messages from text. */
export async function readDmesgText(file: InputFile, context: ImportContext, isJournal: boolean) {
  const lines = new DmesgLines(file, context, isJournal);
  const rows = await scanLines(file, context.reader, lines.readLine);
  const { keptRows, vagueRows, banners } = lines;
  return { ...lines.end(rows), keptRows, vagueRows, banners };
}
