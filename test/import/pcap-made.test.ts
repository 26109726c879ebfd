// Packet captures that no tool at hand writes: links, extension headers, clocks, sections and damage.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, test } from "vitest";

import { FormatError } from "../../src/base/index.ts";
import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { classicCapture, ethernet, ipv4, ipv6, ports, SectionWriter, u16, u32, u64 } from "../kit/capture-writer.ts";
import { importInto, type Imported } from "../kit/import-conformance.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const { deviceTable, netPacketTable } = traceSchema;

function rowsOf({ folder }: Imported) {
  const { sources } = openFolder("trace", folder);
  return readRows(netPacketTable, sources.get("net_packet")!);
}

function devicesOf({ folder }: Imported): string[] {
  return readRows(deviceTable, openFolder("trace", folder).sources.get("device")!).map(({ name }) => String(name));
}

async function importBytes(bytes: Buffer, name = "capture.bin"): Promise<Imported> {
  const folder = tempFolder();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), bytes);
  return importInto([join(folder, name)]);
}

/** What packets say of themselves: protocol, ports, direction. */
async function decoded(linkType: number, packets: readonly Buffer[]) {
  const records = packets.map((bytes, index) => ({ second: 1000, part: index, bytes }));
  const rows = rowsOf(await importBytes(classicCapture(linkType, records)));
  const label = netPacketTable.columns[2].labels;
  return rows.map((row) => [
    row["ip_protocol"],
    row["source_port"],
    row["destination_port"],
    label[Number(row["direction"])],
  ]);
}

const nothing = [null, null, null, "unknown"];

