import { FormatError } from "../../../base/index.ts";
import type { ByteWindow } from "../../source/byte-window.ts";
import type { InputFile } from "../../source/input.ts";
import { showPath } from "../../text.ts";
import type { Moment } from "../clock.ts";
import type { Packet } from "./packet.ts";

/** Takes what a reader of captures finds. */
export interface CaptureSink {
  /** An interface begins, of a name if the capture tells it; gives the number that its packets carry. */
  openInterface(name: string | undefined, linkType: number, stepNs: number): number;
  /** The packet is filled, but not decoded yet. */
  addPacket(packet: Packet, interfaceIndex: number): void;
  /** A packet's time is known before all of the packet is at hand. */
  seeTime(moment: Moment): void;
  /** A packet whose time the capture does not hold. */
  addTimeless(): void;
  /** Packets that were lost before the present one. */
  addLost(packets: number): void;
  /** All the packets that an interface has lost so far. */
  setLost(interfaceIndex: number, packets: number): void;
  /** A block that holds no packet and tells nothing that is kept. */
  passOver(): void;
}

/** Reads one kind of capture. */
export interface CaptureReader {
  /** Takes all the whole records at hand; gives how many bytes must be at hand for the next. */
  take(window: ByteWindow): number;
}

/** The largest packet that libpcap takes from Ethernet and its like; a file may state more as its snap length. */
const usualPacketBytes = 262_144;
/** More is refused, whatever the file states. */
const mostPacketBytes = 16 * 1024 * 1024;

/** The captured bytes that a packet may have where the capture states `snapBytes`, 0 = no limit. */
export function maxPacketBytes(snapBytes: number): number {
  return Math.min(Math.max(snapBytes, usualPacketBytes), mostPacketBytes);
}

/** The error of a damaged capture: where, and what stood there. */
export function damaged(file: InputFile, offset: number, expected: string, found: string | number): FormatError {
  return new FormatError(`${showPath(file.path)}: byte ${offset}: expected ${expected}, found ${found}`, {
    hint: "the capture is damaged; copy it again, or let editcap or pcapfix write what is sound of it",
  });
}
