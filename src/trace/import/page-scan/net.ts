import { usNs } from "../../../base/index.ts";
import { codeOf } from "../../schema/column.ts";
import { netPacketTable } from "../../schema/trace-tables.ts";
import { comma, maxTimeUs, newline, readCsv } from "../csv.ts";
import type { ImportContext, SourceReport } from "../importer.ts";
import type { InputFile } from "../../source/input.ts";
import type { Devices } from "./devices.ts";
import { headers } from "./files.ts";

const directionColumn = netPacketTable.columns[2];
const directions: ReadonlyMap<string, number> = new Map([
  ["in", codeOf(directionColumn, "rx")],
  ["out", codeOf(directionColumn, "tx")],
  ["", codeOf(directionColumn, "unknown")],
]);
const maxPort = 65_535;
const maxPacketBytes = 2 ** 32 - 1;

/** Fills net_packet from net.csv: the guest's wire, as the recorder's packet capture saw it. */
export async function readNet(
  file: InputFile,
  { reader, writer }: ImportContext,
  devices: Devices,
): Promise<{ source: SourceReport; lastNs: number }> {
  const packets = writer.table(netPacketTable);
  const deviceIndex = devices.index(devices.has("virtio-net") ? "virtio-net" : "net");
  let lastUs = 0;
  const rows = await readCsv(file, reader, headers.net, (cursor) => () => {
    const timeUs = cursor.whole("t_us", comma, maxTimeUs);
    if (timeUs < lastUs) cursor.refuse({ column: "t_us", expected: `${lastUs} or later`, found: `${timeUs}` });
    lastUs = timeUs;
    const directionText = cursor.text("dir", comma);
    const direction =
      directions.get(directionText) ??
      cursor.refuse({
        column: "dir",
        expected: "in, out or nothing",
        found: JSON.stringify(directionText.slice(0, 60)),
      });
    const bytes = cursor.whole("bytes", comma, maxPacketBytes);
    const protocol = cursor.text("proto", comma);
    const sourcePort = cursor.text("sport", comma);
    const destinationPort = cursor.text("dport", comma);
    cursor.text("tcp_flags", newline);
    packets.push({
      time_ns: timeUs * usNs,
      device_index: deviceIndex,
      direction,
      bytes,
      // A packet of no IP version has no number there, but a name (arp) or nothing.
      ip_protocol: /^[0-9]/.test(protocol) ? cursor.wholeOf("proto", protocol, 255) : null,
      source_port: sourcePort === "" ? null : cursor.wholeOf("sport", sourcePort, maxPort),
      destination_port: destinationPort === "" ? null : cursor.wholeOf("dport", destinationPort, maxPort),
    });
  });
  return { source: { file: file.name, rows, kept_rows: rows, dropped: [] }, lastNs: lastUs * usNs };
}
