import { FormatError, pagesToBytes } from "../base/index.ts";
import { popcount } from "../base/index.ts";
import type { GuestMemory } from "../model/index.ts";
import { codeOf, runSchema, type TableWriter, traceSchema } from "../trace/index.ts";
import type { Slice } from "./merge.ts";
import type { TraceFacts } from "./trace-facts.ts";

type EventKind = (typeof runSchema.deviceEventLabels)[number];
type Effect = (typeof runSchema.effectLabels)[number];

interface OpenRequest {
  readonly completeNs: number;
  readonly device: number;
  readonly bytes: number;
}

const toMemory = codeOf(traceSchema.dmaTable.columns[4], "to-memory");
const received = codeOf(traceSchema.netPacketTable.columns[2], "rx");

/** How a device fares in the blackout. */
export type DeviceFate = "goes-on" | "stops" | "emulated";

/** What a blackout does to DMA and interrupts of a device, by its fate [VFIO-02] [VFIO-03]. */
const dmaEffects: Record<DeviceFate, Effect> = { "goes-on": "dma-continues", stops: "dma-lost", emulated: "deferred" };
const interruptEffects: Record<DeviceFate, Effect> = {
  "goes-on": "interrupt-lost",
  stops: "interrupt-lost",
  emulated: "deferred",
};

/**
 * Collects the device activity that falls into the blackout.
 *
 * The guest stands still, so what it would have asked for is deferred; what comes from outside arrives at a stopped
 * guest; what was asked for before is in flight. The rows are the trace's own activity of that length of time.
 */
export class DeviceEvents {
  readonly #out: TableWriter;
  readonly #memory: GuestMemory;
  readonly #facts: TraceFacts;
  readonly #fates: readonly DeviceFate[];
  /** Packets that each device still keeps for its guest: only one that goes on fills its ring [SVC-06]. */
  readonly #ringLeft: Float64Array;
  /** Frames that each device has changed while no CPU ran, as a bitmap; made when the first comes. */
  readonly #changed: (Int32Array | undefined)[] = [];
  /** How many these are, one a device. */
  readonly changedPages: Float64Array;
  #open: OpenRequest[] = [];
  #keepFromNs: number;
  readonly #serviceTimeNs: number;
  #startNs = Number.POSITIVE_INFINITY;
  #endNs = Number.POSITIVE_INFINITY;
  neverCompleted = 0;

  constructor(
    out: TableWriter,
    memory: GuestMemory,
    facts: TraceFacts,
    options: {
      fates: readonly DeviceFate[];
      updateAtNs: number;
      ringPackets: number;
      /** How long requests take whose completion the trace does not have; Infinity: for ever. */
      serviceTimeNs: number;
    },
  ) {
    this.#out = out;
    this.#memory = memory;
    this.#facts = facts;
    this.#fates = options.fates;
    this.#keepFromNs = options.updateAtNs;
    this.#serviceTimeNs = options.serviceTimeNs;
    this.#ringLeft = Float64Array.from(options.fates, (fate) => (fate === "goes-on" ? options.ringPackets : 0));
    this.changedPages = new Float64Array(options.fates.length);
  }

