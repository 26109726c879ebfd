import { divCeil, pageBytes } from "../../../base/index.ts";
import { counterTable, eventTable, markTable } from "../../schema/trace-tables.ts";
import { jsonObject } from "../../source/json.ts";
import type { ImportContext } from "../importer.ts";
import { dirtyRateScale, type MeasuredField, migrationFields, migrationStates, usualPageBytes } from "./fields.ts";

type JsonObject = Readonly<Record<string, unknown>>;

/** Fields of a reply that are no number to keep: its state, what was asked for, what text says. */
const silentFields = new Set(["status", "page_size", "blocked_reasons", "error_desc", "socket_address"]);
const maxNamedFields = 32;
const maxGuestBytes = 2 ** 44;

export type Reply =
  | { readonly kind: "migration"; readonly value: JsonObject }
  | { readonly kind: "dirty-rate"; readonly value: JsonObject };

/** What `query-migrate` or `query-dirty-rate` answered; undefined for the replies of other commands. */
export function replyOf(value: unknown): Reply | undefined {
  const object = jsonObject(value);
  if (object && Array.isArray(object["blocked-reasons"])) return { kind: "migration", value: object };
  if (typeof object?.["status"] !== "string") return undefined;
  if ("calc-time" in object) return { kind: "dirty-rate", value: object };
  return migrationStates.has(object["status"]) && !("running" in object)
    ? { kind: "migration", value: object }
    : undefined;
}

/** Whether a reply holds numbers: a migration in setup and a rate that is being measured hold none. */
export function hasNumbers({ kind, value }: Reply): boolean {
  return kind === "dirty-rate" ? value["status"] === "measured" : "total-time" in value || "ram" in value;
}

function wholeOf(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) && value >= 0 ? value : undefined;
}

/** The time at which a measurement of the dirty rate ended, as the reply says it: s since 1970, or since boot before 8.0. */
export function measuredAt(value: JsonObject): { readonly second: number; readonly nanosecond: number } | undefined {
  const start = wholeOf(value["start-time"]);
  const duration = wholeOf(value["calc-time"]);
  if (value["status"] !== "measured" || !start || duration === undefined || start + duration > 2 ** 40)
    return undefined;
  const ms = start * 1000 + (value["calc-time-unit"] === "millisecond" ? duration : duration * 1000);
  return { second: Math.floor(ms / 1000), nanosecond: Math.round(ms % 1000) * 1e6 };
}

/** Readings of one VM's migration and dirty rate as marks, counters and events. */
export class Readings {
  readonly #context: ImportContext;
  readonly #name: string;
  readonly #kinds = new Map<string, number>();
  readonly #dropped: Set<string>;
  #vm: number | undefined;
  #guestBytes = 0;
  #state: string | undefined;
  #phase: string | undefined;

  /** `dropped` takes the names of fields that nothing is made of. */
  constructor(context: ImportContext, name: string, dropped: Set<string>) {
    this.#context = context;
    this.#name = name;
    this.#dropped = dropped;
  }

  get #vmIndex(): number {
    return (this.#vm ??= this.#context.catalogue.assumedVm(this.#name));
  }

  take(ns: number, reply: Reply): void {
    if (reply.kind === "dirty-rate") this.#takeDirtyRate(ns, reply.value);
    else this.takeFields(ns, flatten(reply.value));
  }

  /** The state of a migration; a mark where it is another than before. */
  state(ns: number, state: unknown): void {
    if (typeof state !== "string" || state === "" || state === this.#state) return;
    this.#state = state;
    this.#mark(ns, `migration ${state}`);
  }

  /** What the one who asked says was going on. */
  phase(ns: number, phase: string): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#mark(ns, phase);
  }

