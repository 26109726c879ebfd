/**
 * Classic captures, as libpcap writes them: a header of 24 bytes, and 16 bytes before each packet, in the byte order of the
 * machine that captured, with µs or ns.
 *
 * Source   draft-ietf-opsawg-pcap
 * Not      Kuznetzov's and other changed forms, and versions before 2.4: their packet headers differ
 */
import type { ByteWindow } from "../../source/byte-window.ts";
import type { InputFile } from "../../source/input.ts";
import { type CaptureReader, type CaptureSink, damaged, maxPacketBytes } from "./capture.ts";
import { directions, Packet } from "./packet.ts";

const microMagic = 0xa1b2_c3d4;
const nanoMagic = 0xa1b2_3c4d;
const headerBytes = 24;
const recordBytes = 16;

interface ClassicHeader {
  readonly isLittle: boolean;
  /** ns of a unit of the packets' second number. */
  readonly unitNs: number;
  readonly linkType: number;
  readonly snapBytes: number;
}

/** The header of a classic capture; undefined where the bytes are none. */
function readHeader(view: DataView, at: number): ClassicHeader | undefined {
  if (view.byteLength < at + headerBytes) return undefined;
  const isLittle = view.getUint8(at) !== 0xa1;
  const magic = view.getUint32(at, isLittle);
  if (magic !== microMagic && magic !== nanoMagic) return undefined;
  if (view.getUint16(at + 4, isLittle) !== 2 || view.getUint16(at + 6, isLittle) < 4) return undefined;
  return {
    isLittle,
    unitNs: magic === nanoMagic ? 1 : 1000,
    snapBytes: view.getUint32(at + 16, isLittle),
    // The upper half tells of frame check sequences.
    linkType: view.getUint32(at + 20, isLittle) & 0xffff,
  };
}

export function isClassic({ head }: InputFile): boolean {
  return readHeader(new DataView(head.buffer, head.byteOffset, head.byteLength), 0) !== undefined;
}

export class ClassicReader implements CaptureReader {
  readonly #file: InputFile;
  readonly #sink: CaptureSink;
  readonly #packet = new Packet();
  #header: ClassicHeader | undefined;
  #interface = 0;

  constructor(file: InputFile, sink: CaptureSink) {
    this.#file = file;
    this.#sink = sink;
  }

  take(window: ByteWindow): number {
    if (!this.#header) {
      if (window.left < headerBytes) return headerBytes;
      const header = readHeader(window.view, window.at);
      if (!header) throw damaged(this.#file, window.offset, "the header of a capture, version 2.4", "other bytes");
      this.#header = header;
      window.at += headerBytes;
      this.#interface = this.#sink.openInterface(undefined, header.linkType, header.unitNs);
    }
    return this.#takePackets(window, this.#header);
  }

  #takePackets(window: ByteWindow, { isLittle, unitNs, linkType, snapBytes }: ClassicHeader): number {
    const { view, bytes } = window;
    const maxBytes = maxPacketBytes(snapBytes);
    const perSecond = 1e9 / unitNs;
    const packet = this.#packet;
    packet.linkType = linkType;
    packet.bytes = bytes;
    while (window.left >= recordBytes) {
      const { at } = window;
      const parts = view.getUint32(at + 4, isLittle);
      const capturedBytes = view.getUint32(at + 8, isLittle);
      if (parts >= perSecond) throw damaged(this.#file, window.offset + 4, `less than ${perSecond}`, parts);
      if (capturedBytes > maxBytes) {
        throw damaged(this.#file, window.offset + 8, `at most ${maxBytes} captured bytes`, capturedBytes);
      }
      packet.second = view.getUint32(at, isLittle);
      packet.nanosecond = parts * unitNs;
      if (window.left < recordBytes + capturedBytes) {
        this.#sink.seeTime(packet);
        return recordBytes + capturedBytes;
      }
      packet.wireBytes = view.getUint32(at + 12, isLittle);
      packet.start = at + recordBytes;
      packet.end = packet.start + capturedBytes;
      packet.direction = directions.unknown;
      window.at = packet.end;
      this.#sink.addPacket(packet, this.#interface);
    }
    return recordBytes;
  }
}
