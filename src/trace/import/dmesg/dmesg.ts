/**
 * Importer for kernel messages: what dmesg of util-linux prints (plain, `-x`, `-r`, `-d`, `-T`, `--time-format` iso or delta,
 * `-J`; dmesg(1)), consoles with one kernel or several, /dev/kmsg (Documentation/ABI/testing/dev-kmsg), logs of a syslog
 * daemon with the kernel's times in them, and `journalctl -o short-monotonic`. Each message is an event, with a duration
 * where it says one (`initcall_debug`); a kernel's begin, its first program and kexec are marks.
 *
 * Clock    the kernel's own log clock, which starts at boot and is near to CLOCK_MONOTONIC, but not the same; dates are
 *          realtime. Where a console shows a second kernel, its times go on from the last of the first, with a warning
 * Limits   `--time-format delta` counts from the last message at time 0, as dmesg prints no step behind it; `reltime` says
 *          times to the minute and `notime` none, and both are refused. A program that prints the kernel's log once more on
 *          a console makes it look like another kernel. Levels and facilities are left out
 */
import { FormatError } from "../../../base/index.ts";
import { type InputFile, headText, listInputs } from "../../source/input.ts";
import { LineScanner } from "../../source/line-scanner.ts";
import { showPath } from "../../text.ts";
import type { ClockStart } from "../clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "../importer.ts";
import { momentOfSeconds, readDmesgJson } from "./json.ts";
import { journalParts } from "./messages.ts";
import { Prefix, type TimeKind } from "./prefix.ts";
import { readDmesgText } from "./text.ts";

const jsonHead = /^\s*\{\s*"dmesg"\s*:\s*\[/;
const jsonTime = /"time"\s*:\s*(\d+\.\d+)/;
/** Lines of the head that a claim looks at. */
const claimLines = 500;
const banner = /(^|\] |;|kernel: |[+-]\d\d:\d\d )Linux version \d/m;
/** dmesg writes a comma before the µs; ISO 8601 allows it, hardly anyone else does it. */
const isoLine = /^(?:[a-z]+ *:[a-z]+ *: |<\d{1,3}>)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d,\d{6}[+-]\d\d:\d\d /;

/** What the lines of a file's head are. */
interface HeadLines {
  readonly lines: number;
  readonly kinds: ReadonlyMap<TimeKind, number>;
  readonly journalLines: number;
  readonly start: ClockStart | undefined;
}

function readHead(file: InputFile): HeadLines {
  const scanner = new LineScanner(file);
  scanner.load(Buffer.from(file.head.buffer, file.head.byteOffset, file.head.lastIndexOf(10) + 1));
  const prefix = new Prefix();
  const kinds = new Map<TimeKind, number>();
  const hosts = new Set<string>();
  let journalLines = 0;
  let lines = 0;
  let start: ClockStart | undefined;
  while (lines < claimLines && scanner.nextLine()) {
    if (scanner.end === scanner.start) continue;
    lines++;
    const kind = prefix.read(scanner);
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
    if (kind === "none" || kind === "minute" || kind === "delta") continue;
    const { second, nanosecond } = scanner;
    const isEarlier = !start || second < start.second || (second === start.second && nanosecond < start.nanosecond);
    if (isEarlier) start = { clock: kind === "boot" ? "own" : "realtime", second, nanosecond };
    const parts = kind === "boot" ? journalParts(scanner.bytes, scanner.at, scanner.end) : undefined;
    if (!parts) continue;
    journalLines++;
    if (hosts.size < 2) hosts.add(scanner.text(scanner.at, parts.nameStart));
  }
  return { lines, kinds, journalLines: hosts.size === 1 ? journalLines : 0, start };
}

function confidenceOf(file: InputFile): number {
  const text = headText(file);
  if (jsonHead.test(text)) return 0.95;
  const { lines, kinds } = readHead(file);
  const count = (...wanted: TimeKind[]) => wanted.reduce((sum, kind) => sum + (kinds.get(kind) ?? 0), 0);
  if (count("boot", "delta") * 2 >= Math.max(lines, 1)) return 0.9;
  const own = count("boot", "delta", "local");
  if (own > 0 && own * 2 >= lines) return 0.7;
  if (isoLine.test(text) && count("date") * 2 >= lines) return 0.8;
  // A date begins the lines of many logs, so that only a kernel's first words tell.
  const isKernels = banner.test(text);
  if (isKernels && own > 0) return 0.8;
  if (isKernels && count("date") * 2 >= lines) return 0.8;
  if (isKernels && count("minute") * 2 >= lines) return 0.7;
  return /^Linux version \d.*\r?\nCommand line: /.test(text) ? 0.7 : 0;
}

function startOf(file: InputFile): ClockStart | undefined {
  const text = headText(file);
  if (!jsonHead.test(text)) return readHead(file).start;
  const moment = momentOfSeconds(Number(jsonTime.exec(text)?.[1] ?? Number.NaN));
  return moment && { clock: "own", ...moment };
}

function refuseUntimed(file: InputFile, vagueRows: number): never {
  const found = vagueRows > 0 ? "times to the minute" : "messages without any";
  throw new FormatError(`${showPath(file.path)}: expected kernel messages with their times, found ${found}`, {
    hint: "write them with plain dmesg, or with dmesg --time-format iso",
  });
}

function nameOf(file: InputFile): string {
  return file.name.replace(/(\.(txt|log|json|dmesg|console))*(\.(gz|xz|zst))?$/, "");
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const [first] = files;
  if (!first) throw new FormatError(`expected kernel messages, found ${listInputs(files)}`);
  const sources: SourceReport[] = [];
  const clocks = new Set<string>();
  let spanNs = 0;
  let boots = 0;
  for (const file of files) {
    const isJson = jsonHead.test(headText(file));
    const { lines, journalLines, start } = readHead(file);
    const isJournal = lines > 2 && journalLines * 10 >= lines * 9;
    const read = isJson ? await readDmesgJson(file, context) : await readDmesgText(file, context, isJournal);
    if (read.keptRows === 0) refuseUntimed(file, read.vagueRows);
    if (read.banners > 0) boots++;
    sources.push(read.source);
    spanNs = Math.max(spanNs, read.spanNs);
    clocks.add(
      start?.clock === "realtime"
        ? "realtime, as dmesg reckons it from the kernel's log clock"
        : isJournal
          ? "the journal's monotonic time of taking a message"
          : "the kernel's log clock, in steps of 1 us",
    );
  }
  if (boots > 1) {
    context.warnings.add(
      "boots-on-one-clock",
      boots,
      "files that each begin with a kernel's boot stand on one time line, as if they were of one boot; say with --offset how they lie",
    );
  }
  return {
    name: nameOf(first),
    source: "kernel messages",
    licence: "unknown",
    clock: [...clocks].join("; "),
    spanNs,
    sources,
  };
}

export const dmesg: Importer = {
  name: "dmesg",
  version: 1,
  doc: "kernel messages: dmesg in its formats, consoles with one kernel or several, /dev/kmsg, initcall_debug",
  claim: (files) => claimEach(files, confidenceOf),
  startOf,
  run,
};
