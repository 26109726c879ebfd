import type { ByteLines } from "./byte-lines.ts";
import type { Graph, Side, TraceClock } from "./evidence.ts";
import { FunctionGraphReader } from "./function-graph.ts";
import { EventReader, type SuspendEvents } from "./suspend-events.ts";

const hash = 0x23;

/** `CPU:1 [LOST 123 EVENTS]`, `CPU 1 [123 EVENTS DROPPED]`. linux-7.3 kernel/trace/trace.c; trace-cmd's report */
const lostPattern = /^CPU[: ]\d{1,5} \[(?:LOST (\d{1,15}) EVENTS|(?:(\d{1,15}) )?EVENTS DROPPED)\]/;

/** What else a trace may hold without being damaged: rules between tasks, heads of trace-cmd. */
const otherPattern = /^(?: *-{5,}| *$|cpus=\d|version = |CPU \d+ is empty|.*buffer overrun)/;

/** Reads a trace's text, function graph and events in any mixture. */
export class TraceReader {
  readonly graph = new FunctionGraphReader();
  readonly events = new EventReader();
  lines = 0;
  damagedLines = 0;
  /** Lines of calls and events. */
  known = 0;
  lostEvents = 0;
  #sawHead = false;

  /** The current line of `lines`. */
  add(lines: ByteLines, file: string): void {
    this.lines++;
    const { bytes, start, end } = lines;
    if (bytes[start] === hash) {
      this.#sawHead ||= bytes.toString("latin1", start, Math.min(end, start + 20)).startsWith("# tracer:");
      return;
    }
    const kind = this.graph.add(bytes, start, end, lines.number);
    if (kind === "call") this.known++;
    else if (kind === "damaged") this.damagedLines++;
    else if (kind === "none") this.#addText(lines, file);
  }

  #addText(lines: ByteLines, file: string): void {
    const text = lines.text();
    if (this.events.add(text, { file, line: lines.number })) {
      this.known++;
      return;
    }
    const lost = lostPattern.exec(text);
    if (lost) {
      this.lostEvents += Number(lost[1] ?? lost[2] ?? 1);
      this.graph.forgetOpen();
    } else if (!otherPattern.test(text)) this.damagedLines++;
  }

  /** A head or a call is there: this is a trace, if perhaps an empty one. */
  get isTrace(): boolean {
    return this.#sawHead || this.known > 0;
  }

  finish(file: string, side: Side | undefined, clock: TraceClock): TraceResult {
    const { spans } = this.graph;
    const suspend = this.events.finish();
    const { actions, devices, marks, unused } = suspend;
    const remarks: string[] = [];
    if (this.lostEvents > 0) remarks.push(`${file}: the tracer lost ${this.lostEvents} events`);
    if (this.graph.namelessEnds > 0) {
      remarks.push(`${file}: ${this.graph.namelessEnds} calls began before the trace and do not say which they are`);
    }
    if (unused.size > 0) {
      const count = Array.from(unused.values()).reduce((sum, events) => sum + events, 0);
      const kinds = Array.from(unused.keys()).sort().slice(0, 8).join(", ");
      remarks.push(`${file}: ${count} events are not used: ${kinds}${unused.size > 8 ? ", …" : ""}`);
    }
    return {
      graphs: spans.count > 0 ? [{ spans, file, side, clock }] : [],
      suspend: actions.length + devices.length + marks.length > 0 ? suspend : undefined,
      remarks,
    };
  }
}

export interface TraceResult {
  readonly graphs: readonly Graph[];
  readonly suspend: SuspendEvents | undefined;
  readonly remarks: readonly string[];
}
