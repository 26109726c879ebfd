import { FormatError } from "../../../base/index.ts";
import type { InputFile } from "../../source/input.ts";
import { type LineScanner, scanLines } from "../../source/line-scanner.ts";
import { showPath } from "../../text.ts";
import type { SourceClock } from "../clock.ts";
import type { ImportContext } from "../importer.ts";
import { headLines, isComment } from "./dialect.ts";
import type { Events } from "./events.ts";
import { type GraphColumns, graphColumns, GraphLine } from "./graph-line.ts";
import { LineCounts } from "./line-counts.ts";
import type { ReadResult } from "./text-reader.ts";

const capitalC = 67;
const commentSign = Buffer.from(" */");
/** Stacks of CPUs stand above those of tasks, where the tracer does not name tasks. */
const cpuStacks = 2 ** 32;
const tracerLine = /^# tracer: function_graph\s*$/;

/** The columns of a function_graph trace; undefined for any other file. */
export function graphColumnsOf(file: InputFile): GraphColumns | undefined {
  let isGraph = false;
  for (const scanner of headLines(file)) {
    if (!isComment(scanner)) return undefined;
    const text = scanner.text();
    isGraph ||= tracerLine.test(text);
    const columns = isGraph ? graphColumns(text) : undefined;
    if (columns) return columns;
  }
  return undefined;
}

/** The first moment of a function_graph trace. */
export function firstGraphMoment(file: InputFile, columns: GraphColumns) {
  const line = new GraphLine(columns);
  for (const scanner of headLines(file)) {
    if (!isComment(scanner) && columns.hasTime && line.read(scanner)) {
      return { second: line.second, nanosecond: line.nanosecond };
    }
  }
  return undefined;
}

/** The end of a line that goes on with a comment, without the sign that closes it. */
function commentEnd({ bytes, start, end }: LineScanner): number {
  const isClosed =
    end - start >= commentSign.length &&
    bytes.compare(commentSign, 0, commentSign.length, end - commentSign.length, end) === 0;
  return isClosed ? end - commentSign.length : end;
}

/** Reads one trace of tracer function_graph. */
class GraphReader {
  readonly #events: Events;
  readonly #line: GraphLine;
  readonly #clock: SourceClock;
  readonly #counts: LineCounts;
  /** The task that runs on each CPU, where there is no column of tasks. */
  readonly #running = new Map<number, number>();
  #isSwitchNext = false;

  constructor(file: InputFile, context: ImportContext, columns: GraphColumns, events: Events) {
    this.#events = events;
    this.#line = new GraphLine(columns);
    this.#clock = context.clock(file);
    this.#counts = new LineCounts(context, file);
  }

  readLine(scanner: LineScanner): void {
    const line = this.#line;
    const counts = this.#counts;
    const { log } = this.#events;
    if (isComment(scanner)) counts.comment(scanner);
    else if (line.isRule(scanner)) {
      this.#isSwitchNext = !this.#isSwitchNext;
      counts.drop("task-lines-dropped");
    } else if (this.#isSwitchNext && this.#switch(scanner)) counts.drop("task-lines-dropped");
    else if (line.read(scanner)) this.#take(scanner);
    else if (scanner.bytes[scanner.start] === capitalC && counts.lostNote(scanner)) return;
    else if (log.isMark && log.extend(scanner.bytes, scanner.start, commentEnd(scanner))) counts.continuation();
    else counts.dropWithWarning("lines-not-understood", scanner);
  }

  #task(scanner: LineScanner): number {
    const { taskStart, taskEnd, identityEnd, threadId } = this.#line;
    return this.#events.namedTask(scanner.bytes, { taskStart, taskEnd, identityEnd, threadId });
  }

  #switch(scanner: LineScanner): boolean {
    const line = this.#line;
    let before = -1;
    const isSwitch = line.readSwitch(scanner, () => {
      before = this.#task(scanner);
    });
    if (!isSwitch || line.columns.hasTask) return isSwitch;
    const { cpu } = line;
    // Who ran until here is known only now.
    if (before >= 0 && !this.#running.has(cpu)) this.#events.renameStack(cpuStacks + cpu, before);
    this.#running.set(cpu, this.#task(scanner));
    return true;
  }

  #take(scanner: LineScanner): void {
    const line = this.#line;
    const { call, cpu, second, nanosecond } = line;
    const timeNs = this.#clock.toNs(second, nanosecond, scanner.line);
    const taskIndex = line.columns.hasTask ? this.#task(scanner) : (this.#running.get(cpu) ?? -1);
    const stack = taskIndex < 0 ? cpuStacks + cpu : taskIndex;
    const isKept = this.#events.takeCall(call, scanner.bytes, { timeNs, taskIndex, cpu, stack, line: scanner.line });
    if (isKept) this.#counts.event();
    else this.#counts.dropWithWarning("returns-dropped", scanner);
  }

  end(lines: number): ReadResult {
    this.#events.endFile();
    return { source: this.#counts.report(lines), highestNs: this.#clock.highestNs };
  }
}

/**
 * Reads a trace of tracer function_graph.
 *
 * Errors   FormatError without the column of times: then the trace says how long functions took and nothing of when
 */
export async function readGraph(
  file: InputFile,
  context: ImportContext,
  columns: GraphColumns,
  events: Events,
): Promise<ReadResult> {
  if (!columns.hasTime) {
    throw new FormatError(`${showPath(file.path)}: expected a column TIME, found durations alone`, {
      hint: "record with `echo 1 > /sys/kernel/tracing/options/funcgraph-abstime`: without it the trace does not say when anything happened",
    });
  }
  const graph = new GraphReader(file, context, columns, events);
  return graph.end(await scanLines(file, context.reader, (scanner) => graph.readLine(scanner)));
}
