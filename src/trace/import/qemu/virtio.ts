import { interruptTable } from "../../schema/trace-tables.ts";
import type { TableWriter } from "../../write.ts";
import type { ImportContext } from "../importer.ts";
import type { EventArguments } from "./arguments.ts";
import type { EventHandlers, EventPlace } from "./events.ts";
import type { Machine } from "./machine.ts";
import { DeviceRequests, ioCodes } from "./requests.ts";

/** Unit of the sector numbers of virtio-blk, whatever the disk's own block (Virtual I/O Device, section Block Device). */
const sectorBytes = 512;
const maxSectors = Math.floor(Number.MAX_SAFE_INTEGER / sectorBytes);
/** Devices, queues and elements that are remembered: machines have less, damaged files may have more. */
const maxKnown = 65_536;

/** A request as it was taken from the ring. */
interface Element {
  readonly ns: number;
  readonly inCount: number;
  readonly outCount: number;
}

/**
 * Events of virtio devices. A device is named by its address in QEMU's memory, and numbered here as it is first met.
 *
 * Shape    requests of virtio-blk begin with `virtio_blk_handle_read` or `_write` and complete with
 *          `virtio_blk_req_complete`, or where that is not traced with `virtio_blk_rw_complete`. One that was taken from the
 *          ring and completed, but was neither, is a flush if it has a header and a status alone, else of kind other
 * Limits   what other devices take from their rings stays events: no event says how much it is
 */
export class VirtioEvents {
  readonly #requests: DeviceRequests;
  readonly #context: ImportContext;
  readonly #machine: Machine;
  readonly #interrupts: TableWriter;
  readonly #devices = new Map<number, number>();
  /** Numbers of queues by their address. */
  readonly #queues = new Map<number, number>();
  readonly #elements = new Map<number, Element>();
  readonly handlers: EventHandlers;

  constructor(context: ImportContext, machine: Machine) {
    this.#context = context;
    this.#machine = machine;
    this.#requests = new DeviceRequests(context);
    this.#interrupts = context.writer.table(interruptTable, { sort: true });
    const notify = this.#notify.bind(this);
    this.handlers = {
      virtio_queue_notify: (_, args) => this.#name(args),
      virtqueue_pop: this.#pop.bind(this),
      virtqueue_fill: (_, args) => this.#fill(args),
      virtio_blk_handle_read: (place, args) => this.#begin(place, args, ioCodes.read),
      virtio_blk_handle_write: (place, args) => this.#begin(place, args, ioCodes.write),
      virtio_blk_rw_complete: this.#backendDone.bind(this),
      virtio_blk_req_complete: this.#complete.bind(this),
      virtio_notify: notify,
      virtio_notify_irqfd: notify,
    };
  }

  #device(address: number, kind: "virtio-blk" | "other"): number | undefined {
    const known = this.#devices.get(address);
    if (known !== undefined) return known;
    if (this.#devices.size === maxKnown) return undefined;
    const number = this.#devices.size;
    const index = this.#machine.device(kind === "other" ? `virtio-${number}` : `${kind}-${number}`, kind);
    this.#devices.set(address, index);
    return index;
  }

  #name(args: EventArguments): void {
    const queue = args.whole("vq");
    const number = args.whole("n");
    if (queue === undefined || number === undefined || number >= maxKnown) return;
    if (this.#queues.size < maxKnown || this.#queues.has(queue)) this.#queues.set(queue, number);
  }

  #pop({ ns }: EventPlace, args: EventArguments): void {
    const element = args.whole("elem");
    const inCount = args.whole("in_num");
    const outCount = args.whole("out_num");
    if (element === undefined || inCount === undefined || outCount === undefined) return;
    if (this.#elements.size === maxKnown) this.#elements.delete(this.#elements.keys().next().value!);
    this.#elements.set(element, { ns, inCount, outCount });
  }

  #fill(args: EventArguments): void {
    const element = args.whole("elem");
    if (element !== undefined) this.#elements.delete(element);
  }

  #begin({ ns, row }: EventPlace, args: EventArguments, direction: number): void {
    const request = args.whole("req");
    const address = args.whole("vdev");
    const sector = args.whole("sector");
    const sectors = args.whole("nsectors");
    if (request === undefined || address === undefined || sectors === undefined || sectors > maxSectors) return;
    const deviceIndex = this.#device(address, "virtio-blk");
    if (deviceIndex === undefined) return;
    const isPlace = sector !== undefined && sector <= maxSectors;
    const bytes = sectors * sectorBytes;
    const offsetBytes = isPlace ? sector * sectorBytes : undefined;
    this.#requests.begin(request, { submitNs: ns, deviceIndex, direction, bytes, offsetBytes, doneNs: undefined }, row);
    // A request of virtio-blk lies where its element does.
    this.#elements.delete(request);
  }

  #backendDone({ ns }: EventPlace, args: EventArguments): void {
    const request = this.#requests.find(args.whole("req") ?? -1);
    if (request) request.doneNs = ns;
  }

  #complete({ ns }: EventPlace, args: EventArguments): void {
    const key = args.whole("req");
    const address = args.whole("vdev");
    if (key === undefined || address === undefined || this.#requests.complete(key, ns)) return;
    const element = this.#elements.get(key);
    if (!element) return;
    this.#elements.delete(key);
    const deviceIndex = this.#device(address, "virtio-blk");
    if (deviceIndex === undefined) return;
    const isFlush = element.inCount === 1 && element.outCount === 1;
    this.#requests.write(
      {
        submitNs: element.ns,
        deviceIndex,
        direction: isFlush ? ioCodes.flush : ioCodes.other,
        bytes: 0,
        offsetBytes: undefined,
        doneNs: undefined,
      },
      ns,
    );
  }

  #notify({ ns, row }: EventPlace, args: EventArguments): void {
    const address = args.whole("vdev");
    const vector = this.#queues.get(args.whole("vq") ?? -1);
    if (address === undefined) return;
    if (vector === undefined) {
      this.#context.warnings.addRow(
        "interrupts-without-queue",
        row,
        "notifications of a queue whose number no event says: events alone, no rows of interrupt",
      );
      return;
    }
    const deviceIndex = this.#device(address, "other");
    if (deviceIndex === undefined) return;
    const { columns, fill } = this.#interrupts;
    columns["time_ns"]![fill] = ns;
    columns["device_index"]![fill] = deviceIndex;
    columns["vector"]![fill] = vector;
    this.#interrupts.advance();
  }

  end(): ReturnType<DeviceRequests["end"]> {
    return this.#requests.end();
  }
}
