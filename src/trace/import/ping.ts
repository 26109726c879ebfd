/**
 * Importer for what `ping -D` of iputils prints: a line an answer, with the moment of its arrival and how long it took.
 *
 * Source   iputils 20221126, ping/ping.c and ping/ping_common.c (gather_statistics, print_timestamp, finish)
 * Not supported: logs without -D, which say no time; ping of other families, whose lines differ.
 *
 * A probe was sent when its answer came, less what it took. Probes without an answer leave no line: when they were sent is
 * taken from their neighbours, as ping sends at a steady pace, and a warning counts them.
 */
import { FormatError, msNs } from "../../base/index.ts";
import { eventTable, probeTable } from "../schema/trace-tables.ts";
import { headText, type InputFile } from "../source/input.ts";
import { textLines } from "../source/line-blocks.ts";
import { quote, showPath } from "../text.ts";
import type { TableWriter } from "../write.ts";
import type { ClockStart, SourceClock } from "./clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "./importer.ts";

const stamp = String.raw`^\[(\d{1,12})\.(\d{6})\] `;
const answerLine = new RegExp(
  `${stamp}\\d{1,7} bytes from .{1,300}: icmp_seq=(\\d{1,5}) (?:.{0,60} )?time=(\\d{1,9}(?:\\.\\d{1,6})?) ms( \\(DUP!\\))?$`,
);
const timedLine = new RegExp(stamp);
const untimedAnswer = /^\d{1,7} bytes from .{1,300}: icmp_seq=\d/m;
const heading = /^PING (\S{1,300}?) ?\([^)]{1,300}\)/;
const totals = /^(\d{1,10}) packets transmitted, (\d{1,10}) received,.* time (\d{1,12})ms$/;

/** icmp_seq has 16 bits and begins again after them. */
const sequenceCount = 65_536;
/** Probes that wait for a late answer; beyond it the oldest counts as lost. */
const maxWaiting = 32_768;

/** What a log's own last lines say. */
interface Totals {
  readonly sent: number;
  readonly received: number;
  readonly spanNs: number;
}

/** More probes without an answer are a damaged log: at the fastest pace for users, 2 ms, half an hour of silence. */
const maxLost = 1_000_000;

/** One log's probes on their way into the table. */
class Probes {
  readonly #table: TableWriter;
  readonly #file: InputFile;
  /** Probes without an answer so far, and when they would have been sent. */
  readonly #waiting = new Map<number, number>();
  /** Highest sequence number with an answer, unwrapped, and when it was sent. */
  #highest = 0;
  #highestNs = 0;
  #firstNs = 0;
  #firstSequence = 0;
  #count = 0;
  answered = 0;
  interpolated = 0;
  lastNs = 0;
  #lost = 0;

  constructor(table: TableWriter, file: InputFile) {
    this.#table = table;
    this.#file = file;
  }

  /** The number of 16 bits that is nearest to the highest one so far. */
  #unwrap(sequence: number): number {
    if (this.#count === 0) return sequence;
    const base = this.#highest - ((this.#highest % sequenceCount) - sequence);
    if (base - this.#highest > sequenceCount / 2) return Math.max(base - sequenceCount, sequence);
    return this.#highest - base > sequenceCount / 2 ? base + sequenceCount : base;
  }

  #write(sequence: number, sentNs: number, answerNs: number | null): void {
    this.#table.push({ time_ns: sentNs, answer_ns: answerNs, sequence, vm_index: null });
    this.#count++;
    this.lastNs = Math.max(this.lastNs, answerNs ?? sentNs);
    if (answerNs === null) this.interpolated++;
    else this.answered++;
  }

  #wait(sequence: number, sentNs: number): void {
    this.#waiting.set(sequence, sentNs);
    if (this.#waiting.size <= maxWaiting) return;
    const [[oldest, oldestNs]] = this.#waiting as unknown as [[number, number]];
    this.#waiting.delete(oldest);
    this.#write(oldest, oldestNs, null);
  }

