/**
 * Captures of the next generation, as dumpcap and Wireshark write them: blocks in sections, each section with a byte order
 * and interfaces of its own.
 *
 * Source   draft-ietf-opsawg-pcapng; the obsolete packet block stands in its appendix
 * Not      name resolution, decryption secrets and blocks of others, which are passed over; options besides those below
 */
import type { ByteWindow } from "../../source/byte-window.ts";
import type { InputFile } from "../../source/input.ts";
import { TickTimes } from "../tick-times.ts";
import { type CaptureReader, type CaptureSink, damaged, maxPacketBytes } from "./capture.ts";
import { directions, Packet } from "./packet.ts";

const blockTypes = { section: 0x0a0d_0d0a, interface: 1, oldPacket: 2, simple: 3, statistics: 5, packet: 6 } as const;
const byteOrderMagic = 0x1a2b_3c4d;
const options = { end: 0, name: 2, flags: 2, resolution: 9, offset: 14, dropCount: 4, kernelDrops: 5, systemDrops: 7 };

/** Type, length, and the length once more behind the body. */
const frameBytes = 12;
const maxBlockBytes = 32 * 1024 * 1024;
/** A capture of more interfaces is none. */
const maxInterfaces = 65_536;
const microseconds = 6;

interface CaptureInterface {
  readonly index: number;
  readonly linkType: number;
  readonly maxBytes: number;
  readonly resolution: TickTimes;
}

export function isPcapng({ head }: InputFile): boolean {
  if (head.length < frameBytes) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (view.getUint32(0) !== blockTypes.section) return false;
  return view.getUint32(8) === byteOrderMagic || view.getUint32(8, true) === byteOrderMagic;
}

export class PcapngReader implements CaptureReader {
  readonly #file: InputFile;
  readonly #sink: CaptureSink;
  readonly #packet = new Packet();
  #isLittle = true;
  #interfaces: CaptureInterface[] = [];
  /** The piece at hand, and where in the file it begins. */
  #view: DataView = new DataView(new ArrayBuffer(0));
  #bytes: Buffer = Buffer.alloc(0);
  #before = 0;

  constructor(file: InputFile, sink: CaptureSink) {
    this.#file = file;
    this.#sink = sink;
  }