  /** How long the requests of each VM of the trace that are in flight at this moment at emulated devices take yet. */
  drainNs(stopNs: number): Float64Array {
    const drains = new Float64Array(this.#facts.vms.length);
    for (const { completeNs, device } of this.#open) {
      if (this.#fates[device] !== "emulated") continue;
      const { vmIndex } = this.#facts.devices[device]!;
      drains[vmIndex] = Math.max(drains[vmIndex]!, completeNs - stopNs);
    }
    return drains;
  }

  /** The blackout is known: requests that are open at its start complete into it. */
  start(startNs: number, endNs: number): void {
    this.#startNs = startNs;
    this.#endNs = endNs;
    this.#open = this.#open
      .filter(({ completeNs }) => completeNs > startNs)
      .sort((left, right) => left.completeNs - right.completeNs);
  }

  readonly onRequests = ({ batch, from, to }: Slice): void => {
    const submitNs = batch.columns["submit_ns"] as Float64Array;
    const completeNs = batch.columns["complete_ns"] as Float64Array;
    const device = batch.columns["device_index"] as Uint16Array;
    const bytes = batch.columns["bytes"] as Float64Array;
    const open = batch.nulls["complete_ns"];
    for (let row = from; row < to; row++) {
      this.#checkDevice(device[row]!, "device_io", batch.firstRow + row);
      const ns = submitNs[row]!;
      if (open?.[row] === 1) this.neverCompleted++;
      if (ns > this.#startNs) this.#emit("io-submit", "deferred", { ns, device: device[row]!, bytes: bytes[row]! });
      else {
        const doneNs = open?.[row] === 1 ? ns + this.#serviceTimeNs : completeNs[row]!;
        if (doneNs > this.#keepFromNs && doneNs !== Number.POSITIVE_INFINITY) {
          this.#open.push({ completeNs: doneNs, device: device[row]!, bytes: bytes[row]! });
        }
      }
    }
  };

  readonly onDma = ({ batch, from, to }: Slice): void => {
    const timeNs = batch.columns["time_ns"] as Float64Array;
    const device = batch.columns["device_index"] as Uint16Array;
    const startGfn = batch.columns["start_gfn"] as Uint32Array;
    const pageCount = batch.columns["page_count"] as Uint32Array;
    const direction = batch.columns["direction"] as Uint8Array;
    for (let row = from; row < to; row++) {
      const index = device[row]!;
      this.#checkDevice(index, "dma", batch.firstRow + row);
      const { vmIndex } = this.#facts.devices[index]!;
      if (direction[row] === toMemory && !this.#memory.back(vmIndex, startGfn[row]!, pageCount[row]!)) {
        throw new FormatError(
          `table dma, row ${batch.firstRow + row + 1}: frames ${startGfn[row]} + ${pageCount[row]} are none, or beyond the VM's memory`,
        );
      }
      const ns = timeNs[row]!;
      if (ns > this.#startNs) {
        if (direction[row] === toMemory) this.#change(index, startGfn[row]!, pageCount[row]!, ns);
        this.#emit("dma", dmaEffects[this.#fates[index]!], {
          ns,
          device: index,
          bytes: pagesToBytes(pageCount[row]!),
        });
      }
    }
  };

  readonly onInterrupts = ({ batch, from, to }: Slice): void => {
    const timeNs = batch.columns["time_ns"] as Float64Array;
    const device = batch.columns["device_index"] as Uint16Array;
    for (let row = from; row < to; row++) {
      this.#checkDevice(device[row]!, "interrupt", batch.firstRow + row);
      const ns = timeNs[row]!;
      if (ns > this.#startNs) {
        this.#emit("interrupt", interruptEffects[this.#fates[device[row]!]!], {
          ns,
          device: device[row]!,
          bytes: 0,
        });
      }
    }
  };

  readonly onPackets = ({ batch, from, to }: Slice): void => {
    const timeNs = batch.columns["time_ns"] as Float64Array;
    const device = batch.columns["device_index"] as Uint16Array;
    const bytes = batch.columns["bytes"] as Uint32Array;
    const direction = batch.columns["direction"] as Uint8Array;
    for (let row = from; row < to; row++) {
      this.#checkDevice(device[row]!, "net_packet", batch.firstRow + row);
      const ns = timeNs[row]!;
      if (ns > this.#startNs) {
        const effect = direction[row] === received ? this.#receive(device[row]!, ns) : "deferred";
        this.#emit("packet", effect, { ns, device: device[row]!, bytes: bytes[row]! });
      }
    }
  };

  /** Writes the requests in flight that nothing came after, and one interrupt to each device that went on [VFIO-03]. */
  finish(): void {
    this.#emitOpen(this.#endNs);
    for (const [device, fate] of this.#fates.entries()) {
      if (fate === "goes-on") this.#write("interrupt", "interrupt-spurious", { ns: this.#endNs, device, bytes: 0 });
    }
  }

  #checkDevice(device: number, table: string, row: number): void {
    if (device < this.#facts.devices.length) return;
    throw new FormatError(
      `table ${table}, row ${row + 1}: device_index ${device}; the trace has ${this.#facts.devices.length} devices`,
    );
  }

  #receive(device: number, ns: number): Effect {
    if (ns > this.#endNs || this.#ringLeft[device] === 0) return "packet-lost";
    this.#ringLeft[device] = this.#ringLeft[device]! - 1;
    return "packet-kept";
  }

  /** A device that goes on writes guest memory that no CPU's dirty log sees [SVC-02]. */
  #change(device: number, firstFrame: number, count: number, ns: number): void {
    if (this.#fates[device] !== "goes-on" || ns > this.#endNs) return;
    const { vmIndex } = this.#facts.devices[device]!;
    const words = Math.ceil(this.#facts.vms[vmIndex]!.guestBytes / pagesToBytes(32));
    const bitmap = (this.#changed[device] ??= new Int32Array(words));
    let fresh = 0;
    for (let frame = firstFrame; frame < firstFrame + count; frame++) {
      const bit = 1 << (frame & 31);
      fresh += popcount(bit & ~bitmap[frame >>> 5]!);
      bitmap[frame >>> 5] = bitmap[frame >>> 5]! | bit;
    }
    this.changedPages[device] = this.changedPages[device]! + fresh;
  }

  #emitOpen(untilNs: number): void {
    while (this.#open.length > 0 && this.#open[0]!.completeNs <= untilNs) {
      const { completeNs, device, bytes } = this.#open.shift()!;
      this.#write("io-complete", "in-flight", { ns: completeNs, device, bytes });
    }
  }

  #emit(kind: EventKind, effect: Effect, event: { ns: number; device: number; bytes: number }): void {
    if (event.ns > this.#endNs) return;
    this.#emitOpen(event.ns);
    this.#write(kind, effect, event);
  }

  #write(kind: EventKind, effect: Effect, { ns, device, bytes }: { ns: number; device: number; bytes: number }): void {
    this.#out.push({
      time_ns: ns,
      trace_device_index: device,
      kind: runSchema.deviceEventLabels.indexOf(kind),
      effect: runSchema.effectLabels.indexOf(effect),
      bytes,
    });
  }
}
