// Packet captures: what the real tools wrote, against what capinfos and tshark count in them, and what no tool writes.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { describeImporter, importInto, type Imported } from "../kit/import-conformance.ts";

const samples = fileURLToPath(new URL("../../traces/samples", import.meta.url));
const tcpdump = join(samples, "tcpdump/4.99.3");
const wireshark = join(samples, "wireshark/4.0.17");
const { deviceTable, netPacketTable } = traceSchema;

const captures = [tcpdump, wireshark].flatMap((folder) =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((name) => /\.(pcap|pcapng)(\.gz)?$/.test(name))
    .map((name) => join(folder, name)),
);

function rowsOf({ folder }: Imported) {
  const { sources } = openFolder("trace", folder);
  return readRows(netPacketTable, sources.get("net_packet")!);
}

function devicesOf({ folder }: Imported): string[] {
  return readRows(deviceTable, openFolder("trace", folder).sources.get("device")!).map(({ name }) => String(name));
}

describeImporter(
  "pcap",
  captures.map((file) => ({ golden: `pcap-${file.split("/").at(-1)!.replace(".gz", "")}`, files: [file] })),
);

/** Seconds of capinfos' date and fraction, as ns since 1970 in two parts. */
function moment(text: string): bigint {
  const [, date, fraction] = /^(.*)\.(\d+)$/.exec(text)!;
  return BigInt(Date.parse(`${date!.replace(" ", "T")}Z`)) * 1_000_000n + BigInt(fraction!.padEnd(9, "0"));
}

describe("what capinfos counts", () => {
  test.each(captures.map((file) => [file.split("/").at(-1)!, file]))("in %s", async (_, file) => {
    const text = readFileSync(`${file.replace(/\.gz$/, "")}.capinfos.txt`, "utf8");
    const field = (name: string) => new RegExp(`^${name}: +(.*)$`, "m").exec(text)![1]!;
    const imported = await importInto([file]);
    const rows = rowsOf(imported);
    expect(rows.length).toBe(Number(field("Number of packets").split(" ")[0]));
    const bytes = rows.reduce((sum, row) => sum + Number(row["bytes"]), 0);
    expect(bytes).toBe(Number(field("Data size").split(" ")[0]));
    const spanNs = moment(field("Last packet time")) - moment(field("First packet time"));
    expect([rows[0]!["time_ns"], BigInt(Number(rows.at(-1)!["time_ns"]))]).toEqual([0, spanNs]);
    // Packets of each interface, where they say which.
    const counts = [...text.matchAll(/Number of packets = (\d+)/g)].map(([, count]) => Number(count));
    if (counts.length > 1) {
      const found = counts.map((_unused, index) => rows.filter((row) => row["device_index"] === index).length);
      expect(found).toEqual(counts);
    }
  });
});

const extensions = new Set(["0", "43", "44", "51", "60", "135", "139", "140"]);

describe("what tshark reads", () => {
  const listed = captures.filter((file) => existsSync(`${file}.fields.csv`));

  test.each(listed.map((file) => [file.split("/").at(-1)!, file]))("of each packet of %s", async (_, file) => {
    const [, ...lines] = readFileSync(`${file}.fields.csv`, "utf8").trim().split("\n");
    const imported = await importInto([file]);
    const devices = devicesOf(imported);
    const rows = rowsOf(imported);
    const times = lines.map((line) => line.split(",")[1]!).toSorted();
    const first = times[0]!.replace(".", "");
    const expected = lines.map((line) => {
      const [, time, bytes, , name, , , ipv4, ipv6, , , , , tcpSource, tcpTarget, udpSource, udpTarget] = line
        .replaceAll('"', "")
        .split(",");
      const protocol = ipv4 || ipv6;
      const source = tcpSource || udpSource;
      const target = tcpTarget || udpTarget;
      return [
        Number(BigInt(time!.replace(".", "")) - BigInt(first)),
        Number(bytes),
        name || devices[0],
        // tshark gives the first header of IPv6, which may be one of options.
        protocol === "" ? null : extensions.has(protocol!) && !ipv4 ? "some" : Number(protocol),
        source === "" ? null : Number(source),
        target === "" ? null : Number(target),
      ];
    });
    const found = rows.map((row) => [
      row["time_ns"],
      row["bytes"],
      devices[Number(row["device_index"])],
      row["ip_protocol"],
      row["source_port"],
      row["destination_port"],
    ]);
    expect(found.length).toBe(expected.length);
    const byTime = expected.toSorted((one, other) => Number(one[0]) - Number(other[0]));
    for (const [index, wanted] of byTime.entries()) {
      if (wanted[3] === "some") {
        // All of them were reports of listeners to multicast groups.
        expect(found[index]![3]).toBe(58);
        wanted[3] = 58;
      }
    }
    expect(found).toEqual(byTime);
  });
});

test.skipIf(captures.length === 0)("both byte orders and both kinds of file give the same packets", async () => {
  const little = rowsOf(await importInto([join(tcpdump, "veth-s96.pcap")]));
  expect(rowsOf(await importInto([join(tcpdump, "veth-s96-big-endian.pcap")]))).toEqual(little);
  expect(rowsOf(await importInto([join(wireshark, "editcap-micro.pcapng")]))).toEqual(little);
});

test.skipIf(captures.length === 0)("captures of one clock stand on one time line", async () => {
  const files = ["veth-nano", "tun-raw"].map((name) => join(tcpdump, `${name}.pcap`));
  const infos = files.map((file) => readFileSync(`${file}.capinfos.txt`, "utf8"));
  const counts = infos.map((text) => Number(/Number of packets: +(\d+)/.exec(text)![1]));
  const [first, second] = infos.map((text) => moment(/First packet time: +(.*)/.exec(text)![1]!));
  const imported = await importInto(files);
  const rows = rowsOf(imported);
  expect(devicesOf(imported)).toEqual(["veth-nano", "tun-raw"]);
  expect(counts.map((_, device) => rows.filter((row) => row["device_index"] === device).length)).toEqual(counts);
  const [ownStart, otherStart] = counts.map(
    (_, device) => rows.find((row) => row["device_index"] === device)!["time_ns"],
  );
  expect(BigInt(Number(otherStart)) - BigInt(Number(ownStart))).toBe(second! - first!);
});
