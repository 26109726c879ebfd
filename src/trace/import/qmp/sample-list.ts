import { FormatError } from "../../../base/index.ts";
import { showPath } from "../../text.ts";
import type { InputFile } from "../../source/input.ts";
import { type JsonItem, jsonObject, readJsonItems } from "../../source/json.ts";
import type { SourceClock } from "../clock.ts";
import type { ImportContext, SourceReport } from "../importer.ts";
import { RowCount } from "./drops.ts";
import { momentOf } from "./moments.ts";
import { hasNumbers, type Readings, type Reply, replyOf } from "./readings.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** Members between a sample and the reply in it, as `reply.return`. */
const maxDepth = 3;

/** The reply that a sample holds, wherever the recorder put it. */
export function replyIn(sample: JsonObject, depth = maxDepth): Reply | undefined {
  const reply = replyOf(sample);
  if (reply || depth === 0) return reply;
  for (const value of Object.values(sample)) {
    const inner = jsonObject(value);
    const found = inner && replyIn(inner, depth - 1);
    if (found) return found;
  }
  return undefined;
}

/** Reads samples of replies in an array: objects with a moment and a reply, and maybe with what was going on. */
export async function readSampleList(
  file: InputFile,
  context: ImportContext,
  { readings, clock }: { readonly readings: Readings; readonly clock: SourceClock },
): Promise<SourceReport> {
  const rows = new RowCount();
  const readItem = ({ value, number, line }: JsonItem): void => {
    rows.rows++;
    const sample = jsonObject(value);
    const moment = sample && momentOf(sample);
    if (!sample || !moment) {
      throw new FormatError(
        `${showPath(file.path)}: line ${line}, item ${number}: expected a sample with its time, found none`,
        { hint: "name the time t_us, t_ms or t (seconds)" },
      );
    }
    const ns = clock.toNs(moment.second, moment.nanosecond, number);
    const { phase, event } = sample;
    if (typeof phase === "string") readings.phase(ns, phase);
    if (typeof event === "string") readings.event(ns, "note", event);
    const reply = replyIn(sample);
    if (reply?.kind === "migration") readings.state(ns, reply.value["status"]);
    if (reply) readings.take(ns, reply);
    const isTold = typeof phase === "string" || typeof event === "string";
    if (!isTold && !(reply && (reply.kind === "migration" || hasNumbers(reply))))
      rows.drop(reply ? "replies-without-numbers-dropped" : "qmp-commands-dropped");
  };
  await readJsonItems(file, context.reader, readItem);
  return rows.report(file.name);
}
