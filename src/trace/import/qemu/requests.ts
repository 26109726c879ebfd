import { codeOf } from "../../schema/column.ts";
import { deviceIoTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { ImportContext } from "../importer.ts";

const direction = deviceIoTable.columns[4];

export const ioCodes = {
  read: codeOf(direction, "read"),
  write: codeOf(direction, "write"),
  flush: codeOf(direction, "flush"),
  other: codeOf(direction, "other"),
} as const;

/** A request under way. */
export interface Request {
  readonly submitNs: number;
  readonly deviceIndex: number;
  direction: number;
  /** Unknown until the event that says it. */
  bytes: number | undefined;
  offsetBytes: number | undefined;
  /** The backend was done: the completion, where no event tells of the guest's. */
  doneNs: number | undefined;
}

/** More requests than queues can hold: beyond it, the oldest is given up. */
const maxOpen = 65_536;

/** Requests of devices from their begin to their completion; each becomes a row of device_io when it is settled. */
export class DeviceRequests {
  readonly #io: TableWriter;
  readonly #context: ImportContext;
  readonly #open = new Map<number, Request>();
  #uncompleted = 0;
  #unsized = 0;

  constructor(context: ImportContext) {
    this.#context = context;
    this.#io = context.writer.table(deviceIoTable, { sort: true });
  }

  /** Begins a request under a key that tells it from all others under way. */
  begin(key: number, request: Request, row: number): void {
    const older = this.#open.get(key);
    if (older) {
      if (older.doneNs === undefined) {
        this.#context.warnings.addRow(
          "command-ids-reused",
          row,
          "requests whose id was still open; the older one stays without completion",
        );
      }
      this.#settle(key, older, older.doneNs);
    }
    if (this.#open.size === maxOpen) {
      const [oldestKey, oldest] = this.#open.entries().next().value!;
      this.#settle(oldestKey, oldest, oldest.doneNs);
    }
    this.#open.set(key, request);
  }

  find(key: number): Request | undefined {
    return this.#open.get(key);
  }

  complete(key: number, completeNs: number): boolean {
    const request = this.#open.get(key);
    if (!request) return false;
    this.#settle(key, request, completeNs);
    return true;
  }

  #settle(key: number, request: Request, completeNs: number | undefined): void {
    this.#open.delete(key);
    this.write(request, completeNs);
  }

  write(request: Request, completeNs: number | undefined): void {
    const { columns, nulls, fill } = this.#io;
    const isMoved = request.direction === ioCodes.read || request.direction === ioCodes.write;
    if (request.bytes === undefined && isMoved) this.#unsized++;
    // Threads print their lines a little out of order.
    const isComplete = completeNs !== undefined && completeNs >= request.submitNs;
    if (!isComplete) this.#uncompleted++;
    columns["submit_ns"]![fill] = request.submitNs;
    columns["complete_ns"]![fill] = isComplete ? completeNs : 0;
    nulls["complete_ns"]![fill] = isComplete ? 0 : 1;
    columns["device_index"]![fill] = request.deviceIndex;
    columns["bytes"]![fill] = request.bytes ?? 0;
    columns["direction"]![fill] = request.direction;
    columns["offset_bytes"]![fill] = request.offsetBytes ?? 0;
    nulls["offset_bytes"]![fill] = request.offsetBytes === undefined ? 1 : 0;
    this.#io.advance();
  }

  /** Settles what is still open. */
  end(): { readonly uncompleted: number; readonly unsized: number } {
    for (const request of this.#open.values()) this.write(request, request.doneNs);
    this.#open.clear();
    return { uncompleted: this.#uncompleted, unsized: this.#unsized };
  }
}
