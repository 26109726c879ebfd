/**
 * Importer for packet captures: classic pcap (tcpdump) and pcapng (dumpcap, Wireshark), several of them on one time line.
 *
 * A capture becomes rows of `net_packet`, an interface a device. Lengths are those on the wire, whatever was captured.
 * Directions are told by Linux's cooked captures and by pcapng's packet flags, as the capturing machine sees them; on a
 * host's tap device they are the other way round than in the guest. The captures of one import are taken for one machine's.
 *
 * Not kept: addresses, payload, flags and options; the trace says what crossed the wire and when, not between whom.
 */
import { FormatError } from "../../../base/index.ts";
import { ByteWindow } from "../../source/byte-window.ts";
import { type InputFile, stem } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";
import type { ClockStart } from "../clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "../importer.ts";
import type { CaptureReader, CaptureSink } from "./capture.ts";
import { ClassicReader, isClassic } from "./classic.ts";
import { FirstMoment } from "./first-moment.ts";
import { PacketRows } from "./packet-rows.ts";
import { isPcapng, PcapngReader } from "./pcapng.ts";

function confidenceOf(file: InputFile): number {
  if (isClassic(file) || isPcapng(file)) return 1;
  return /\.(pcap|pcapng|cap)(\.\w+)?$/.test(file.name) ? 0.4 : 0;
}

function readerOf(file: InputFile, sink: CaptureSink): CaptureReader {
  return isPcapng(file) ? new PcapngReader(file, sink) : new ClassicReader(file, sink);
}

/** The earliest packet of the first piece that has one. */
async function startOf(file: InputFile, reader: InputReader): Promise<ClockStart | undefined> {
  const first = new FirstMoment();
  const window = new ByteWindow(file, reader);
  const captureReader = readerOf(file, first);
  try {
    for (let wanted = 1; !first.moment && (await window.fill(wanted));) wanted = captureReader.take(window);
  } catch (error) {
    // What is damaged is refused where it is read.
    if (!(error instanceof FormatError)) throw error;
  }
  await window.close();
  return { clock: "realtime", ...(first.moment ?? { second: Number.MAX_SAFE_INTEGER, nanosecond: 0 }) };
}

async function readCapture(file: InputFile, rows: PacketRows, { reader }: ImportContext): Promise<SourceReport> {
  const window = new ByteWindow(file, reader);
  rows.begin(file);
  const captureReader = readerOf(file, rows);
  let wanted = 1;
  while (await window.fill(wanted)) wanted = captureReader.take(window);
  if (window.left > 0) {
    reader.noteTruncated(file, `the file ends inside what begins at byte ${window.offset}, which was left out`);
  }
  const { kept, dropped } = rows.end();
  const lost = dropped.reduce((sum, part) => sum + part.rows, 0);
  return { file: file.name, rows: kept + lost, kept_rows: kept, dropped };
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const name = stem(files[0]!);
  const rows = new PacketRows(name, context);
  const sources: SourceReport[] = [];
  for (const file of files) sources.push(await readCapture(file, rows, context));
  rows.warn();
  return {
    name,
    source: "packets as libpcap or dumpcap captured them",
    licence: "unknown",
    clock: `realtime of the capturing machine, in steps of ${rows.clockSteps}`,
    spanNs: rows.highestNs,
    sources,
  };
}

export const pcap: Importer = {
  name: "pcap",
  version: 1,
  doc: "packet captures of tcpdump, dumpcap and Wireshark: pcap and pcapng",
  claim: (files) => claimEach(files, confidenceOf),
  startOf,
  run,
};
