// Packets that come while a network card does not pass them on.
import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { measurePacketGap, type Packets, retransmit } from "../../src/impact/index.ts";

const tcp = 6;
const udp = 17;

function packetsOf(rows: readonly (readonly [timeNs: number, received: number, protocol: number])[]): Packets {
  return {
    count: rows.length,
    timeNs: Float64Array.from(rows, ([timeNs]) => timeNs),
    received: Uint8Array.from(rows, ([, received]) => received),
    protocol: Uint8Array.from(rows, ([, , protocol]) => protocol),
  };
}

describe("packets into a gap", () => {
  const packets = packetsOf([
    [50, 1, tcp],
    [90, 0, tcp],
    [110, 1, udp],
    [120, 0, tcp],
    [130, 1, tcp],
    [140, 1, 1],
    [199, 1, tcp],
    [200, 1, tcp],
  ]);

  test("[SVC-06] are lost, those from outside, from the stop to where the card is ready", () => {
    expect(measurePacketGap(packets, { stopNs: 100, readyNs: 200, ringPackets: 0, rtoNs: 40 })).toEqual({
      lastBeforeNs: 90,
      arrivedCount: 4,
      keptCount: 0,
      droppedCount: 4,
      tcpDroppedCount: 2,
      udpDroppedCount: 1,
      // 130 + 40, and again after 80: that one finds the card ready.
      retransmissionCount: 2,
      tcpResumeNs: 250,
    });
  });

  test("[SVC-06] a card that goes on keeps what its ring holds", () => {
    const gap = measurePacketGap(packets, { stopNs: 100, readyNs: 200, ringPackets: 3, rtoNs: 40 });
    expect(gap).toMatchObject({ keptCount: 3, droppedCount: 1, tcpDroppedCount: 1, udpDroppedCount: 0 });
    expect(gap.tcpResumeNs).toBe(239);
  });

  test("none, nothing lost", () => {
    const gap = measurePacketGap(packetsOf([]), { stopNs: 100, readyNs: 200, ringPackets: 0, rtoNs: 40 });
    expect(gap).toMatchObject({ lastBeforeNs: undefined, droppedCount: 0, tcpResumeNs: undefined });
  });

  test("[SVC-07] retransmissions come after 0.2, 0.4, 0.8 … s, and never more than 120 s apart", () => {
    // A gap of 4.66 s that begins with the loss: the fifth, at 6.2 s, gets through.
    expect(retransmit(0, 4.66e9, 0.2e9)).toEqual({ count: 5, resumeNs: 6.2e9 });
    expect(retransmit(0, 1000e9, 0.2e9)).toEqual({ count: 17, resumeNs: 0.2e9 * (2 ** 10 - 1) + 7 * 120e9 });
  });

  test("a longer gap never loses less and is never over earlier; a larger ring never loses more", () => {
    const somePackets = fc
      .array(fc.tuple(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 1 }), fc.constantFrom(0, tcp, udp)))
      .map((rows) => packetsOf(rows.toSorted(([left], [right]) => left - right)));
    const natural = fc.integer({ min: 0, max: 400 });
    fc.assert(
      fc.property(somePackets, natural, natural, natural, natural, (some, stopNs, lengthNs, moreNs, ringPackets) => {
        const gap = { stopNs, readyNs: stopNs + lengthNs, ringPackets, rtoNs: 20 };
        const short = measurePacketGap(some, gap);
        const long = measurePacketGap(some, { ...gap, readyNs: gap.readyNs + moreNs });
        const roomy = measurePacketGap(some, { ...gap, ringPackets: ringPackets + 1 });
        expect(short.keptCount + short.droppedCount).toBe(short.arrivedCount);
        expect(long.droppedCount).toBeGreaterThanOrEqual(short.droppedCount);
        expect(long.tcpResumeNs ?? 0).toBeGreaterThanOrEqual(short.tcpResumeNs ?? 0);
        expect(roomy.droppedCount).toBeLessThanOrEqual(short.droppedCount);
        if (short.tcpResumeNs !== undefined) expect(short.tcpResumeNs).toBeGreaterThanOrEqual(gap.readyNs);
      }),
      { numRuns: 1000 },
    );
  });
});
