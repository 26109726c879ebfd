import { ByteLines } from "./byte-lines.ts";
import type { Evidence, Side, TraceClock } from "./evidence.ts";
import { LogReader } from "./log.ts";
import { parseMessage } from "./messages.ts";
import { TraceReader } from "./trace.ts";

/** What a file of text says; of what it is no part of, nothing. */
export type TextEvidence = Pick<
  Evidence,
  "format" | "lines" | "damagedLines" | "kernels" | "lab" | "graphs" | "suspend" | "startup" | "remarks"
>;

interface TraceOptions {
  readonly side?: Side;
  readonly clock?: TraceClock;
}

type Kind = "trace" | "log";

/** The first line that is one of a trace or one of a log decides; the lab's marks do so wherever they stand. */
function detectKind(bytes: Buffer, file: string): Kind | undefined {
  if (bytes.includes("LAB {") || bytes.includes("DMESG-BEGIN")) return "log";
  const lines = new ByteLines(bytes);
  const probe = new TraceReader();
  while (lines.next()) {
    const text = lines.text();
    if (parseMessage(text) || text.includes("Startup finished in ")) return "log";
    probe.add(lines, file);
    if (probe.isTrace) return "trace";
  }
  return undefined;
}

function readTrace(bytes: Buffer, file: string, { side, clock = "local" }: TraceOptions): TextEvidence {
  const reader = new TraceReader();
  const lines = new ByteLines(bytes);
  while (lines.next()) reader.add(lines, file);
  const { graphs, suspend, remarks } = reader.finish(file, side, clock);
  return {
    format: graphs.length > 0 ? "function_graph trace" : "trace of events",
    lines: lines.number,
    damagedLines: reader.damagedLines,
    kernels: [],
    lab: undefined,
    graphs,
    suspend,
    startup: undefined,
    remarks,
  };
}

function readLog(bytes: Buffer, file: string): TextEvidence {
  const reader = new LogReader(file);
  const lines = new ByteLines(bytes);
  while (lines.next()) reader.add(lines);
  const result = reader.finish();
  const format = result.lab ? "console log of the lab" : result.kernels.length > 0 ? "kernel log" : "systemd-analyze";
  return { format, lines: lines.number, suspend: undefined, ...result };
}

/** Undefined: no line of it is known. */
export function readText(bytes: Buffer, file: string, options: TraceOptions = {}): TextEvidence | undefined {
  const kind = detectKind(bytes, file);
  if (kind === undefined) return undefined;
  return kind === "trace" ? readTrace(bytes, file, options) : readLog(bytes, file);
}
