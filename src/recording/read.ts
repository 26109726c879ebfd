import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";

import { FormatError, mibBytes, UsageError } from "../base/index.ts";
import { bootMarkNames, type BootMarks, bootSigns } from "./boot-steps.ts";
import { labNumber } from "./command-line.ts";
import { KernelBootReader } from "./kernel-boot.ts";
import { LabOutput } from "./lab-output.ts";
import { splitLines } from "./lines.ts";
import type { KernelBoot, Recording, Workload } from "./recording.ts";

/** A log of an hour has some MiB. */
const maxLogBytes = 512 * mibBytes;

/** A message of the kernel: on the console, or with its level in the second kernel's own log. */
const messagePattern = /(?<level>^<\d+>)?\[ *(?<seconds>\d+\.\d+)\] (?<text>.*)$/;

/** Follows a console log from the first kernel's boot to the second one's last word. */
class ConsoleReader {
  readonly lab = new LabOutput();
  readonly oldKernel = new KernelBootReader();
  readonly newKernel = new KernelBootReader();
  readonly boot: { -readonly [Key in keyof BootMarks]?: number } = {};
  shutdownStartNs: number | undefined;
  shutdownEndNs: number | undefined;
  /** Of a whole log of messages that the lab prints at its end; lines in it are messages and nothing else. */
  #inDump = false;

  add(line: string, path: string): void {
    if (line.startsWith("DMESG-BEGIN") || line.startsWith("FTRACE-BEGIN")) this.#inDump = true;
    else if (line.startsWith("DMESG-END") || line.startsWith("FTRACE-END")) this.#inDump = false;
    else if (this.#inDump || !this.lab.add(line, path)) this.#addMessage(line);
  }

  #addMessage(line: string): void {
    const groups = messagePattern.exec(line)?.groups;
    if (!groups) return;
    const ns = Math.round(Number(groups["seconds"]) * 1e9);
    const text = groups["text"]!;
    // With its level it stands in a whole log that the lab prints: the second kernel's, or the first's if it failed.
    const dumped = groups["level"] !== undefined;
    if (this.shutdownEndNs === undefined) {
      if (dumped) return;
      this.oldKernel.add(text);
      if (/ shutdown\s*$/.test(text)) this.shutdownStartNs ??= ns;
      if (text.includes("Starting new kernel")) this.shutdownEndNs = ns;
      return;
    }
    if (!dumped) return;
    this.newKernel.add(text);
    for (const mark of bootMarkNames) if (text.includes(bootSigns[mark].sign)) this.boot[mark] ??= ns;
  }
}

function readWorkload({ commandLine }: KernelBoot): Workload | undefined {
  if (commandLine === undefined) return undefined;
  const argument = (name: string, fallback: number): number => labNumber(commandLine, name) ?? fallback;
  return {
    sessions: argument("sessions", 1),
    files: argument("files", 1),
    fileMib: argument("mb", 64),
    thp: argument("thp", 0),
    touchPercent: argument("touch", 100),
    traced: argument("trace", 0) !== 0,
  };
}

function tooLarge(path: string): FormatError {
  return new FormatError(`${path}: larger than ${maxLogBytes / mibBytes} MiB`, {
    hint: "no console log is that large",
  });
}

/** A file's bytes as they are, up to 512 MiB. */
export function readBytes(path: string): Buffer {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`${path}: no such file`);
  if (!stats.isFile()) throw new UsageError(`${path}: not a file`, { hint: "name console logs, .log or .log.gz" });
  if (stats.size > maxLogBytes) throw tooLarge(path);
  return readFileSync(path);
}

/** What gzip has packed, up to 512 MiB; other bytes as they are. */
export function unpackBytes(path: string, bytes: Buffer): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: maxLogBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge(path);
    throw new FormatError(`${path}: not a whole gzip file: ${(error as Error).message}`, {
      hint: "fetch the recording again; it was cut or changed on its way",
      cause: error,
    });
  }
}

/**
 * What the console log of a live update says.
 *
 * Errors   UsageError: no such file; FormatError: no recording, not whole, or larger than 512 MiB. A part that is
 *          missing is undefined, and lines that a message cut into are counted and left out.
 */
export function parseRecording(name: string, log: Buffer, path: string): Recording {
  const reader = new ConsoleReader();
  for (const line of splitLines(log)) reader.add(line, path);
  const { lab } = reader;
  lab.finish();
  if (!reader.oldKernel.started && lab.events.size === 0) {
    throw new FormatError(`${path}: no recording of a live update: neither a kernel's boot nor a LAB line is in it`, {
      hint: "name console logs as in recordings/, .log or .log.gz",
    });
  }
  const oldKernel = reader.oldKernel.finish();
  return {
    name,
    sha256: createHash("sha256").update(log).digest("hex"),
    oldKernel,
    newKernel: reader.newKernel.finish(),
    workload: readWorkload(oldKernel),
    keys: lab.keys,
    tracker: lab.tracker,
    scratchAreasBytes: lab.scratchAreasBytes,
    scratchStartsBytes: lab.scratchStartsBytes,
    pagesInScratch: lab.events.get("placement_total")?.[0]?.["pages_in_scratch"],
    blobs: lab.blobs,
    memory: lab.memory,
    events: lab.events,
    failure: lab.failure,
    damagedLines: lab.damagedLines,
    damagedKeyLines: lab.damagedKeyLines,
    mendedKeyLines: lab.mendedKeyLines,
    boot: reader.boot,
    shutdownStartNs: reader.shutdownStartNs,
    shutdownEndNs: reader.shutdownEndNs,
  };
}

/** Reads one recording, .log or .log.gz; see parseRecording for its errors. */
export function readRecording(path: string): Recording {
  return parseRecording(basename(path).replace(/\.log(\.gz)?$/, ""), unpackBytes(path, readBytes(path)), path);
}

/** Every recording of a folder, by name. */
export function readRecordings(folder: string): Recording[] {
  const files = readdirSync(folder).filter((file) => /\.log(\.gz)?$/.test(file));
  return files.sort().map((file) => readRecording(join(folder, file)));
}
