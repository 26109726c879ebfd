/**
 * Importer for the text of `trace-cmd report` (trace-cmd-report(1)), also with -t, -l, -R, -N and --ts-diff, and of several
 * recordings at once, whose names stand before the tasks.
 *
 * Not supported: --raw-ts and clocks of unknown rate, -w and --profile. trace-cmd does not name the clock: times of a
 * calendar (`record --date`) are known as such, all others are taken as a clock of their own.
 */
import { headText, type InputFile } from "../../source/input.ts";
import { claimEach, type Importer } from "../importer.ts";
import { clockOf, type Dialect, eventShare } from "./dialect.ts";
import { ftraceDialect, traceCmdHeading } from "./ftrace.ts";
import { importText } from "./text-importer.ts";
import { firstMoment } from "./text-reader.ts";

/** Lines about the recording: how many CPUs it has, and those without an event; with --uname and --version who made it. */
const note = /^(cpus=\d+|version = \d+|CPU \d+ is empty|\s*)$/;
/** The longest of these notes. */
const noteBytes = 40;

const traceCmdDialect: Dialect = {
  ...ftraceDialect,
  source: "a recording of trace-cmd, as text of trace-cmd report",
  clock: "the tracer's clock, which the text does not name, in steps of 1 us or 1 ns",
  isNote: (scanner) => scanner.end - scanner.start < noteBytes && note.test(scanner.text()),
  timeHint: "record with `trace-cmd record -C mono`, and report without --raw-ts",
};

function confidenceOf(file: InputFile): number {
  if (!traceCmdHeading.test(headText(file))) return 0;
  return eventShare(file, traceCmdDialect) > 0.5 ? 1 : 0;
}

export const traceCmd: Importer = {
  name: "trace-cmd",
  version: 1,
  doc: "text of trace-cmd report",
  claim: (files) => claimEach(files, confidenceOf),
  startOf: (file) => {
    const moment = firstMoment(file, traceCmdDialect);
    return moment && { ...moment, clock: clockOf(moment.second) };
  },
  run: (files, context) => importText(files, context, traceCmdDialect),
};