describe("a packet", () => {
  const dns = ipv4(17, ports(5353, 53));

  test("of Ethernet is found behind VLAN tags, as far as it was captured", async () => {
    const packets = [
      ethernet(0x0800, dns),
      ethernet(0x0800, dns, [0x8100]),
      ethernet(0x0800, dns, [0x88a8, 0x8100]),
      ethernet(
        0x0800,
        dns,
        Array.from({ length: 9 }, () => 0x8100),
      ),
      ethernet(0x0806, Buffer.alloc(28)),
      ethernet(0x0800, dns).subarray(0, 36),
      ethernet(0x0800, dns).subarray(0, 33),
      ethernet(0x0800, dns).subarray(0, 14),
      Buffer.alloc(0),
    ];
    expect(await decoded(1, packets)).toEqual([
      [17, 5353, 53, "unknown"],
      [17, 5353, 53, "unknown"],
      [17, 5353, 53, "unknown"],
      nothing,
      nothing,
      [17, null, null, "unknown"],
      nothing,
      nothing,
      nothing,
    ]);
  });

  test("of IPv4 has ports behind its options, and none in later fragments", async () => {
    const packets = [
      ipv4(6, ports(22, 1), { options: 10 }),
      ipv4(6, ports(22, 1), { fragment: 0x2000 }),
      ipv4(6, ports(22, 1), { fragment: 0x2001 }),
      ipv4(1, ports(22, 1)),
      Buffer.from([0x41, ...Buffer.alloc(30)]),
    ];
    expect(await decoded(101, packets)).toEqual([
      [6, 22, 1, "unknown"],
      [6, 22, 1, "unknown"],
      [6, null, null, "unknown"],
      [1, null, null, "unknown"],
      nothing,
    ]);
  });

  test("of IPv6 is found behind headers of extension, of which there may be sixteen", async () => {
    const extension = (next: number, units = 0) => Buffer.from([next, units, ...Buffer.alloc(6 + 8 * units)]);
    const fragment = (next: number, offset: number) => Buffer.concat([Buffer.from([next, 0]), u16(offset), u32(7)]);
    const many = (count: number) =>
      Buffer.concat(Array.from({ length: count }, (_, at) => extension(at + 1 < count ? 60 : 17)));
    const packets = [
      ipv6(6, ports(1, 2)),
      ipv6(0, Buffer.concat([extension(43, 2), extension(17), ports(1, 2)])),
      // AH counts units of four bytes, two of them not.
      ipv6(51, Buffer.concat([Buffer.from([6, 4, ...Buffer.alloc(22)]), ports(1, 2)])),
      ipv6(44, Buffer.concat([fragment(17, 1), ports(1, 2)])),
      ipv6(44, Buffer.concat([fragment(17, 8), ports(1, 2)])),
      ipv6(44, Buffer.concat([fragment(60, 8), extension(17), ports(1, 2)])),
      ipv6(60, Buffer.concat([many(15), ports(1, 2)])),
      ipv6(60, Buffer.concat([many(16), ports(1, 2)])),
      ipv6(0, Buffer.alloc(0)),
      ipv6(6, Buffer.alloc(0)).subarray(0, 39),
    ];
    expect(await decoded(229, packets)).toEqual([
      [6, 1, 2, "unknown"],
      [17, 1, 2, "unknown"],
      [6, 1, 2, "unknown"],
      [17, 1, 2, "unknown"],
      [17, null, null, "unknown"],
      nothing,
      [17, 1, 2, "unknown"],
      nothing,
      nothing,
      nothing,
    ]);
  });

  test("of a loopback says its version itself, whatever the machine's number for it", async () => {
    const withFamily = (family: number) => Buffer.concat([u32(family, "little"), ipv6(17, ports(1, 2))]);
    expect(await decoded(0, [withFamily(30), withFamily(10)])).toEqual([
      [17, 1, 2, "unknown"],
      [17, 1, 2, "unknown"],
    ]);
    expect(await decoded(108, [Buffer.concat([u32(2), dns])])).toEqual([[17, 5353, 53, "unknown"]]);
  });

  test("of a cooked capture has a direction, and may have a tag", async () => {
    const cooked = (way: number, type: number, payload: Buffer) =>
      Buffer.concat([u16(way), Buffer.alloc(12), u16(type), payload]);
    const packets = [0, 1, 2, 3, 4, 7].map((way) => cooked(way, 0x0800, dns));
    const ways = (await decoded(113, packets)).map(([, , , way]) => way);
    expect(ways).toEqual(["rx", "rx", "rx", "unknown", "tx", "unknown"]);
    const tagged = Buffer.concat([u16(5), u16(0x0800), dns]);
    expect(await decoded(113, [cooked(4, 0x8100, tagged)])).toEqual([[17, 5353, 53, "tx"]]);
    const cooked2 = Buffer.concat([u16(0x8100), u16(0), u32(3), u16(1), Buffer.from([4, 6]), Buffer.alloc(8), tagged]);
    expect(await decoded(276, [cooked2, cooked2.subarray(0, 19)])).toEqual([[17, 5353, 53, "tx"], nothing]);
  });

  test("of a link that is not read keeps time and length, with a warning", async () => {
    const imported = await importBytes(classicCapture(147, [{ second: 1, part: 2, bytes: dns }]));
    expect(rowsOf(imported)).toMatchObject([{ bytes: dns.length, ip_protocol: null }]);
    expect(imported.report.warnings).toContainEqual({
      code: "packets-unread",
      rows: 1,
      first_row: null,
      detail: "packets of link type 147: only time and length are kept",
    });
  });
});

