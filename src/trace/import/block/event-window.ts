import { BlockEvent } from "./block-event.ts";

const windowRows = 131_072;

/**
 * Puts events of several CPUs into the order of their times, as far as they stand close to each other: a window is sorted,
 * and its earlier half goes on.
 *
 * Cost     no allocation a row; nothing is sorted where a window is in order
 */
export class EventWindow {
  readonly #take: (event: BlockEvent) => void;
  readonly #event = new BlockEvent();
  readonly #timeNs = new Float64Array(windowRows);
  readonly #sector = new Float64Array(windowRows);
  readonly #bytes = new Float64Array(windowRows);
  readonly #device = new Uint32Array(windowRows);
  /** Step, lane and direction. */
  readonly #kind = new Uint32Array(windowRows);
  #fill = 0;
  #isInOrder = true;
  #lastNs = 0;

  constructor(take: (event: BlockEvent) => void) {
    this.#take = take;
  }

  add(event: BlockEvent): void {
    const row = this.#fill;
    this.#timeNs[row] = event.timeNs;
    this.#sector[row] = event.sector;
    this.#bytes[row] = event.bytes;
    this.#device[row] = event.device;
    this.#kind[row] = event.step | (event.lane << 8) | (event.direction << 16);
    if (row > 0 && event.timeNs < this.#lastNs) this.#isInOrder = false;
    this.#lastNs = event.timeNs;
    this.#fill++;
    if (this.#fill === windowRows) this.#passOn(windowRows / 2);
  }

  /** Passes on all that is left. */
  finish(): void {
    this.#passOn(this.#fill);
  }

  #passOn(count: number): void {
    const order = this.#isInOrder ? undefined : this.#sorted();
    for (let index = 0; index < count; index++) this.#passRow(order ? order[index]! : index);
    if (order) this.#reorder(order);
    for (const column of [this.#timeNs, this.#sector, this.#bytes, this.#device, this.#kind]) {
      column.copyWithin(0, count, this.#fill);
    }
    this.#fill -= count;
    this.#lastNs = this.#fill > 0 ? this.#timeNs[this.#fill - 1]! : 0;
    this.#isInOrder = true;
  }

  #passRow(row: number): void {
    const event = this.#event;
    const kind = this.#kind[row]!;
    event.timeNs = this.#timeNs[row]!;
    event.sector = this.#sector[row]!;
    event.bytes = this.#bytes[row]!;
    event.device = this.#device[row]!;
    event.step = kind & 255;
    event.lane = (kind >>> 8) & 255;
    event.direction = kind >>> 16;
    this.#take(event);
  }

  #sorted(): Uint32Array {
    const times = this.#timeNs;
    const order = Uint32Array.from({ length: this.#fill }, (_, row) => row);
    return order.sort((one, other) => times[one]! - times[other]! || one - other);
  }

  #reorder(order: Uint32Array): void {
    for (const column of [this.#timeNs, this.#sector, this.#bytes, this.#device, this.#kind]) {
      const old = column.slice(0, this.#fill);
      for (let index = 0; index < order.length; index++) column[index] = old[order[index]!]!;
    }
  }
}
