import { FormatError } from "../base/index.ts";
import type { KeyRun } from "../model/index.ts";
import type { Blob, LabEvent, TrackerDump } from "./recording.ts";

/** More than any real recording has; beyond it a log would fill the memory of this process. */
const maxKeyRuns = 4_000_000;
const maxEvents = 1_000_000;

const orders = 53;
const levels = 6;

/** A message of the kernel as it stands on the console, and a KEYS line that one cut. */
const messagePattern = /^\[ *\d+\.\d+\] /;
const cutKeysPattern = /^(KEYS [\d ]*)\[ *\d+\.\d+\] /;

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** A field that is a word; of a log that says anything else nothing is shown. */
function wordOf(value: unknown): string {
  return typeof value === "string" || typeof value === "number" ? String(value) : "?";
}

function readTracker({ keys, nodes }: Record<string, unknown>): TrackerDump | undefined {
  if (!Array.isArray(nodes) || nodes.length !== levels || !nodes.every(isCount)) return undefined;
  if (typeof keys !== "object" || keys === null) return undefined;
  const entries = Object.entries(keys).map(([order, count]): [number, unknown] => [Number(order), count]);
  if (!entries.every(([order, count]) => isCount(order) && order < orders && isCount(count))) return undefined;
  return { nodesPerLevel: nodes, keysPerOrder: new Map(entries as [number, number][]) };
}

function readBlob({ tag, hex, len }: Record<string, unknown>): Blob | undefined {
  if (typeof tag !== "string" || typeof hex !== "string" || !/^(?:[0-9a-f]{2})*$/.test(hex)) return undefined;
  return hex.length === 2 * Number(len) ? { tag, bytes: Buffer.from(hex, "hex") } : undefined;
}

/** "0x9800000 0xd400000 " as numbers; undefined when something else stands there. */
function readAddresses(value: unknown): readonly number[] | undefined {
  if (typeof value !== "string") return undefined;
  const numbers = value.split(" ").filter(Boolean).map(Number);
  return numbers.every(isCount) ? numbers : undefined;
}

/** Collects what the lab's own program printed: LAB lines of JSON, and KEYS lines. */
export class LabOutput {
  readonly events = new Map<string, LabEvent[]>();
  readonly memory = new Map<string, LabEvent>();
  readonly blobs: Blob[] = [];
  scratchAreasBytes: readonly number[] = [];
  scratchStartsBytes: readonly number[] = [];
  failure: string | undefined;
  damagedLines = 0;
  damagedKeyLines = 0;
  mendedKeyLines = 0;
  keys: KeyRun[] = [];
  tracker: TrackerDump | undefined;
  #eventCount = 0;
  /** The tracker is walked twice; the walk after preserving prints its keys first. */
  #sawKeys = false;
  /** Beginning of a KEYS line that a message cut: what follows the messages is its rest. */
  #cutKeys: string | undefined;

  /** True when the line is the lab's and whole; anything else may hold a message of the kernel. */
  add(line: string, path: string): boolean {
    if (this.#cutKeys !== undefined && !messagePattern.test(line)) {
      const mended = this.#cutKeys + line;
      this.#cutKeys = undefined;
      if (this.#addKeys(mended, path)) {
        this.mendedKeyLines++;
        return true;
      }
      this.#dropKeys();
    }
    if (line.includes("LAB {")) return this.#addEvent(line, path);
    if (!line.includes("KEYS ")) return false;
    this.#sawKeys = true;
    if (this.#addKeys(line, path)) return true;
    const beginning = cutKeysPattern.exec(line)?.[1];
    if (beginning === undefined) this.#dropKeys();
    else this.#cutKeys = beginning;
    return false;
  }

  /** The log is over. */
  finish(): void {
    if (this.#cutKeys !== undefined) this.#dropKeys();
    this.#cutKeys = undefined;
  }

  #dropKeys(): void {
    this.damagedLines++;
    this.damagedKeyLines++;
  }

  #addKeys(line: string, path: string): boolean {
    const match = /^KEYS (\d{1,2}) (\d{1,16}) (\d{1,16})$/.exec(line);
    const [order, first, count] = (match?.slice(1) ?? []).map(Number);
    if (!isCount(order) || !isCount(first) || !isCount(count) || order >= orders || count === 0) return false;
    if (this.keys.length === maxKeyRuns) throw new FormatError(`${path}: more than ${maxKeyRuns} KEYS lines`);
    this.keys.push({ order, first, count });
    return true;
  }

  /** A line that a message cut is dropped: what it measured may have been disturbed. */
  #addEvent(line: string, path: string): boolean {
    let event: Record<string, unknown>;
    try {
      event = JSON.parse(/LAB (\{.*\})\s*$/.exec(line)?.[1] ?? "") as Record<string, unknown>;
    } catch {
      this.damagedLines++;
      return false;
    }
    if (++this.#eventCount > maxEvents) throw new FormatError(`${path}: more than ${maxEvents} LAB lines`);
    const kind = wordOf(event["ev"]);
    const numbers = Object.fromEntries(
      Object.entries(event).filter((field): field is [string, number] => typeof field[1] === "number"),
    );
    const known = this.events.get(kind);
    if (known) known.push(numbers);
    else this.events.set(kind, [numbers]);
    this.#addKnown(kind, event, numbers);
    return true;
  }

  #addKnown(kind: string, event: Record<string, unknown>, numbers: LabEvent): void {
    switch (kind) {
      case "radix":
        if (this.#sawKeys) this.tracker ??= readTracker(event);
        break;
      case "blob": {
        const blob = readBlob(event);
        if (blob) this.blobs.push(blob);
        break;
      }
      case "scratch_len":
        this.scratchAreasBytes = readAddresses(event["v"]) ?? [];
        break;
      case "scratch_phys":
        this.scratchStartsBytes = readAddresses(event["v"]) ?? [];
        break;
      case "mem":
        this.memory.set(wordOf(event["when"]), numbers);
        break;
      case "fail":
        this.failure ??= `${wordOf(event["what"])}, errno ${wordOf(event["errno"])}`;
        break;
      default:
    }
  }
}
