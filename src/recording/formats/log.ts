import type { ByteLines } from "./byte-lines.ts";
import type { Graph, Source } from "./evidence.ts";
import { type KernelLog, KernelLogReader } from "./kernel-log.ts";
import { LabReader, type LabReadings } from "./lab-readings.ts";
import { type Message, parseMessage } from "./messages.ts";
import { parseStartup, type Startup } from "./systemd.ts";
import { TraceReader } from "./trace.ts";

/** More boots than a log of any use has. */
const maxKernels = 1000;

export interface LogResult {
  readonly kernels: readonly KernelLog[];
  readonly lab: LabReadings | undefined;
  readonly graphs: readonly Graph[];
  readonly startup: Startup | undefined;
  readonly damagedLines: number;
  readonly remarks: readonly string[];
}

/** Reads a console's log or a dmesg: one boot after the other, what the lab printed between, whole dumps at its end. */
export class LogReader {
  readonly #file: string;
  readonly #kernels: KernelLogReader[] = [];
  readonly #lab = new LabReader();
  readonly #graphs: Graph[] = [];
  readonly #remarks: string[] = [];
  #dump: KernelLogReader | undefined;
  #trace: TraceReader | undefined;
  #startup: Startup | undefined;
  #inDump = false;
  #damagedLines = 0;
  known = 0;

  constructor(file: string) {
    this.#file = file;
  }

  add(lines: ByteLines): void {
    if (this.#trace) return this.#addTraced(lines, this.#trace);
    const line = lines.text();
    const source = { file: this.#file, line: lines.number };
    if (line.startsWith("FTRACE-BEGIN")) this.#trace = new TraceReader();
    else if (line.startsWith("DMESG-BEGIN")) this.#inDump = true;
    else if (line.startsWith("DMESG-END")) this.#inDump = false;
    else if (this.#inDump || !this.#addLab(line, source)) this.#addMessage(line, source);
  }

  /** True when the line is the lab's and whole; one that a message cut may still hold the message. */
  #addLab(line: string, source: Source): boolean {
    if (line.includes("LAB {")) {
      if (this.#lab.add(line, source)) {
        this.known++;
        return true;
      }
      this.#damagedLines++;
    } else if (line.includes("KEYS ")) {
      if (/^KEYS \d{1,2} \d{1,16} \d{1,16}$/.test(line)) return true;
      this.#damagedLines++;
    }
    return false;
  }

  #addTraced(lines: ByteLines, trace: TraceReader): void {
    // The lab's line comes back where the end of the trace is lost.
    const text = lines.end - lines.start < 4096 ? lines.text() : "";
    if (!text.startsWith("FTRACE-END") && !text.includes("LAB {")) return trace.add(lines, this.#file);
    this.#endTrace(trace);
    if (text.includes("LAB {")) this.add(lines);
  }

  #endTrace(trace: TraceReader): void {
    this.#trace = undefined;
    this.#damagedLines += trace.damagedLines;
    // The lab's tracer reads CLOCK_MONOTONIC.
    const side = this.#kernels.length > 1 ? "new" : "old";
    const { graphs, remarks } = trace.finish(this.#file, side, "monotonic");
    this.#graphs.push(...graphs);
    this.#remarks.push(...remarks);
  }

  #addMessage(line: string, source: Source): void {
    const message = parseMessage(line);
    if (line.includes("Startup finished in ")) {
      this.#startup = parseStartup(line, source) ?? this.#startup;
      this.known++;
    }
    if (!message) return;
    this.known++;
    const reader = this.#inDump ? this.#dumpFor(message, source) : this.#kernelFor(message, source);
    reader.add(message, source);
  }

  #dumpFor(message: Message, source: Source): KernelLogReader {
    if (!this.#dump || message.text.startsWith("Linux version ")) this.#dump = new KernelLogReader(message, source);
    return this.#dump;
  }

  /** A new boot begins with its banner, or where the clock starts again behind the jump. */
  #kernelFor(message: Message, source: Source): KernelLogReader {
    const current = this.#kernels.at(-1);
    const restarts =
      message.text.startsWith("Linux version ") || (current?.jumpNs !== undefined && message.ns < current.jumpNs / 2);
    if (current && (!restarts || this.#kernels.length === maxKernels)) return current;
    const reader = new KernelLogReader(message, source);
    this.#kernels.push(reader);
    return reader;
  }

  finish(): LogResult {
    if (this.#trace) this.#endTrace(this.#trace);
    const kernels = this.#kernels.map((reader) => reader.finish());
    const dump = this.#dump?.finish();
    // A dump has every level and no line that another cut; it is of the kernel that runs when it is printed.
    if (dump && (dump.whole || kernels.length === 0)) kernels.splice(Math.max(0, kernels.length - 1), 1, dump);
    return {
      kernels,
      lab: this.#lab.finish(),
      graphs: this.#graphs,
      startup: this.#startup,
      damagedLines: this.#damagedLines,
      remarks: this.#remarks,
    };
  }
}
