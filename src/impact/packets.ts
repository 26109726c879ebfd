import { firstAbove } from "./search.ts";

/**
 * Packets on the wire of one network card, in the order of their time: a struct of arrays.
 *
 * Shape    `received` is 1 where the guest receives it; `protocol` is the IP protocol number, 0 = not known
 */
export interface Packets {
  readonly count: number;
  readonly timeNs: Float64Array;
  readonly received: Uint8Array;
  readonly protocol: Uint8Array;
}

/** A time in which a network card does not pass packets on. */
export interface NetworkGap {
  readonly stopNs: number;
  readonly readyNs: number;
  /** Packets that it keeps for the guest meanwhile: the free places of its receive ring; 0 = all are lost. */
  readonly ringPackets: number;
  /** A sender's first retransmission timeout. */
  readonly rtoNs: number;
}

/** What a gap does to the packets of a card. */
export interface PacketGap {
  /** The last packet in either direction before the stop; undefined if there was none. */
  readonly lastBeforeNs: number | undefined;
  /** Packets from outside that came in the gap. */
  readonly arrivedCount: number;
  readonly keptCount: number;
  readonly droppedCount: number;
  readonly tcpDroppedCount: number;
  readonly udpDroppedCount: number;
  /** Retransmissions of the first lost TCP segment until one gets through. */
  readonly retransmissionCount: number;
  /** When that is; undefined if no TCP segment was lost. */
  readonly tcpResumeNs: number | undefined;
}

const tcp = 6;
const udp = 17;
/** The longest pause between two retransmissions. linux-7.3 include/net/tcp.h TCP_RTO_MAX */
const rtoMaxNs = 120e9;

/**
 * Retransmissions of a segment that was lost at `lostNs`, until one reaches a receiver that is back at `readyNs`: the
 * pause between them doubles [SVC-07].
 *
 * Source   linux-7.3 net/ipv4/tcp_timer.c tcp_retransmit_timer()
 */
export function retransmit(lostNs: number, readyNs: number, rtoNs: number): { count: number; resumeNs: number } {
  let pauseNs = rtoNs;
  let resumeNs = lostNs;
  let count = 0;
  do {
    resumeNs += pauseNs;
    pauseNs = Math.min(pauseNs * 2, rtoMaxNs);
    count++;
  } while (resumeNs < readyNs);
  return { count, resumeNs };
}

/**
 * Counts what becomes of packets that come while a card does not pass them on [SVC-06].
 *
 * The packets are the trace's own of that length of time. Flows are not told apart, so the first lost TCP segment
 * stands for all: its sender is silent until a retransmission of it gets through.
 */
export function measurePacketGap(packets: Packets, { stopNs, readyNs, ringPackets, rtoNs }: NetworkGap): PacketGap {
  const { count, timeNs, received, protocol } = packets;
  const from = firstAbove(timeNs, count, stopNs);
  let arrived = 0;
  let tcpDropped = 0;
  let udpDropped = 0;
  let lostNs: number | undefined;
  for (let row = from; row < count && timeNs[row]! < readyNs; row++) {
    if (received[row] === 0) continue;
    arrived++;
    if (arrived <= ringPackets) continue;
    if (protocol[row] === tcp) {
      tcpDropped++;
      lostNs ??= timeNs[row]!;
    } else if (protocol[row] === udp) udpDropped++;
  }
  const kept = Math.min(arrived, ringPackets);
  const retransmitted = lostNs === undefined ? undefined : retransmit(lostNs, readyNs, rtoNs);
  return {
    lastBeforeNs: from > 0 ? timeNs[from - 1] : undefined,
    arrivedCount: arrived,
    keptCount: kept,
    droppedCount: arrived - kept,
    tcpDroppedCount: tcpDropped,
    udpDroppedCount: udpDropped,
    retransmissionCount: retransmitted?.count ?? 0,
    tcpResumeNs: retransmitted?.resumeNs,
  };
}