describe("a capture of the next generation", () => {
  const udp = ethernet(0x0800, ipv4(17, ports(1, 2)));
  const epoch = 1_795_661_204n;

  test("holds sections of both byte orders, and interfaces with clocks of their own", async () => {
    const little = new SectionWriter("little")
      .interface(1, [
        [2, Buffer.from("eth0")],
        [9, Buffer.from([9])],
      ])
      .interface(1, [[9, Buffer.from([0x80 + 20])]])
      .packet(0, epoch * 1_000_000_000n + 1n, udp)
      .packet(1, (epoch << 20n) + (1n << 19n), udp);
    const big = new SectionWriter("big")
      // 64 bits of picoseconds are seven months: the rest is an offset. The default is µs.
      .interface(1, [
        [2, Buffer.from("eth0")],
        [9, Buffer.from([12])],
        [14, u64(epoch - 3600n)],
      ])
      .interface(1, [[14, u64(-3600n)]])
      .packet(0, 3600n * 1_000_000_000_000n + 2_000_999n, udp)
      .packet(1, (epoch + 3600n) * 1_000_000n + 3n, udp)
      .oldPacket(1, 4, (epoch + 3600n) * 1_000_000n + 4n, udp);
    const imported = await importBytes(Buffer.concat([little.bytes, big.bytes]));
    const rows = rowsOf(imported);
    expect(rows.map((row) => [row["time_ns"], row["device_index"]])).toEqual([
      [0, 0],
      [1999, 0],
      [2999, 1],
      [3999, 1],
      [499_999_999, 1],
    ]);
    expect(devicesOf(imported)).toEqual(["eth0", "interface 1"]);
    expect(imported.report.warnings).toContainEqual(
      expect.objectContaining({ code: "packets-lost-in-capture", rows: 4 }),
    );
  });

  test("tells directions by flags, losses by statistics, and passes over what it does not know", async () => {
    const flags = (value: number): readonly [number, Buffer][] => [[2, u32(value, "little")]];
    const lost = (code: number, count: bigint): readonly [number, Buffer] => [code, u64(count, "little")];
    const section = new SectionWriter("little");
    section
      .interface(1)
      .block(0x0bad, [u32(1), Buffer.from("anything")])
      .block(4, [u32(0)])
      .packet(0, 1_000_000n, udp, [[1, Buffer.from("a comment")], ...flags(1)])
      .packet(0, 2_000_000n, udp, flags(2))
      .packet(0, 3_000_000n, udp, [...flags(0), lost(4, 7n)])
      .simplePacket(udp)
      .block(5, [u32(0), u32(0), u32(0), section.options([lost(5, 1n)])])
      .block(5, [u32(0), u32(0), u32(0), section.options([lost(5, 9n), lost(7, 3n)])]);
    const imported = await importBytes(section.bytes);
    expect(rowsOf(imported).map((row) => row["direction"])).toEqual([0, 1, 2]);
    expect(imported.report.sources).toEqual([
      {
        file: "capture.bin",
        rows: 4,
        kept_rows: 3,
        dropped: [{ code: "packets-without-time", rows: 1, detail: "simple packet blocks hold no time" }],
      },
    ]);
    expect(imported.report.warnings.map(({ code, rows }) => [code, rows])).toEqual([
      ["guest-size-assumed", 1],
      ["columns-dropped", 3],
      ["packets-lost-in-capture", 12],
      ["blocks-passed-over", 2],
      ["directions-of-capturer", 2],
    ]);
  });

  test("may begin with a packet that is larger than what is looked at first", async () => {
    const large = ethernet(0x0800, ipv4(17, Buffer.concat([ports(1, 2), Buffer.alloc(70_000)])));
    const next = new SectionWriter("big")
      .interface(1)
      .packet(0, epoch * 1_000_000n, large)
      .packet(0, epoch * 1_000_000n + 1n, udp);
    expect(rowsOf(await importBytes(next.bytes)).map((row) => row["time_ns"])).toEqual([0, 1000]);
    const classic = classicCapture(
      1,
      [1, 2].map((part) => ({ second: 1_795_661_204, part, bytes: large })),
    );
    expect(rowsOf(await importBytes(classic)).map((row) => row["time_ns"])).toEqual([0, 1000]);
    const late = new SectionWriter("big")
      .block(10, [Buffer.alloc(70_000)])
      .interface(1)
      .packet(0, epoch * 1_000_000n, udp);
    expect(rowsOf(await importBytes(late.bytes)).map((row) => row["time_ns"])).toEqual([0]);
  });

  const head = new SectionWriter("little").interface(1);
  const changed = (bytes: Buffer, at: number, value: number) => {
    const copy = Buffer.from(bytes);
    copy.writeUInt32LE(value, at);
    return copy;
  };
  const one = new SectionWriter("little").interface(1).packet(0, 1_000_000n, udp).bytes;
  const packetAt = head.bytes.length;

  test.each([
    ["a packet of no interface", changed(one, packetAt + 8, 1), "byte 56: expected an interface below 1, found 1"],
    [
      "more captured bytes than the block has",
      changed(one, packetAt + 20, 0x7fffffff),
      "captured bytes, found 2147483647",
    ],
    ["a length that is no multiple of 4", changed(one, packetAt + 4, 33), "expected a block's length, a multiple of 4"],
    ["a length of nothing", changed(one, packetAt + 4, 8), "expected a block's length, a multiple of 4"],
    ["a length of gigabytes", changed(one, packetAt + 4, 0x80000000), "expected a block's length, a multiple of 4"],
    ["another length behind the block", changed(one, one.length - 4, 64), "once more, found 64"],
    ["a section without byte order", Buffer.concat([one, changed(one, 8, 0)]), "expected a section's byte order"],
    [
      "an option beyond its block",
      changed(new SectionWriter("little").interface(1, [[2, Buffer.from("abcd")]]).bytes, 44, 0xfff00002),
      "expected an option of at most",
    ],
    [
      "ticks of attoseconds",
      new SectionWriter("little").interface(1, [[9, Buffer.from([18])]]).bytes,
      "expected ticks of at most about 1 ps (if_tsresol), found 18",
    ],
    [
      "an offset of ages",
      new SectionWriter("big").interface(1, [[14, u64(1n << 60n)]]).bytes,
      "expected an offset below 2^53 s",
    ],
  ])("with %s is refused", async (_, bytes, message) => {
    const refused = importBytes(bytes);
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toBeInstanceOf(FormatError);
  });

  test("is refused where a time lies ages from the first one", async () => {
    const far = new SectionWriter("little").interface(1).packet(0, 1_000_000n, udp).packet(0, -1n, udp);
    await expect(importBytes(far.bytes)).rejects.toThrow("s from the trace's start, expected at most");
  });
});

