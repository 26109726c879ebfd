/**
 * Importer for the kernel's own trace text: /sys/kernel/tracing/trace and trace_pipe, of tracers nop, function and
 * function_graph, in the usual and the latency format (Documentation/trace/ftrace.rst, kernel/trace/trace_output.c).
 *
 * Not supported: options raw, hex, bin and verbose; function_graph without absolute times; clocks of unknown rate
 * (x86-tsc, counter, uptime). The text does not name its clock: times of a calendar are known as such, all others are
 * taken as a clock of their own.
 */
import { headText, type InputFile } from "../../source/input.ts";
import type { LineScanner } from "../../source/line-scanner.ts";
import { claimEach, type Importer } from "../importer.ts";
import { clockOf, type Dialect, eventShare } from "./dialect.ts";
import { FtraceLine } from "./ftrace-line.ts";
import { firstGraphMoment, graphColumnsOf } from "./graph-reader.ts";
import { importText } from "./text-importer.ts";
import { firstMoment } from "./text-reader.ts";

const space = 32;
const equals = 61;
const greater = 62;

/** ` => function` of options stacktrace and userstacktrace. */
export function isKernelStack({ bytes, start, end }: LineScanner): boolean {
  const at = bytes[start] === space ? start + 1 : start;
  return at + 2 < end && bytes[at] === equals && bytes[at + 1] === greater && bytes[at + 2] === space;
}

export const ftraceDialect: Dialect = {
  source: "the Linux kernel's trace, as text",
  clock: "the tracer's clock, which the text does not name, in steps of 1 us",
  line: () => new FtraceLine(),
  kind: (name) => ({ category: null, name }),
  isStack: isKernelStack,
  isNote: () => false,
  timeHint: "record with `echo mono > /sys/kernel/tracing/trace_clock`",
  mayBeRelative: false,
};

/** `# tracer: nop` stands at the top, or below a comment of whoever kept the file. */
const tracerHeading = /^(#.*\n){0,8}# tracer: \w+/;
/** What `trace-cmd report` begins with. */
export const traceCmdHeading = /^\s*(version = \d+\s+)?(CPU \d+ is empty\s+)*cpus=\d+\r?\n/;
const lostNote = /^CPU:\d+ \[LOST \d+ EVENTS\]/;

function confidenceOf(file: InputFile): number {
  const text = headText(file);
  if (tracerHeading.test(text)) return 1;
  if (traceCmdHeading.test(text)) return 0;
  // trace_pipe has no heading.
  const dialect: Dialect = { ...ftraceDialect, isNote: (scanner) => lostNote.test(scanner.text().slice(0, 80)) };
  return eventShare(file, dialect) > 0.9 ? 0.9 : 0;
}

export const ftrace: Importer = {
  name: "ftrace",
  version: 1,
  doc: "the kernel's trace text: /sys/kernel/tracing/trace and trace_pipe, also of tracer function_graph",
  claim: (files) => claimEach(files, confidenceOf),
  startOf: (file) => {
    const columns = graphColumnsOf(file);
    const moment = columns ? firstGraphMoment(file, columns) : firstMoment(file, ftraceDialect);
    return moment && { ...moment, clock: clockOf(moment.second) };
  },
  run: (files, context) => importText(files, context, ftraceDialect),
};
