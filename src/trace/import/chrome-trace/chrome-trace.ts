/**
 * Importer for Chrome's trace event format: an array of events, or an object with `traceEvents`, as Chromium, Node, Bazel,
 * perf's, LLVM's and many other tools write it; the closing bracket may be missing.
 *
 * B and E make one event each pair, nested by thread; b and e (S and F) by category and id; X, instants, marks, flows,
 * samples and objects are events; C are counters; names of processes and threads are tasks. Times are us with decimals. An
 * event's `args` are kept as JSON, numbers as JavaScript holds them.
 *
 * Not supported: the tables `stackFrames` and `samples`, `systemTraceEvents`, CPU times (`tts`, `tdur`), and a relation of
 * the clock to others: the format does not say which one it is.
 * Source: "Trace Event Format" (Google), the sections named after the phases.
 */
import { FormatError } from "../../../base/index.ts";
import { headText, type InputFile, listInputs } from "../../source/input.ts";
import { jsonObject, readJsonItems } from "../../source/json.ts";
import type { InputReader } from "../../source/reader.ts";
import { showPath } from "../../text.ts";
import type { ClockStart } from "../clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "../importer.ts";
import { ChromeEvents, momentOf, startUs } from "./reader.ts";

const arrayOfEvents = /^\s*\[\s*\{[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*"ph"\s*:\s*"[^"]{1,2}"/;
const emptyArray = /^\s*\{[^]*"traceEvents"\s*:\s*\[\s*(?:\{|\])/;

function confidenceOf(file: InputFile): number {
  const text = headText(file)
    .replace(/^\u00ef\u00bb\u00bf/, "")
    .slice(0, 16_384);
  if (/^\s*\{/.test(text) && emptyArray.test(text)) return 1;
  return arrayOfEvents.test(text) && /"(?:ts|name|pid)"\s*:/.test(text) ? 0.9 : 0;
}

/** Members of the top object that say something of the clock or the recorder. */
function isEvent(key: string | undefined): boolean {
  return key === undefined || key === "traceEvents";
}

/** The events of processes stand one behind the other, so that all must be seen to know the first. */
async function startOf(file: InputFile, reader: InputReader): Promise<ClockStart> {
  let leastUs = Number.POSITIVE_INFINITY;
  reader.expectAgain(file);
  try {
    await readJsonItems(
      file,
      reader,
      ({ value, key, isElement }) => {
        if (isEvent(key) && isElement) leastUs = Math.min(leastUs, startUs(value));
      },
      { mayStayOpen: true },
    );
  } catch (error) {
    // `run` meets the same, and says where.
    if (!(error instanceof FormatError)) throw error;
  }
  return { clock: "own", ...momentOf(Number.isFinite(leastUs) ? leastUs : 0) };
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  if (files.length === 0) throw new FormatError(`expected a trace of Chrome's format, found ${listInputs(files)}`);
  const sources: SourceReport[] = [];
  const domains = new Set<string>();
  let spanNs = 0;
  let others = 0;
  for (const file of files) {
    const clock = context.clock(file);
    // Processes write their events one behind the other.
    clock.watches = false;
    const events = new ChromeEvents(context, clock, file.name);
    await readJsonItems(
      file,
      context.reader,
      (item) => {
        if (isEvent(item.key) && item.isElement) return events.take(item);
        others++;
        const domain = item.key === "metadata" ? jsonObject(item.value)?.["clock-domain"] : undefined;
        if (typeof domain === "string") domains.add(domain.slice(0, 80));
      },
      { mayStayOpen: true },
    );
    if (events.rows === 0) {
      throw new FormatError(`${showPath(file.path)}: expected events in an array or in traceEvents, found none`);
    }
    events.end();
    const { dropped } = events;
    const lost = dropped.reduce((sum, { rows }) => sum + rows, 0);
    sources.push({ file: file.name, rows: events.rows, kept_rows: events.rows - lost, dropped });
    spanNs = Math.max(spanNs, clock.highestNs);
  }
  if (others > 0) {
    context.warnings.add("recorder-metadata-dropped", others, "members of the trace besides its events");
  }
  return {
    name: files[0]!.name.replace(/(\.[a-z]{2,8}){1,2}$/, ""),
    source: "trace events in Chrome's format",
    licence: "unknown",
    clock: `the recorder's own in us, 0 = the first event${domains.size > 0 ? ` (${[...domains].join(", ")})` : ""}`,
    spanNs,
    sources,
  };
}

export const chromeTrace: Importer = {
  name: "chrome-trace",
  version: 1,
  doc: "Chrome's trace event format (JSON), as Chromium, Node and many other tools write it",
  claim: (files) => claimEach(files, confidenceOf),
  startOf,
  run,
};
