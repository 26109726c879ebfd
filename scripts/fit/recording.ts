import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import type { KeyRun } from "../../src/model/index.ts";

/** Arguments that the lab's workload was given, with its defaults. */
export interface Workload {
  readonly sessions: number;
  readonly files: number;
  readonly fileMib: number;
  readonly thp: boolean;
  readonly touchRatio: number;
  readonly ramGib: number;
  readonly cpus: number;
  readonly nodes: number;
}

/** Moments of the second kernel's boot, in ns of its own clock. */
export interface BootMarks {
  readonly mapStartNs: number;
  readonly mapEndNs: number;
  readonly khoEarlyNs: number;
  readonly zonesNs: number;
  readonly memmapNs: number;
  readonly perCpuNs: number;
  readonly buddyNs: number;
  readonly slubNs: number;
  readonly smpStartNs: number;
  readonly smpEndNs: number;
  readonly khoInitNs: number;
  readonly initrdEndNs: number;
  readonly initNs: number;
}

/** What one console log of a real live update says, as far as the fit needs it. */
export interface Recording {
  readonly name: string;
  readonly workload: Workload;
  readonly keys: readonly KeyRun[];
  readonly radixPages: readonly number[];
  readonly scratchBytes: readonly number[];
  readonly pagesInScratch: number;
  readonly events: ReadonlyMap<string, readonly Record<string, number>[]>;
  readonly boot: BootMarks;
  readonly initrdBytes: number;
  /** First device shutdown and "Starting new kernel" of the first kernel, in ns of its own clock. */
  readonly shutdownStartNs: number;
  readonly shutdownEndNs: number;
}

const bootMarkTexts: Record<keyof BootMarks, string> = {
  mapStartNs: "last_pfn",
  mapEndNs: "log buffer data",
  khoEarlyNs: "refined-jiffies",
  zonesNs: "Zone ranges",
  memmapNs: "Initmem setup",
  perCpuNs: "setup_percpu",
  buddyNs: "mem auto-init",
  slubNs: "SLUB:",
  smpStartNs: "smp: Bringing up",
  smpEndNs: "smp: Brought up",
  khoInitNs: "KHO: exec from",
  initrdEndNs: "Freeing initrd",
  initNs: "Run /init",
};

interface LogLine {
  readonly ns: number;
  readonly text: string;
}

function logLines(text: string, pattern: RegExp): LogLine[] {
  return [...text.matchAll(pattern)].map(([, seconds, line]) => ({
    ns: Math.round(Number(seconds) * 1e9),
    text: line!,
  }));
}

function timeOf(lines: readonly LogLine[], text: string): number {
  const line = lines.find((candidate) => candidate.text.includes(text));
  if (!line) throw new Error(`the log has no line with ${JSON.stringify(text)}`);
  return line.ns;
}

function parseEvents(text: string): Map<string, Record<string, number>[]> {
  const events = new Map<string, Record<string, number>[]>();
  for (const [, json] of text.matchAll(/LAB (\{.*?\})\s*$/gm)) {
    let event: Record<string, number> & { ev?: string };
    try {
      event = JSON.parse(json!);
    } catch {
      continue; // A printk cut into the line; the lab says to drop such lines.
    }
    const kind = String(event.ev);
    events.set(kind, [...(events.get(kind) ?? []), event]);
  }
  return events;
}

function argument(text: string, name: string, fallback: number): number {
  const match = new RegExp(`lab\\.${name}=(\\d+)`).exec(text);
  return match ? Number(match[1]) : fallback;
}

function parseWorkload(first: string): Workload {
  const ramKib = Number(/Memory: \d+K\/(\d+)K available/.exec(first)?.[1]);
  return {
    sessions: argument(first, "sessions", 1),
    files: argument(first, "files", 1),
    fileMib: argument(first, "mb", 64),
    thp: argument(first, "thp", 0) > 0,
    touchRatio: argument(first, "touch", 100) / 100,
    ramGib: Math.round(ramKib / 1024 ** 2),
    cpus: Number(/Brought up \d+ nodes?, (\d+) CPU/.exec(first)?.[1]),
    nodes: Number(/Brought up (\d+) node/.exec(first)?.[1]),
  };
}

function hexList(events: ReadonlyMap<string, readonly Record<string, unknown>[]>): number[] {
  const text = events.get("scratch_len")?.[0]?.["v"];
  return typeof text !== "string" ? [] : text.split(" ").filter(Boolean).map(Number);
}

/** Reads a recording; throws where a line that the fit needs is missing. */
export function readRecording(path: string): Recording {
  const text = gunzipSync(readFileSync(path)).toString("latin1");
  const jump = text.indexOf("Starting new kernel");
  const dmesg = text.indexOf("DMESG-BEGIN");
  const first = text.slice(0, jump + 30);
  const second = logLines(text.slice(dmesg), /^<\d+>\[\s*(\d+\.\d+)\] (.*)$/gm);
  const firstLines = logLines(first, /\[\s*(\d+\.\d+)\] (.*)$/gm);
  const events = parseEvents(text);
  const ramdisk = /RAMDISK: \[mem 0x([0-9a-f]+)-0x([0-9a-f]+)\]/.exec(text.slice(jump));
  return {
    name: path.replace(/^.*\//, "").replace(/\.log\.gz$/, ""),
    workload: parseWorkload(first),
    keys: [...text.matchAll(/^KEYS (\d+) (\d+) (\d+)/gm)].map(([, order, start, count]) => ({
      order: Number(order),
      first: Number(start),
      count: Number(count),
    })),
    radixPages: (events.get("radix")?.at(-1)?.["nodes"] ?? []) as unknown as number[],
    scratchBytes: hexList(events),
    pagesInScratch: events.get("placement_total")?.[0]?.["pages_in_scratch"] ?? 0,
    events,
    boot: Object.fromEntries(
      Object.entries(bootMarkTexts).map(([mark, line]) => [mark, timeOf(second, line)]),
    ) as unknown as BootMarks,
    initrdBytes: ramdisk ? Number(`0x${ramdisk[2]}`) - Number(`0x${ramdisk[1]}`) + 1 : 0,
    shutdownStartNs: firstLines.find(({ text: line }) => / shutdown\s*$/.test(line))?.ns ?? Number.NaN,
    shutdownEndNs: timeOf(firstLines, "Starting new kernel"),
  };
}

/** The only event of its kind; an event that a printk cut is missing. */
export function eventOf(recording: Recording, kind: string): Record<string, number> | undefined {
  return recording.events.get(kind)?.[0];
}

/** Every recording of a folder, by name. */
export function readRecordings(folder: string): Recording[] {
  const files = readdirSync(folder).filter((file) => file.endsWith(".log.gz"));
  return files.sort().map((file) => readRecording(`${folder}/${file}`));
}