  #mark(ns: number, name: string): void {
    this.#context.writer.table(markTable, { sort: true }).push({ time_ns: ns, vm_index: this.#vmIndex, name });
  }

  event(ns: number, name: string, detail: string | null): void {
    const kind = this.#context.catalogue.eventKind("qmp", name);
    this.#context.writer.table(eventTable, { sort: true }).push({ time_ns: ns, kind_index: kind, detail });
  }

  /** Fields of `query-migrate`, names with underscores and those of `ram` without a prefix. */
  takeFields(ns: number, fields: ReadonlyMap<string, unknown>): void {
    const pages = wholeOf(fields.get("page_size")) ?? usualPageBytes;
    this.#size(wholeOf(fields.get("total")));
    for (const [name, value] of fields) {
      const field = migrationFields.get(name);
      const number = wholeOf(value);
      if (field === undefined || number === undefined) {
        if (!silentFields.has(name) && this.#dropped.size < maxNamedFields) this.#dropped.add(name);
        continue;
      }
      this.#count(ns, field, number * (field.scale === 0 ? pages : field.scale));
    }
    const error = fields.get("error_desc");
    if (typeof error === "string") this.event(ns, "error", error);
    const blocked = fields.get("blocked_reasons");
    if (Array.isArray(blocked)) this.event(ns, "blocked", blocked.join("; "));
  }

  #takeDirtyRate(ns: number, value: JsonObject): void {
    const rate = wholeOf(value["dirty-rate"]);
    if (value["status"] !== "measured") return;
    if (rate !== undefined) this.#countRate(ns, "dirty rate", rate);
    const vcpus: unknown = value["vcpu-dirty-rate"];
    if (!Array.isArray(vcpus)) return;
    for (const item of vcpus) {
      const vcpu = jsonObject(item);
      const vcpuRate = wholeOf(vcpu?.["dirty-rate"]);
      const id = wholeOf(vcpu?.["id"]);
      if (vcpuRate !== undefined && id !== undefined) this.#countRate(ns, `dirty rate vcpu ${id}`, vcpuRate);
    }
  }

  #countRate(ns: number, name: string, rate: number): void {
    this.#count(ns, { name, unit: "bytes/s", scale: dirtyRateScale }, rate * dirtyRateScale);
  }

  #count(ns: number, { name, unit }: MeasuredField, value: number): void {
    const vm = this.#vmIndex;
    let kind = this.#kinds.get(name);
    if (kind === undefined) {
      kind = this.#context.catalogue.counterKind(name, unit, vm);
      this.#kinds.set(name, kind);
    }
    this.#context.writer.table(counterTable, { sort: true }).push({ time_ns: ns, kind_index: kind, value });
  }

  /** The migrated RAM is the best that a source says of the VM's size. */
  #size(bytes: number | undefined): void {
    if (bytes === undefined || bytes <= this.#guestBytes || bytes > maxGuestBytes) return;
    this.#guestBytes = bytes;
    const guestBytes = divCeil(bytes, pageBytes) * pageBytes;
    this.#context.catalogue.resizeAssumedVm(
      this.#vmIndex,
      guestBytes,
      "the RAM that a migration counts, firmware and video memory with it, was taken as the guest's; one vCPU was assumed",
    );
  }
}

/** A reply's fields with one name each: `ram.dirty-pages-rate` is `dirty_pages_rate`, `disk.total` is `disk.total`. */
function flatten(reply: JsonObject): Map<string, unknown> {
  const fields = new Map<string, unknown>();
  for (const [name, value] of Object.entries(reply)) {
    const inner = jsonObject(value);
    if (!inner) {
      fields.set(fieldName(name), value);
      continue;
    }
    for (const [innerName, innerValue] of Object.entries(inner)) {
      fields.set(name === "ram" ? fieldName(innerName) : `${fieldName(name)}.${fieldName(innerName)}`, innerValue);
    }
  }
  return fields;
}

/** A field's name with underscores, as columns of tables have it. */
export function fieldName(name: string): string {
  return name.replaceAll("-", "_");
}
