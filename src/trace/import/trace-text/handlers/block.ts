/**
 * Requests of block devices from `block_rq_issue` and `block_rq_complete` (include/trace/events/block.h):
 * `254,0 WS 4096 () 712 + 8 [kworker]` and `254,0 WS () 712 + 8 [0]`, sectors of 512 bytes.
 *
 * Not supported: bios, which may be parts of a request, a whole one, or several.
 */
import { codeOf } from "../../../schema/column.ts";
import { deviceIoTable } from "../../../schema/trace-tables.ts";
import type { TableWriter } from "../../../write.ts";
import { NamedRows } from "../../catalogue.ts";
import type { ImportContext } from "../../importer.ts";
import type { EventFields } from "../event-fields.ts";
import type { Machine } from "../machine.ts";

const sectorBytes = 512;
const maxSector = Math.floor(Number.MAX_SAFE_INTEGER / sectorBytes);
const closeParen = 41;
const plus = 43;
/** The first letter of what a request does; F before another letter asks for a flush first. */
const [read, write, flushFirst] = [82, 87, 70];

const direction = deviceIoTable.columns[4];
const codes = {
  read: codeOf(direction, "read"),
  write: codeOf(direction, "write"),
  flush: codeOf(direction, "flush"),
  other: codeOf(direction, "other"),
};

/** Requests that wait for their completion; beyond it the oldest counts as never completed. */
const maxOpen = 1_048_576;
/** Requests are told apart by device and sector, as numbers below 2^53: no disk has more sectors. */
const sectorKeys = 2 ** 37;

interface Request {
  readonly submitNs: number;
  readonly deviceIndex: number;
  readonly bytes: number;
  readonly direction: number;
  readonly offsetBytes: number | null;
  /** Sectors that are not complete yet. */
  sectors: number;
  /** An older request of the same place. */
  older: Request | undefined;
}

export class BlockRequests {
  readonly #context: ImportContext;
  readonly #table: TableWriter;
  readonly #devices: NamedRows;
  readonly #open = new Map<number, Request>();
  #openCount = 0;
  #uncompleted = 0;
  #strangers = 0;
  #deviceIndex = 0;
  #direction = 0;
  #bytes = 0;
  #sector = 0;
  #sectors = 0;

  constructor(context: ImportContext, machine: Machine) {
    this.#context = context;
    this.#table = context.writer.table(deviceIoTable, { sort: true });
    this.#devices = new NamedRows((name) => context.catalogue.device(machine.vmIndex, name, "other"));
  }

