import { divCeil, divFloor, pageBytes } from "../base/index.ts";
import { codeOf, traceSchema } from "../trace/index.ts";
import { Arrivals } from "./arrivals.ts";
import { GroupDraw } from "./groups.ts";
import type { SynthOutput } from "./output.ts";
import { Random, seedOf } from "./random.ts";
import type { InterruptStream, PacketStream, RecipeDevice, RequestStream } from "./recipe/schema.ts";
import type { TickRuns } from "./tick-runs.ts";
import type { WorkloadRequest } from "./workloads/runner.ts";

const ioDirection = traceSchema.deviceIoTable.columns[4];
const dmaDirection = traceSchema.dmaTable.columns[4];
const packetDirection = traceSchema.netPacketTable.columns[2];
const read = codeOf(ioDirection, "read");
const write = codeOf(ioDirection, "write");
const flush = codeOf(ioDirection, "flush");
const toMemory = codeOf(dmaDirection, "to-memory");
const fromMemory = codeOf(dmaDirection, "from-memory");
const rx = codeOf(packetDirection, "rx");
const tx = codeOf(packetDirection, "tx");
/** IANA protocol numbers. */
const protocols: Readonly<Record<PacketStream["protocol"], number | null>> = { tcp: 6, udp: 17, none: null };

/** The 99th percentile of the standard normal distribution: what lies between median and p99 of a lognormal one. */
const normalP99 = 2.326_347_874;
/** Latency of requests that a workload hands over: median and p99 of a flash drive, assumed. */
const workloadLatency = { median: 100_000, p99: 1_000_000 };
const defaultBufferFrames = 4096;

interface Window {
  readonly fromNs: number;
  readonly toNs: number;
}

/** What the device has yet to write into memory. */
interface PendingWrite {
  readonly atNs: number;
  readonly startGfn: number;
  readonly frames: number;
}

interface IoRequest {
  readonly submitNs: number;
  readonly completeNs: number;
  readonly bytes: number;
  readonly direction: number;
  readonly offsetBytes: number | null;
  readonly startGfn: number;
  readonly frames: number;
}

function createLatency(latency: RequestStream["latency"], random: Random): () => number {
  if (latency.groups_us) {
    const groups = new GroupDraw(latency.groups_us);
    return () => (groups.draw(random) + random.unit()) * 1000;
  }
  const [median, p99] = [latency.median!, latency.p99!];
  const spread = Math.log(p99 / median) / normalP99;
  return () => median * Math.exp(spread * random.normal());
}

/** One device at work: its requests, packets and interrupts, and the guest's pages that they move. */
export class DeviceRunner {
  readonly name: string;
  readonly #index: number;
  readonly #device: RecipeDevice;
  readonly #out: SynthOutput;
  readonly #endNs: number;
  readonly #bufferGfn: number;
  readonly #bufferFrames: number;
  readonly #streams: ((untilNs: number) => void)[] = [];
  readonly #workloadLatency: () => number;
  #pending: PendingWrite[] = [];
  #nextPending: PendingWrite[] = [];

  constructor(
    device: RecipeDevice,
    out: SynthOutput,
    facts: { readonly index: number; readonly guestFrames: number; readonly endNs: number; readonly seed: number },
  ) {
    this.name = device.name;
    this.#device = device;
    this.#out = out;
    this.#index = facts.index;
    this.#endNs = facts.endNs;
    const { buffers } = device;
    const usualFrames = Math.min(defaultBufferFrames, divCeil(facts.guestFrames, 8));
    this.#bufferFrames = buffers ? divCeil(buffers.size, pageBytes) : usualFrames;
    this.#bufferGfn = buffers ? divFloor(buffers.start, pageBytes) : facts.guestFrames - usualFrames;
    const randomOf = (part: string) => new Random(seedOf(facts.seed, part));
    this.#workloadLatency = createLatency(workloadLatency, randomOf("workloads"));
    for (const [at, stream] of device.requests.entries()) this.#addRequests(stream, randomOf(`requests[${at}]`));
    for (const [at, stream] of device.packets.entries()) this.#addPackets(stream, randomOf(`packets[${at}]`));
    for (const [at, stream] of device.interrupts.entries()) this.#addInterrupts(stream, randomOf(`interrupts[${at}]`));
  }