  /** Takes an answer; false where the probe had one already. */
  answer(number: number, sentNs: number, answerNs: number): boolean {
    const sequence = this.#unwrap(number);
    if (this.#count === 0) {
      [this.#highest, this.#highestNs, this.#firstSequence, this.#firstNs] = [sequence, sentNs, sequence, sentNs];
    } else if (sequence > this.#highest) {
      const step = (sentNs - this.#highestNs) / (sequence - this.#highest);
      this.#expectLost(sequence - this.#highest - 1);
      for (let lost = this.#highest + 1; lost < sequence; lost++) {
        this.#wait(lost, Math.max(Math.round(this.#highestNs + step * (lost - this.#highest)), 0));
      }
      [this.#highest, this.#highestNs] = [sequence, sentNs];
    } else if (!this.#waiting.delete(sequence)) {
      return false;
    }
    this.#write(sequence, sentNs, answerNs);
    return true;
  }

  #expectLost(probes: number): void {
    this.#lost += probes;
    if (this.#lost <= maxLost) return;
    throw new FormatError(`${showPath(this.#file.path)}: more than ${maxLost} probes without an answer`, {
      hint: "sequence numbers of the log are damaged",
    });
  }

  /** Writes the probes that never had an answer, those behind the last answer too, as far as the log's totals tell. */
  end(context: ImportContext, found: Totals | undefined): void {
    for (const [sequence, sentNs] of this.#waiting) this.#write(sequence, sentNs, null);
    const sent = found ? Math.min(found.sent, this.#highest + sequenceCount) : 0;
    this.#expectLost(Math.max(sent - this.#highest, 0));
    // Without any answer the first probe stands at the log's first moment.
    const known = this.#count === 0 ? 1 : this.#highest;
    const steps = this.#highest - this.#firstSequence;
    const stepNs = steps > 0 ? (this.#highestNs - this.#firstNs) / steps : (found?.spanNs ?? 0) / Math.max(sent - 1, 1);
    for (let sequence = this.#highest + 1; sequence <= sent; sequence++) {
      this.#write(sequence, Math.max(Math.round(this.#highestNs + stepNs * (sequence - known)), 0), null);
    }
    if (this.interpolated === 0) return;
    context.warnings.addRows(
      "probe-times-interpolated",
      this.interpolated,
      `${this.#file.name}: probes without an answer; when they were sent is taken from their neighbours`,
    );
  }
}

function parseTotals([, sent, received, ms]: readonly string[]): Totals {
  return { sent: Number(sent), received: Number(received), spanNs: Number(ms) * msNs };
}

/** Reads one log line by line. */
class PingLog {
  readonly #context: ImportContext;
  readonly #file: InputFile;
  readonly #clock: SourceClock;
  readonly #events: TableWriter;
  readonly probes: Probes;
  readonly #dropped = { "duplicate-answers-dropped": 0, "other-lines-dropped": 0 };
  #totals: Totals | undefined;
  #rows = 0;
  #target = "";

  constructor(file: InputFile, context: ImportContext) {
    this.#context = context;
    this.#file = file;
    this.#clock = context.clock(file);
    this.#events = context.writer.table(eventTable, { sort: true });
    this.probes = new Probes(context.writer.table(probeTable, { sort: true }), file);
  }

  readLine(text: string): void {
    this.#rows++;
    const answer = answerLine.exec(text);
    if (answer) return this.#answer(answer);
    const timed = timedLine.exec(text);
    if (timed) return this.#event(timed, text);
    this.#dropped["other-lines-dropped"]++;
    const found = totals.exec(text);
    if (found) this.#totals = parseTotals(found);
    this.#target ||= heading.exec(text)?.[1] ?? "";
  }

  #answer([, second, micros, sequence, ms, duplicate]: readonly (string | undefined)[]): void {
    const answerNs = this.#clock.toNs(Number(second), Number(micros) * 1000, this.#rows);
    const sentNs = Math.max(answerNs - Math.round(Number(ms) * msNs), 0);
    if (duplicate === undefined && this.probes.answer(Number(sequence), sentNs, answerNs)) return;
    this.#dropped["duplicate-answers-dropped"]++;
  }

  /** "no answer yet for icmp_seq=5", "From 10.0.0.1 icmp_seq=5 Destination Host Unreachable". */
  #event([head, second, micros]: readonly string[], text: string): void {
    const detail = text.slice(head!.length);
    const name = detail.startsWith("no answer yet") ? "no answer yet" : "error";
    this.#events.push({
      time_ns: this.#clock.toNs(Number(second), Number(micros) * 1000, this.#rows),
      kind_index: this.#context.catalogue.eventKind("ping", name),
      detail,
    });
  }

  end(): { readonly source: SourceReport; readonly target: string; readonly spanNs: number } {
    this.probes.end(this.#context, this.#totals);
    const details = {
      "duplicate-answers-dropped": "further answers to a probe that had one",
      "other-lines-dropped": "headings, totals and blank lines",
    };
    const dropped = Object.entries(this.#dropped)
      .filter(([, rows]) => rows > 0)
      .map(([code, rows]) => ({ code, rows, detail: details[code as keyof typeof details] }));
    const lost = dropped.reduce((sum, { rows }) => sum + rows, 0);
    this.#checkTotals();
    return {
      source: { file: this.#file.name, rows: this.#rows, kept_rows: this.#rows - lost, dropped },
      target: this.#target,
      spanNs: Math.max(this.#clock.highestNs, this.probes.lastNs),
    };
  }

  #checkTotals(): void {
    const { answered } = this.probes;
    if (!this.#totals || this.#totals.received === answered) return;
    this.#context.warnings.add(
      "totals-differ",
      1,
      `${this.#file.name}: ${answered} answers, but its own totals say ${this.#totals.received}`,
    );
  }
}

function confidenceOf(file: InputFile): number {
  const text = headText(file);
  if (!heading.test(text.slice(0, 700)) && !answerLine.test(text.split("\n", 1)[0]!)) return 0;
  return text.split("\n").some((line) => timedLine.test(line)) || untimedAnswer.test(text) ? 1 : 0.6;
}

/** The first probe's sending, so that it is the start also where its answer is late. */
function startOf(file: InputFile): ClockStart | undefined {
  for (const line of headText(file).split("\n")) {
    const [, second, micros, , ms = "0"] = answerLine.exec(line) ?? timedLine.exec(line) ?? [];
    if (second === undefined) continue;
    const nanosecond = Number(micros) * 1000 - Math.round(Number(ms) * msNs);
    return { clock: "realtime", second: Number(second), nanosecond };
  }
  return undefined;
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const ends = [];
  for (const file of files) {
    if (startOf(file) === undefined) {
      throw new FormatError(
        `${showPath(file.path)}: expected lines like ${quote("[1795661337.646022] 64 bytes from …")}`,
        {
          hint: "without ping -D the log says no times; record it with -D",
        },
      );
    }
    const log = new PingLog(file, context);
    for await (const text of textLines(file, context.reader)) log.readLine(text);
    ends.push(log.end());
  }
  return {
    name: files[0]!.name.replace(/\.(txt|log)(\.\w+)?$/, ""),
    source: `answers as ping saw them come from ${ends.map(({ target }) => target || "an unnamed host").join(", ")}`,
    licence: "unknown",
    clock: "wall-clock time of the pinging host in steps of 1 us",
    spanNs: Math.max(...ends.map(({ spanNs }) => spanNs)),
    sources: ends.map(({ source }) => source),
  };
}

export const ping: Importer = {
  name: "ping",
  version: 1,
  doc: "what ping -D prints: probes of a service from outside, answered or not",
  claim: (files) => claimEach(files, confidenceOf),
  startOf,
  run,
};
