/**
 * Importer for the text of `perf script` (perf-script(1)), with the default fields or with fewer (-F), with --ns, --reltime,
 * --header, call stacks and perf's own records. Functions of a stack are kept as further lines of the event's text.
 *
 * Not supported: output without times or without events' names; --deltatime, whose times count from the event before.
 * The clock is named in the header alone (`perf script --header` of `perf record -k mono`); else it is the tool's own.
 */
import { headText, type InputFile } from "../../source/input.ts";
import type { LineScanner } from "../../source/line-scanner.ts";
import type { ClockName } from "../clock.ts";
import { claimEach, type Importer } from "../importer.ts";
import { clockOf, type Dialect, eventShare } from "./dialect.ts";
import { isDigit, isSpace } from "./event-line.ts";
import type { KindName } from "./events.ts";
import { ftraceDialect } from "./ftrace.ts";
import { PerfLine } from "./perf-line.ts";
import { importText } from "./text-importer.ts";
import { firstMoment } from "./text-reader.ts";

/** Letters that ask for user, kernel, precise and so on, as in `cycles:u`. */
const modifiers = /^[ukhIGHpPSDWeb]{1,8}$/;

function kindOf(text: string): KindName {
  const [, category, name] = /^([A-Za-z_][\w-]*):([\w.:-]+)$/.exec(text) ?? [];
  if (category === undefined || name === undefined || modifiers.test(name)) return { category: null, name: text };
  return { category, name };
}

/** `	ffffffff96a528c8 __schedule+0x4f8 ([kernel.kallsyms])`: an address behind spaces. */
function isStack({ bytes, start, end }: LineScanner): boolean {
  if (!isSpace(bytes[start])) return false;
  let at = start;
  while (at < end && isSpace(bytes[at])) at++;
  const from = at;
  while (at < end && (isDigit(bytes[at]) || ((bytes[at]! | 32) >= 97 && (bytes[at]! | 32) <= 102))) at++;
  return at > from && (at === end || isSpace(bytes[at]));
}

const perfDialect: Dialect = {
  source: "a recording of perf, as text of perf script",
  clock: "perf's clock, in steps of 1 us or 1 ns",
  line: () => new PerfLine(),
  kind: kindOf,
  isStack,
  isNote: () => false,
  timeHint: "print with `perf script --ns`, and record with `perf record -k mono`",
  mayBeRelative: true,
};

const heading = /^# ========\r?\n# captured on/;

function confidenceOf(file: InputFile): number {
  // The kernel's lines have a task, a CPU, a time and an event too.
  if (eventShare(file, ftraceDialect) > 0.5) return 0;
  const share = eventShare(file, perfDialect);
  if (heading.test(headText(file)) && share > 0.5) return 1;
  return share > 0.9 ? 0.9 : 0;
}

const headerClocks: readonly [RegExp, ClockName][] = [
  [/^# clockid: monotonic \(/m, "monotonic"],
  [/^# clockid: boottime \(/m, "boottime"],
  [/^# clockid: realtime \(/m, "realtime"],
];

/** The clock that the header names. */
function headerClock(file: InputFile): ClockName | undefined {
  const text = headText(file);
  return headerClocks.find(([line]) => line.test(text))?.[1];
}

export const perfScript: Importer = {
  name: "perf-script",
  version: 1,
  doc: "text of perf script",
  claim: (files) => claimEach(files, confidenceOf),
  startOf: (file) => {
    const moment = firstMoment(file, perfDialect);
    return moment && { ...moment, clock: headerClock(file) ?? clockOf(moment.second) };
  },
  run: (files, context) => {
    const clock = files[0] && headerClock(files[0]);
    const dialect = clock ? { ...perfDialect, clock: `the ${clock} clock, in steps of 1 us or 1 ns` } : perfDialect;
    return importText(files, context, dialect);
  },
};