describe("a classic capture", () => {
  const bytes = ethernet(0x0800, ipv4(17, ports(1, 2)));
  const sound = { second: 1_795_661_204, part: 1, bytes };

  test("that ends inside a packet gives the packets that are whole", async () => {
    const cut = classicCapture(1, [sound, sound]).subarray(0, -1);
    const imported = await importBytes(cut);
    expect(rowsOf(imported)).toHaveLength(1);
    expect(imported.report.truncated).toEqual([
      { file: "capture.bin", detail: "the file ends inside what begins at byte 82, which was left out" },
    ]);
  });

  test("keeps the length on the wire, however little was captured", async () => {
    const rows = rowsOf(await importBytes(classicCapture(1, [{ ...sound, wireBytes: 0xffffffff }])));
    expect(rows).toMatchObject([{ bytes: 4_294_967_295, source_port: 1 }]);
  });

  test("takes the snap length that it states, up to 16 MiB", async () => {
    const large = { ...sound, bytes: Buffer.alloc(300_000) };
    await expect(importBytes(classicCapture(1, [sound, large]))).rejects.toThrow(
      "at most 262144 captured bytes, found 300000",
    );
    expect(rowsOf(await importBytes(classicCapture(1, [sound, large], 400_000)))).toHaveLength(2);
    const huge = classicCapture(1, [sound], 0xffffffff);
    huge.writeUInt32BE(0xfffffff0, 32);
    await expect(importBytes(huge)).rejects.toThrow(
      "byte 32: expected at most 16777216 captured bytes, found 4294967280",
    );
  });

  test("with more µs than a second has is refused", async () => {
    await expect(importBytes(classicCapture(1, [{ ...sound, part: 1_000_000 }]))).rejects.toThrow(
      "byte 28: expected less than 1000000, found 1000000",
    );
  });

  test("of another version, or without packets, is refused", async () => {
    const old = classicCapture(1, [sound]);
    old.writeUInt16BE(543, 4);
    await expect(importBytes(old)).rejects.toThrow("expected a known format");
    await expect(importBytes(classicCapture(1, []))).rejects.toThrow("expected events, found none");
  });
});
