import type { TableWriter } from "../../write.ts";

interface Request {
  readonly submitNs: number;
  readonly deviceIndex: number;
  readonly bytes: number;
  readonly offsetBytes: number;
  readonly direction: number;
  completeNs: number | null;
}

/** Requests that wait for older ones before they are written; beyond it the oldest counts as never completed. */
const maxWaiting = 1_048_576;

/** Pairs submits with completes by command id and writes requests in the order of their submits. */
export class DeviceIo {
  readonly #table: TableWriter;
  readonly #open = new Map<string, Request>();
  #waiting: Request[] = [];
  #head = 0;
  #uncompleted = 0;

  constructor(table: TableWriter) {
    this.#table = table;
  }

  /** Requests written without a completion. */
  get uncompleted(): number {
    return this.#uncompleted;
  }

  /** Takes a submit; false when a request with the same id was still open, which then stays without completion. */
  submit(commandId: string, request: Omit<Request, "completeNs">): boolean {
    const isFresh = !this.#open.has(commandId);
    if (!isFresh) this.#open.delete(commandId);
    const waiting: Request = { ...request, completeNs: null };
    this.#open.set(commandId, waiting);
    this.#waiting.push(waiting);
    if (this.#waiting.length - this.#head > maxWaiting) this.#writeFirst();
    return isFresh;
  }

  /** Takes a complete; false when no submit with the id is open. */
  complete(commandId: string, timeNs: number): boolean {
    const request = this.#open.get(commandId);
    if (!request) return false;
    this.#open.delete(commandId);
    request.completeNs = timeNs;
    while (this.#head < this.#waiting.length && this.#waiting[this.#head]!.completeNs !== null) this.#writeFirst();
    return true;
  }

  #writeFirst(): void {
    const { submitNs, completeNs, deviceIndex, bytes, direction, offsetBytes } = this.#waiting[this.#head]!;
    if (completeNs === null) this.#uncompleted++;
    this.#table.push({
      submit_ns: submitNs,
      complete_ns: completeNs,
      device_index: deviceIndex,
      bytes,
      direction,
      offset_bytes: offsetBytes,
    });
    this.#head++;
    if (this.#head === 65_536) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Writes what is left. */
  end(): void {
    while (this.#head < this.#waiting.length) this.#writeFirst();
  }
}
