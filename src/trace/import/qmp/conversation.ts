import type { InputFile } from "../../source/input.ts";
import { type JsonItem, jsonObject, readJsonItems } from "../../source/json.ts";
import type { Moment, SourceClock } from "../clock.ts";
import type { ImportContext, SourceReport } from "../importer.ts";
import { RowCount } from "./drops.ts";
import { firstDateSecond, stampOf } from "./moments.ts";
import { hasNumbers, measuredAt, Readings, type Reply, replyOf } from "./readings.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** Where the times of a conversation come from; replies themselves have none. */
export type TimeSource =
  /** Events have the host's time, and replies say how long the migration has been under way. */
  | "stamps"
  /** No events: the dirty rate says when it was measured. */
  | "measurements"
  /** Neither: the migration's own clock, which begins with it. */
  | "migration";

/** How a conversation's times are to be read, as far as its beginning shows. */
export function timeSourceOf(messages: readonly JsonObject[]): {
  readonly source: TimeSource;
  readonly earliest: Moment | undefined;
} {
  const stamps = messages.filter(({ event }) => event !== undefined).map(stampOf);
  const measured = messages.map((message) => measuredAt(jsonObject(message["return"]) ?? {}));
  const [source, moments] = stamps.some((stamp) => stamp !== undefined)
    ? (["stamps", stamps] as const)
    : measured.some((moment) => moment !== undefined)
      ? (["measurements", measured] as const)
      : (["migration", []] as const);
  let earliest: Moment | undefined;
  for (const moment of moments) {
    if (!moment) continue;
    const isEarlier =
      !earliest ||
      moment.second < earliest.second ||
      (moment.second === earliest.second && moment.nanosecond < earliest.nanosecond);
    if (isEarlier) earliest = moment;
  }
  return { source, earliest };
}

class Conversation {
  readonly #readings: Readings;
  readonly #clock: SourceClock;
  readonly #source: TimeSource;
  readonly #rows: RowCount;
  /** When the migration under way began, by its event. */
  #begin: Moment | undefined;
  #hasStates = false;

  constructor(readings: Readings, clock: SourceClock, source: TimeSource, rows: RowCount) {
    this.#readings = readings;
    this.#clock = clock;
    this.#source = source;
    this.#rows = rows;
    if (source === "migration") this.#begin = { second: 0, nanosecond: 0 };
  }

  readonly readItem = ({ value, number }: JsonItem): void => {
    this.#rows.rows++;
    const message = jsonObject(value);
    const event = message?.["event"];
    if (message && typeof event === "string") return this.#event(message, event, number);
    const reply = replyOf(message?.["return"]);
    if (!reply) return this.#rows.drop("qmp-commands-dropped");
    this.#reply(reply, number);
  };

  #event(message: JsonObject, event: string, number: number): void {
    const stamp = this.#source === "stamps" ? stampOf(message) : undefined;
    if (!stamp) return this.#rows.drop("untimed-replies-dropped");
    const ns = this.#clock.toNs(stamp.second, stamp.nanosecond, number);
    const data = message["data"];
    this.#readings.event(ns, event, data === undefined ? null : JSON.stringify(data));
    const state = event === "MIGRATION" ? jsonObject(data)?.["status"] : undefined;
    if (typeof state !== "string") return;
    this.#hasStates = true;
    if (state === "setup") this.#begin = stamp;
    this.#readings.state(ns, state);
  }

  #reply(reply: Reply, number: number): void {
    const moment = reply.kind === "migration" ? this.#migrationMoment(reply.value) : this.#rateMoment(reply.value);
    if (!moment) {
      return this.#rows.drop(hasNumbers(reply) ? "untimed-replies-dropped" : "replies-without-numbers-dropped");
    }
    const ns = this.#clock.toNs(moment.second, moment.nanosecond, number);
    if (reply.kind === "migration" && !this.#hasStates) this.#readings.state(ns, reply.value["status"]);
    this.#readings.take(ns, reply);
  }

  /** The migration's begin, and as many ms later as it has taken so far. */
  #migrationMoment(reply: JsonObject): Moment | undefined {
    const ms = reply["total-time"];
    if (!this.#begin || typeof ms !== "number" || !Number.isSafeInteger(ms) || ms < 0) return undefined;
    const nanosecond = this.#begin.nanosecond + (ms % 1000) * 1e6;
    return {
      second: this.#begin.second + Math.floor(ms / 1000) + Math.floor(nanosecond / 1e9),
      nanosecond: nanosecond % 1e9,
    };
  }

  #rateMoment(reply: JsonObject): Moment | undefined {
    const moment = measuredAt(reply);
    // Before QEMU 8.0 a measurement says seconds since boot, which the stamps of events do not.
    const isOfClock =
      this.#source === "measurements" || (this.#source === "stamps" && (moment?.second ?? 0) > firstDateSecond);
    return isOfClock ? moment : undefined;
  }
}

/** Reads what was said over QMP: messages of both sides, or of QEMU alone, one behind the other. */
export async function readConversation(
  file: InputFile,
  context: ImportContext,
  {
    readings,
    clock,
    source,
  }: { readonly readings: Readings; readonly clock: SourceClock; readonly source: TimeSource },
): Promise<SourceReport> {
  const rows = new RowCount();
  const conversation = new Conversation(readings, clock, source, rows);
  const end = await readJsonItems(file, context.reader, conversation.readItem, { shape: "sequence" });
  rows.rows += end.strangers;
  rows.drop("damaged-lines-dropped", end.strangers);
  return rows.report(file.name);
}