  take(window: ByteWindow): number {
    this.#view = window.view;
    this.#bytes = this.#packet.bytes = window.bytes;
    this.#before = window.offset - window.at;
    while (window.left >= frameBytes) {
      const { at } = window;
      // Its type reads the same both ways, and its byte order may be another than that of the section before.
      const isSection = this.#view.getUint32(at) === blockTypes.section;
      if (isSection) this.#chooseOrder(at + 8);
      const bytes = this.#view.getUint32(at + 4, this.#isLittle);
      if (bytes < frameBytes || bytes % 4 !== 0 || bytes > maxBlockBytes) {
        this.#refuse(at + 4, `a block's length, a multiple of 4 up to ${maxBlockBytes}`, bytes);
      }
      if (window.left < bytes) {
        if (!isSection) this.#seeCut(at, window.bytes.length);
        return bytes;
      }
      const again = this.#view.getUint32(at + bytes - 4, this.#isLittle);
      if (again !== bytes) this.#refuse(at + bytes - 4, `the block's length of ${bytes} once more`, again);
      this.#takeBlock(
        isSection ? blockTypes.section : this.#view.getUint32(at, this.#isLittle),
        at + 8,
        at + bytes - 4,
      );
      window.at = at + bytes;
    }
    return frameBytes;
  }

  #refuse(at: number, expected: string, found: string | number): never {
    throw damaged(this.#file, this.#before + at, expected, found);
  }

  #chooseOrder(at: number): void {
    this.#isLittle = this.#view.getUint32(at, true) === byteOrderMagic;
    if (!this.#isLittle && this.#view.getUint32(at) !== byteOrderMagic) {
      this.#refuse(at, "a section's byte order", this.#view.getUint32(at));
    }
  }

  #takeBlock(type: number, start: number, end: number): void {
    switch (type) {
      case blockTypes.packet:
        this.#takePacket(start, end, this.#u32(start, end));
        break;
      case blockTypes.oldPacket:
        this.#takePacket(start, end, this.#u16(start, end));
        this.#countOldDrops(start);
        break;
      case blockTypes.simple:
        this.#sink.addTimeless();
        break;
      case blockTypes.section:
        this.#interfaces = [];
        break;
      case blockTypes.interface:
        this.#openInterface(start, end);
        break;
      case blockTypes.statistics:
        this.#countDrops(start, end);
        break;
      default:
        this.#sink.passOver();
    }
  }

  #u32(at: number, end: number): number {
    if (at + 4 > end) this.#refuse(at, "four more bytes in the block", end - at);
    return this.#view.getUint32(at, this.#isLittle);
  }

  #u16(at: number, end: number): number {
    if (at + 2 > end) this.#refuse(at, "two more bytes in the block", end - at);
    return this.#view.getUint16(at, this.#isLittle);
  }

  /** The time of a packet of which only the beginning is at hand. */
  #seeCut(at: number, end: number): void {
    const type = this.#view.getUint32(at, this.#isLittle);
    if ((type !== blockTypes.packet && type !== blockTypes.oldPacket) || at + 20 > end) return;
    const id = type === blockTypes.packet ? this.#u32(at + 8, end) : this.#u16(at + 8, end);
    const resolution = this.#interfaces[id]?.resolution;
    if (!resolution) return;
    resolution.set(this.#u32(at + 12, end), this.#u32(at + 16, end));
    this.#sink.seeTime(resolution);
  }

  /** Both kinds of packet block: 16 bits or 32 name the interface, then all is the same. */
  #takePacket(start: number, end: number, interfaceId: number): void {
    const found = this.#interfaces[interfaceId];
    if (!found) this.#refuse(start, `an interface below ${this.#interfaces.length}`, interfaceId);
    const capturedBytes = this.#u32(start + 12, end);
    const most = Math.min(found.maxBytes, end - start - 20);
    if (capturedBytes > most) this.#refuse(start + 12, `at most ${most} captured bytes`, capturedBytes);
    const { resolution } = found;
    resolution.set(this.#u32(start + 4, end), this.#u32(start + 8, end));
    const packet = this.#packet;
    packet.second = resolution.second;
    packet.nanosecond = resolution.nanosecond;
    packet.wireBytes = this.#u32(start + 16, end);
    packet.linkType = found.linkType;
    packet.start = start + 20;
    packet.end = packet.start + capturedBytes;
    packet.direction = directions.unknown;
    const optionsAt = packet.start + ((capturedBytes + 3) & ~3);
    if (optionsAt < end) this.#takePacketOptions(optionsAt, end);
    this.#sink.addPacket(packet, found.index);
  }

  #takePacketOptions(start: number, end: number): void {
    const flagsAt = this.#option(options.flags, start, end);
    if (flagsAt >= 0 && this.#optionBytes(flagsAt) === 4) {
      const way = this.#view.getUint32(flagsAt, this.#isLittle) & 3;
      if (way === 1) this.#packet.direction = directions.rx;
      else if (way === 2) this.#packet.direction = directions.tx;
    }
    this.#sink.addLost(this.#count(options.dropCount, start, end));
  }

  /** Packets lost between this one and the one before; all ones where nobody counted. */
  #countOldDrops(start: number): void {
    const drops = this.#view.getUint16(start + 2, this.#isLittle);
    if (drops !== 0xffff) this.#sink.addLost(drops);
  }

  /** What an interface lost from its start on; the last of its statistics holds. */
  #countDrops(start: number, end: number): void {
    const found = this.#interfaces[this.#u32(start, end)];
    if (!found || start + 12 > end) return;
    const lost = this.#count(options.kernelDrops, start + 12, end) + this.#count(options.systemDrops, start + 12, end);
    this.#sink.setLost(found.index, lost);
  }

  /** A counter of 64 bits; 0 where there is none, or one that nobody can have counted. */
  #count(code: number, start: number, end: number): number {
    const at = this.#option(code, start, end);
    if (at < 0 || this.#optionBytes(at) !== 8) return 0;
    const count = this.#u64(at);
    return count <= 2 ** 48 ? count : 0;
  }

  #u64(at: number): number {
    const [high, low] = this.#isLittle ? [at + 4, at] : [at, at + 4];
    return this.#view.getUint32(high, this.#isLittle) * 2 ** 32 + this.#view.getUint32(low, this.#isLittle);
  }

  /** Place of an option's value; -1 where the list has none. */
  #option(code: number, start: number, end: number): number {
    for (let at = start; at + 4 <= end;) {
      const found = this.#view.getUint16(at, this.#isLittle);
      const bytes = this.#view.getUint16(at + 2, this.#isLittle);
      if (found === options.end) return -1;
      if (at + 4 + bytes > end) this.#refuse(at + 2, `an option of at most ${end - at - 4} bytes`, bytes);
      if (found === code) return at + 4;
      at += 4 + ((bytes + 3) & ~3);
    }
    return -1;
  }

  #optionBytes(valueAt: number): number {
    return this.#view.getUint16(valueAt - 2, this.#isLittle);
  }

  #openInterface(start: number, end: number): void {
    if (this.#interfaces.length === maxInterfaces) this.#refuse(start, `at most ${maxInterfaces} interfaces`, "more");
    const linkType = this.#u16(start, end);
    const snapBytes = this.#u32(start + 4, end);
    const nameAt = this.#option(options.name, start + 8, end);
    const name = (nameAt < 0 ? "" : this.#text(nameAt)) || `interface ${this.#interfaces.length}`;
    const resolution = this.#resolution(start + 8, end);
    const index = this.#sink.openInterface(name, linkType, resolution.stepNs);
    this.#interfaces.push({ index, linkType, maxBytes: maxPacketBytes(snapBytes), resolution });
  }

  #text(at: number): string {
    const end = at + this.#optionBytes(at);
    const zero = this.#bytes.subarray(at, end).indexOf(0);
    return this.#bytes.toString("utf8", at, zero < 0 ? end : at + zero);
  }

  #resolution(start: number, end: number): TickTimes {
    const optionAt = this.#option(options.resolution, start, end);
    const hasOption = optionAt >= 0 && this.#optionBytes(optionAt) === 1;
    const option = hasOption ? this.#view.getUint8(optionAt) : microseconds;
    const resolution = TickTimes.of(option, this.#offsetSeconds(start, end));
    if (!resolution) this.#refuse(optionAt, "ticks of at most about 1 ps (if_tsresol)", option);
    return resolution;
  }

  #offsetSeconds(start: number, end: number): number {
    const at = this.#option(options.offset, start, end);
    if (at < 0 || this.#optionBytes(at) !== 8) return 0;
    const [highAt, lowAt] = this.#isLittle ? [at + 4, at] : [at, at + 4];
    const seconds = this.#view.getInt32(highAt, this.#isLittle) * 2 ** 32 + this.#view.getUint32(lowAt, this.#isLittle);
    if (!Number.isSafeInteger(seconds)) this.#refuse(at, "an offset below 2^53 s (if_tsoffset)", seconds);
    return seconds;
  }
}
