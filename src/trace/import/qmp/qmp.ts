/**
 * Importer for what QEMU says over QMP of migrations and dirty rates (`query-migrate`, `query-dirty-rate`; qapi/migration.json
 * of QEMU): a conversation as it went over the socket, an array of samples `{"t_us": …, "reply": …}`, or a table of samples
 * with a column a field. Numbers become counters in bytes, bytes/s, pages, pages/s and ns, states become marks, QEMU's own
 * events rows of `event`.
 *
 * Clock    a conversation: realtime of the host by the stamps of events. Replies have no time: those of `query-migrate` stand
 *          as long after the event of the migration's setup as they say it has been under way, those of `query-dirty-rate`
 *          where their measurement ended, in whole seconds. Samples: as the recorder says; below 1e9 s from its own start
 * Limits   other commands' replies are counted and left out; a conversation of several VMs reads as one VM's
 */
import { FormatError } from "../../../base/index.ts";
import { firstLine, type InputFile, headText, listInputs } from "../../source/input.ts";
import { jsonObject } from "../../source/json.ts";
import type { ClockStart } from "../clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "../importer.ts";
import { readConversation, timeSourceOf } from "./conversation.ts";
import { firstDateSecond, momentOf, stampOf } from "./moments.ts";
import { hasNumbers, Readings, replyOf } from "./readings.ts";
import { readSampleList, replyIn } from "./sample-list.ts";
import { readSampleTable, sampleColumns } from "./sample-table.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** Values at the beginning of a text of JSON, as many as are whole, up to a limit; texts between them are passed over. */
function headObjects(file: InputFile, isArray: boolean): readonly JsonObject[] {
  const text = headText(file);
  const objects: JsonObject[] = [];
  let from = isArray ? text.indexOf("[") + 1 : 0;
  while (objects.length < maxHeadObjects) {
    const start = text.indexOf("{", from);
    if (start < 0) break;
    const end = objectEnd(text, start);
    if (end < 0) break;
    try {
      const object = jsonObject(JSON.parse(text.slice(start, end)));
      if (object) objects.push(object);
    } catch {
      break;
    }
    from = end;
  }
  return objects;
}

const maxHeadObjects = 2000;

/** The place behind an object's closing brace; -1 where the text ends before it. */
function objectEnd(text: string, start: number): number {
  let depth = 0;
  const structure = /"(?:[^"\\]|\\.)*"|[{}]/g;
  structure.lastIndex = start;
  for (let found = structure.exec(text); found; found = structure.exec(text)) {
    if (found[0] === "{") depth++;
    else if (found[0] === "}" && --depth === 0) return structure.lastIndex;
  }
  return -1;
}

type Shape = "conversation" | "list" | "table";

function isMessage(object: JsonObject): boolean {
  const { QMP: greeting, event, execute } = object;
  return (
    greeting !== undefined ||
    typeof execute === "string" ||
    (typeof event === "string" && stampOf(object) !== undefined) ||
    replyOf(object["return"]) !== undefined
  );
}

/** Which of the shapes a file has, by its head. */
function shapeOf(file: InputFile): Shape | undefined {
  const text = headText(file);
  const first = /^(?:\u00ef\u00bb\u00bf)?\s*(\S)/.exec(text)?.[1];
  if (first === "[") {
    const objects = headObjects(file, true);
    // A time and a state alone would be many a list of jobs.
    const isSample = (object: JsonObject) => {
      const reply = replyIn(object);
      return reply !== undefined && (hasNumbers(reply) || "blocked-reasons" in reply.value);
    };
    return objects.some((object) => momentOf(object) !== undefined && isSample(object)) ? "list" : undefined;
  }
  if (sampleColumns(firstLine(file) ?? "")) return "table";
  if (!text.includes('{"') && !/\{\s*"/.test(text)) return undefined;
  return headObjects(file, false).slice(0, 20).some(isMessage) ? "conversation" : undefined;
}

function startOf(file: InputFile): ClockStart | undefined {
  const shape = shapeOf(file);
  if (shape === "conversation") {
    const { source, earliest } = timeSourceOf(headObjects(file, false));
    if (!earliest) return undefined;
    const isDate = source === "stamps" || earliest.second > firstDateSecond;
    return { clock: isDate ? "realtime" : "monotonic", ...earliest };
  }
  const samples = shape === "list" ? headObjects(file, true) : tableHead(file);
  const moments = samples.map(momentOf).filter((moment) => moment !== undefined);
  const [earliest] = moments.sort((one, other) => one.second - other.second || one.nanosecond - other.nanosecond);
  return earliest && earliest.second > firstDateSecond ? { clock: "realtime", ...earliest } : undefined;
}

function tableHead(file: InputFile): readonly JsonObject[] {
  const [first, ...lines] = headText(file).split("\n");
  const columns = sampleColumns(first ?? "");
  if (!columns) return [];
  return lines
    .slice(0, -1)
    .map((line) => Object.fromEntries(line.split(",").map((cell, at) => [columns[at] ?? "", cell])));
}

function nameOf(file: InputFile): string {
  return file.name.replace(/(\.(conversation|replies))?(\.(jsonl?|csv|log|txt))?(\.(gz|xz|zst))?$/, "");
}

async function readFile(file: InputFile, context: ImportContext, dropped: Set<string>) {
  const shape = shapeOf(file);
  if (shape === "table") return readSampleTable(file, context, dropped);
  const clock = context.clock(file);
  const readings = new Readings(context, nameOf(file), dropped);
  let source: SourceReport;
  if (shape === "list") source = await readSampleList(file, context, { readings, clock });
  else {
    const times = timeSourceOf(headObjects(file, false));
    source = await readConversation(file, context, { readings, clock, source: times.source });
  }
  return { source, spanNs: clock.highestNs };
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const [first] = files;
  if (!first) throw new FormatError(`expected what QEMU said over QMP, found ${listInputs(files)}`);
  const sources: SourceReport[] = [];
  const dropped = new Set<string>();
  let spanNs = 0;
  for (const file of files) {
    const read = await readFile(file, context, dropped);
    sources.push(read.source);
    spanNs = Math.max(spanNs, read.spanNs);
  }
  if (sources.every(({ kept_rows: kept }) => kept === 0)) {
    throw new FormatError(
      `expected replies of query-migrate or query-dirty-rate with a time, found none in ${listInputs(files)}`,
      {
        hint: 'turn on the capability "events" before the migration, or keep samples as {"t_us": …, "reply": …}',
      },
    );
  }
  if (dropped.size > 0) {
    context.warnings.add("columns-dropped", dropped.size, `no place in the format: ${[...dropped].sort().join(", ")}`);
  }
  return {
    name: nameOf(first),
    source: "what QEMU said over QMP of migrations and dirty rates",
    licence: "unknown",
    clock: "as the recorder's; replies without a time stand as long after the migration's begin as they say",
    spanNs,
    sources,
  };
}

export const qmp: Importer = {
  name: "qmp",
  version: 1,
  doc: "query-migrate and query-dirty-rate over QMP: a conversation, an array of samples, or a table of them",
  claim: (files) => claimEach(files, (file) => (shapeOf(file) === undefined ? 0 : 0.9)),
  startOf,
  run,
};
