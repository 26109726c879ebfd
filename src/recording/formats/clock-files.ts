import type { ClockSample, Mark, Side } from "./evidence.ts";

/** More than any recorder writes. */
const maxRows = 100_000;

export interface ClockFile {
  readonly samples: readonly ClockSample[];
  readonly tscKhz: number | undefined;
  readonly damagedLines: number;
}

interface Place {
  readonly side: Side;
  readonly file: string;
}

/** `sample 1 mono_before_ns=… realtime_ns=… tsc=… local_ns=… mono_after_ns=…`, `source …`, `tsc_khz …`: one a line. */
export function parseClocks(text: string, { side, file }: Place): ClockFile {
  const samples: ClockSample[] = [];
  let tscKhz: number | undefined;
  let damagedLines = 0;
  for (const [index, line] of text.split("\n").entries()) {
    const source = { file, line: index + 1 };
    if (line.startsWith("sample ")) {
      const sample = parseSample(line, { side, source });
      if (sample && samples.length < maxRows) samples.push(sample);
      else damagedLines++;
    } else if (/^tsc_khz \d{1,9}$/.test(line) && Number(line.slice(8)) > 0) tscKhz = Number(line.slice(8));
    else if (line !== "" && !line.startsWith("source ")) damagedLines++;
  }
  return { samples, tscKhz, damagedLines };
}

function parseSample(line: string, place: Pick<ClockSample, "side" | "source">): ClockSample | undefined {
  const fields = new Map<string, number>();
  for (const [, name, digits] of line.matchAll(/ (\w{1,30})=(\d{1,19})(?= |$)/g)) fields.set(name!, Number(digits));
  const exact = (name: string): number | undefined => {
    const value = fields.get(name);
    return Number.isSafeInteger(value) ? value : undefined;
  };
  const [monoLowNs, monoHighNs] = [exact("mono_before_ns"), exact("mono_after_ns")];
  if (monoLowNs === undefined || monoHighNs === undefined || monoHighNs < monoLowNs) return undefined;
  return {
    ...place,
    monoLowNs,
    monoHighNs,
    localNs: exact("local_ns"),
    tsc: exact("tsc"),
    // Beyond 2^53, so to 256 ns: it is used to a second.
    realtimeNs: fields.get("realtime_ns"),
  };
}

/** `<ns of CLOCK_MONOTONIC> NAME`, one a line. */
export function parseMarks(text: string, { side, file }: Place): { marks: Mark[]; damagedLines: number } {
  const marks: Mark[] = [];
  let damagedLines = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line === "") continue;
    const match = /^(\d{1,16}) (\S{1,64})\s*$/.exec(line);
    const ns = Number(match?.[1]);
    if (!match || !Number.isSafeInteger(ns) || marks.length === maxRows) damagedLines++;
    else marks.push({ ns, name: match[2]!, side, source: { file, line: index + 1 } });
  }
  return { marks, damagedLines };
}