  /** The device, what the request does, and its place; the bytes stand only in `block_rq_issue`. */
  #read(fields: EventFields, hasBytes: boolean): boolean {
    if (!fields.word()) return false;
    // `trace-cmd report -R` prints fields by name, and the device as one number.
    if (fields.bytes[fields.wordStart] === 100) return this.#readRaw(fields, hasBytes);
    const [deviceStart, deviceEnd] = [fields.wordStart, fields.wordEnd];
    if (!fields.word()) return false;
    this.#readDirection(fields);
    if (hasBytes && !fields.whole()) return false;
    this.#bytes = fields.value;
    if (!fields.skipPast(closeParen) || !fields.whole()) return false;
    this.#sector = fields.value;
    fields.skipSpaces();
    if (!fields.take(plus) || !fields.whole()) return false;
    this.#sectors = fields.value;
    this.#deviceIndex = this.#devices.index(fields.bytes, deviceStart, deviceEnd);
    return this.#bytes <= Number.MAX_SAFE_INTEGER;
  }

  #readRaw(fields: EventFields, hasBytes: boolean): boolean {
    if (!fields.find("rwbs=") || !fields.word()) return false;
    this.#readDirection(fields);
    if (hasBytes && !(fields.find("bytes=") && fields.whole())) return false;
    this.#bytes = fields.value;
    if (!fields.find("sector=") || !fields.whole()) return false;
    this.#sector = fields.value;
    if (!fields.find("nr_sector=") || !fields.whole()) return false;
    this.#sectors = fields.value;
    if (!fields.find("dev=") || !fields.whole()) return false;
    // The kernel's own numbering: 20 bits for the minor.
    const name = Buffer.from(`${Math.floor(fields.value / 2 ** 20)},${fields.value % 2 ** 20}`);
    this.#deviceIndex = this.#devices.index(name, 0, name.length);
    return this.#bytes <= Number.MAX_SAFE_INTEGER;
  }

  #readDirection({ bytes, wordStart, wordEnd }: EventFields): void {
    const first = bytes[wordStart];
    const second = wordEnd > wordStart + 1 ? bytes[wordStart + 1] : undefined;
    const letter = first === flushFirst && (second === write || second === read) ? second : first;
    if (letter === write) this.#direction = codes.write;
    else if (letter === read) this.#direction = codes.read;
    else this.#direction = letter === flushFirst ? codes.flush : codes.other;
  }

  /** A flush has no place: its completion names sector 2^64 - 1. */
  get #key(): number {
    const place = this.#direction === codes.flush ? sectorKeys - 1 : this.#sector % (sectorKeys - 1);
    return this.#deviceIndex * sectorKeys + place;
  }

  issue(fields: EventFields): boolean {
    if (!this.#read(fields, true)) return false;
    const isFlush = this.#direction === codes.flush;
    const key = this.#key;
    const request: Request = {
      submitNs: fields.timeNs,
      deviceIndex: this.#deviceIndex,
      bytes: isFlush ? 0 : this.#bytes,
      direction: this.#direction,
      offsetBytes: isFlush || this.#sector > maxSector ? null : this.#sector * sectorBytes,
      sectors: this.#sectors,
      older: this.#open.get(key),
    };
    this.#open.set(key, request);
    this.#openCount++;
    if (this.#openCount > maxOpen) this.#giveUpOldest();
    return true;
  }

  /** A request that the driver gave back will be issued again. */
  requeue(fields: EventFields): boolean {
    if (!this.#read(fields, false)) return false;
    if (this.#open.has(this.#key)) this.#pop(this.#key);
    return true;
  }

  complete(fields: EventFields): boolean {
    if (!this.#read(fields, false)) return false;
    const key = this.#key;
    const request = this.#open.get(key);
    if (!request || request.direction !== this.#direction || this.#sectors > request.sectors) {
      // What follows a flush of a request's own is complete without sectors.
      if (this.#sectors > 0) this.#strangers++;
      return true;
    }
    this.#pop(key);
    const left = request.sectors - this.#sectors;
    if (left > 0) {
      this.#sector += this.#sectors;
      request.sectors = left;
      request.older = this.#open.get(this.#key);
      this.#open.set(this.#key, request);
      this.#openCount++;
    } else {
      this.#write(request, fields.timeNs);
    }
    return true;
  }

  /** Takes the newest request of a place: an older one there may have lost its completion. */
  #pop(key: number): void {
    const { older } = this.#open.get(key)!;
    if (older) this.#open.set(key, older);
    else this.#open.delete(key);
    this.#openCount--;
  }

  #giveUpOldest(): void {
    const [key, newest] = this.#open.entries().next().value!;
    this.#open.delete(key);
    for (let request: Request | undefined = newest; request; request = request.older) {
      this.#openCount--;
      this.#uncompleted++;
      this.#write(request, null);
    }
  }

  #write({ submitNs, deviceIndex, bytes, direction: way, offsetBytes }: Request, completeNs: number | null): void {
    const row = this.#table.fill;
    const { columns, nulls } = this.#table;
    columns["submit_ns"]![row] = submitNs;
    columns["complete_ns"]![row] = Math.max(completeNs ?? 0, submitNs);
    nulls["complete_ns"]![row] = completeNs === null ? 1 : 0;
    columns["device_index"]![row] = deviceIndex;
    columns["bytes"]![row] = bytes;
    columns["direction"]![row] = way;
    columns["offset_bytes"]![row] = offsetBytes ?? 0;
    nulls["offset_bytes"]![row] = offsetBytes === null ? 1 : 0;
    this.#table.advance();
  }

  end(): void {
    while (this.#open.size > 0) this.#giveUpOldest();
    const { warnings } = this.#context;
    if (this.#uncompleted > 0) {
      const detail = "block requests whose completion the recording does not hold; complete_ns is null";
      const code = "requests-without-completion";
      warnings.add(code, warnings.rows(code) + this.#uncompleted, detail);
    }
    if (this.#strangers > 0) {
      const detail = "completions of block requests that the recording does not see issued; they are events alone";
      warnings.add("completions-without-request", this.#strangers, detail);
    }
  }
}