  /** Everything that happens up to a moment; pages that an emulated device wrote are added to the tick's. */
  run(untilNs: number, runs: TickRuns): void {
    for (const stream of this.#streams) stream(untilNs);
    if (this.#pending.length === 0) return;
    for (const pending of this.#pending) {
      if (pending.atNs > untilNs) this.#nextPending.push(pending);
      else runs.add(pending.startGfn, pending.frames);
    }
    [this.#pending, this.#nextPending] = [this.#nextPending, this.#pending];
    this.#nextPending.length = 0;
  }

  /** Takes a request of a workload; what it writes to the device is read from the workload's own pages. */
  submit(request: WorkloadRequest): void {
    const completeNs = request.submitNs + Math.max(1, Math.round(this.#workloadLatency()));
    this.#request({ ...request, completeNs, direction: request.direction === "flush" ? flush : write });
  }

  #windowOf(stream: { readonly from: number; readonly for?: number | undefined }): Window {
    const toNs = stream.for === undefined ? this.#endNs : Math.min(this.#endNs, stream.from + stream.for);
    return { fromNs: stream.from, toNs };
  }

  /** A place of the device's buffers; requests that are longer than all of them go around, and are counted once. */
  #buffer(random: Random, frames: number): number {
    return this.#bufferGfn + random.below(this.#bufferFrames - frames + 1);
  }

  #addRequests(stream: RequestStream, random: Random): void {
    const arrivals = new Arrivals(stream.arrival, random, this.#windowOf(stream));
    const sizes = new GroupDraw(stream.sizes);
    const latency = createLatency(stream.latency, random);
    const sectors = Math.max(1, Math.floor(stream.span / 512));
    let place = 0;
    this.#streams.push((untilNs) => {
      for (let ns = arrivals.next(untilNs); ns !== undefined; ns = arrivals.next(untilNs)) {
        const isFlush = random.unit() < stream.flush_ratio;
        const bytes = isFlush ? 0 : sizes.draw(random);
        const direction = isFlush ? flush : random.unit() < stream.read_ratio ? read : write;
        if (stream.pattern === "random") place = random.unit();
        const sector = stream.pattern === "random" ? Math.floor(place * sectors) : place;
        if (stream.pattern === "sequential") place = (place + divCeil(bytes, 512)) % sectors;
        const frames = Math.min(this.#bufferFrames, divCeil(bytes, pageBytes));
        this.#request({
          submitNs: ns,
          completeNs: ns + Math.max(1, Math.round(latency())),
          bytes,
          direction,
          offsetBytes: isFlush ? null : sector * 512,
          startGfn: this.#buffer(random, frames),
          frames,
        });
      }
    });
  }

  /** A device takes data for a write when it has the request, and has written a read's when it says so. */
  #request(request: IoRequest): void {
    const isComplete = request.completeNs <= this.#endNs;
    this.#out.request(this.#index, { ...request, completeNs: isComplete ? request.completeNs : null });
    if (isComplete) this.#out.interrupt(this.#index, request.completeNs, this.#device.vector);
    if (request.frames === 0) return;
    if (request.direction === write) {
      this.#out.dma(this.#index, { ...request, atNs: request.submitNs, direction: fromMemory });
    } else if (isComplete) {
      this.#dmaToMemory(request.completeNs, request.startGfn, request.frames);
    }
  }

  #dmaToMemory(atNs: number, startGfn: number, frames: number): void {
    this.#out.dma(this.#index, { atNs, startGfn, frames, direction: toMemory });
    if (!this.#device.passed_through) this.#pending.push({ atNs, startGfn, frames });
  }

  #addPackets(stream: PacketStream, random: Random): void {
    const arrivals = new Arrivals(stream.arrival, random, this.#windowOf(stream));
    const sizes = new GroupDraw(stream.sizes);
    const protocol = protocols[stream.protocol];
    const row = { atNs: 0, isRx: false, direction: 0, bytes: 0, protocol, sourcePort: 0, destinationPort: 0 };
    this.#streams.push((untilNs) => {
      for (let ns = arrivals.next(untilNs); ns !== undefined; ns = arrivals.next(untilNs)) {
        row.atNs = ns;
        row.isRx = random.unit() < stream.rx_ratio;
        row.direction = row.isRx ? rx : tx;
        row.bytes = Math.max(1, sizes.draw(random));
        const peer = (stream.peer_port + random.below(stream.flows)) % 65_536;
        row.sourcePort = row.isRx ? peer : stream.guest_port;
        row.destinationPort = row.isRx ? stream.guest_port : peer;
        this.#out.packet(this.#index, row);
        if (row.isRx && stream.interrupts) this.#out.interrupt(this.#index, ns, this.#device.vector);
        if (stream.dma) this.#packetDma(ns, row.isRx, row.bytes, random);
      }
    });
  }

  #packetDma(atNs: number, isRx: boolean, bytes: number, random: Random): void {
    const frames = Math.min(this.#bufferFrames, divCeil(bytes, pageBytes));
    const startGfn = this.#buffer(random, frames);
    if (isRx) this.#dmaToMemory(atNs, startGfn, frames);
    else this.#out.dma(this.#index, { atNs, startGfn, frames, direction: fromMemory });
  }

  #addInterrupts(stream: InterruptStream, random: Random): void {
    const arrivals = new Arrivals(stream.arrival, random, this.#windowOf(stream));
    this.#streams.push((untilNs) => {
      for (let ns = arrivals.next(untilNs); ns !== undefined; ns = arrivals.next(untilNs)) {
        this.#out.interrupt(this.#index, ns, stream.vector);
      }
    });
  }
}
