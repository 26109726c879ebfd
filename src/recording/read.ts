import { readFileSync, statSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { FormatError, mibBytes, UsageError } from "../base/index.ts";
import { labNumber } from "./command-line.ts";
import { ByteLines } from "./formats/byte-lines.ts";
import { KernelBootReader } from "./kernel-boot.ts";
import { LabOutput } from "./lab-output.ts";
import type { KernelBoot, RecordedLog, Workload } from "./recording.ts";

/** A log of an hour has some MiB. */
const maxLogBytes = 512 * mibBytes;

/** A message of the kernel: on the console, or with its level in the second kernel's own log. */
const messagePattern = /(?<level>^<\d+>)?\[ *\d+\.\d+\] (?<text>.*)$/;

/** Follows a console log from the first kernel's boot to the second one's last word. */
class ConsoleReader {
  readonly lab = new LabOutput();
  readonly oldKernel = new KernelBootReader();
  readonly newKernel = new KernelBootReader();
  #hasJumped = false;
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
    const text = groups["text"]!;
    // With its level it stands in a whole log that the lab prints: the second kernel's, or the first's if it failed.
    const dumped = groups["level"] !== undefined;
    if (this.#hasJumped) {
      if (dumped) this.newKernel.add(text);
    } else if (!dumped) {
      this.oldKernel.add(text);
      this.#hasJumped = text.includes("Starting new kernel");
    }
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
  if (!stats) throw new UsageError(`${path}: no such file`, { hint: "check the path" });
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
export function parseLog(name: string, log: Buffer, path: string): RecordedLog {
  const reader = new ConsoleReader();
  const lines = new ByteLines(log);
  while (lines.next()) reader.add(lines.text(), path);
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
  };
}
