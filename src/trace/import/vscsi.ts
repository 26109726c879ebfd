/**
 * Importer for CloudPhysics' traces of virtual SCSI disks: records of 32 bytes (VSCSI1) or 40 (VSCSI2, with a response time),
 * little-endian, as VMware's vscsiStats wrote them, the same as CSV (`version,time,op,size,lbn`), and vscsiStats' own text.
 *
 * Source   Waldspurger et al., FAST 2015; the record layout as libCacheSim's documents and readers describe it; SCSI
 *          operation codes: T10 SBC-4, table 33. Lengths are bytes, places are sectors of 512 bytes, times are us
 * Not supported: several disks in one file (the format does not name disks), what scatter-gather lists held.
 */
import { FormatError } from "../../base/index.ts";
import { codeOf } from "../schema/column.ts";
import { deviceIoTable } from "../schema/trace-tables.ts";
import { firstLine, headText, type InputFile } from "../source/input.ts";
import { type LineScanner, scanLines } from "../source/line-scanner.ts";
import { showPath } from "../text.ts";
import type { TableWriter } from "../write.ts";
import type { SourceClock } from "./clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "./importer.ts";

const sectorBytes = 512;
const maxSector = Math.floor(Number.MAX_SAFE_INTEGER / sectorBytes);
const heading = "version,time,op,size,lbn";
/** Of vscsiStats' own text, behind a line that says its version. */
const statsHeading = "#Serial Number,IO Data Length,Num SG Entries,Command Type,LBN,Time Stamp (microseconds)";
const microsPerSecond = 1_000_000;

/** Where the fields of a record lie. */
interface Layout {
  readonly version: number;
  readonly bytes: number;
  readonly command: number;
  readonly versionAt: number;
  readonly length: number;
  readonly sector: number;
  readonly time: number;
  readonly response?: number;
}

const layouts: readonly Layout[] = [
  { version: 2, bytes: 40, command: 0, versionAt: 2, length: 8, sector: 16, time: 24, response: 32 },
  { version: 1, bytes: 32, command: 12, versionAt: 14, length: 4, sector: 16, time: 24 },
];

const directionColumn = deviceIoTable.columns[4];
const other = codeOf(directionColumn, "other");
/** READ and WRITE with 6, 10, 12, 16 and 32 bytes, writes with VERIFY, SYNCHRONIZE CACHE with 10 and 16. */
const directions = new Uint8Array(256).fill(other);
for (const [label, commands] of [
  ["read", [0x08, 0x28, 0xa8, 0x88]],
  ["write", [0x0a, 0x2a, 0xaa, 0x8a, 0x2e, 0xae, 0x8e, 0x3f, 0x41, 0x93]],
  ["flush", [0x35, 0x91]],
] as const) {
  for (const command of commands) directions[command] = codeOf(directionColumn, label);
}

/** Commands whose block is where their data lies. */
const placed = new Set([codeOf(directionColumn, "read"), codeOf(directionColumn, "write")]);

/** Records that must look alike before a file without any magic is taken for a trace. */
const probedRecords = 16;

function layoutOf({ head }: InputFile): Layout | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return layouts.find(({ version, bytes, command, versionAt, length }) => {
    const records = Math.min(Math.floor(head.byteLength / bytes), probedRecords);
    for (let record = 0; record < records; record++) {
      const at = record * bytes;
      const isKind = view.getUint16(at + versionAt, true) >> 8 === version && view.getUint16(at + command, true) < 256;
      if (!isKind || view.getUint32(at + length, true) > 2 ** 28) return false;
    }
    return records >= 2;
  });
}

function readWord(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 4_294_967_296 + view.getUint32(at, true);
}

/** Rows of one disk. */
class Requests {
  readonly #file: InputFile;
  readonly #clock: SourceClock;
  readonly #table: TableWriter;
  readonly #device: number;
  #row = 0;
  lastNs = 0;
  open = 0;
  headings = 0;

  constructor(file: InputFile, context: ImportContext) {
    this.#file = file;
    this.#clock = context.clock(file);
    this.#table = context.writer.table(deviceIoTable, { sort: true });
    const name = file.name.replace(/\.(vscsi[12]?|csv|bin)(\.\w+)?$/, "");
    this.#device = context.catalogue.device(context.catalogue.assumedVm(name), "scsi0", "other");
  }

  get rows(): number {
    return this.#row;
  }

  /** Takes a request; `responseUs` below 0 says that the source does not know. */
  add(timeUs: number, command: number, bytes: number, sector: number, responseUs: number): void {
    this.#row++;
    if (!(timeUs <= Number.MAX_SAFE_INTEGER && sector <= maxSector && responseUs <= Number.MAX_SAFE_INTEGER)) {
      throw new FormatError(
        `${showPath(this.#file.path)}: record ${this.#row}: expected numbers below 2^53, found time ${timeUs}, sector ${sector}`,
        { hint: "the file is damaged, or of another format" },
      );
    }
    const seconds = Math.floor(timeUs / microsPerSecond);
    const submit = this.#clock.toNs(seconds, Math.round((timeUs - seconds * microsPerSecond) * 1000), this.#row);
    const complete = submit + responseUs * 1000;
    const direction = directions[command & 0xff]!;
    const hasPlace = bytes > 0 && placed.has(direction);
    const hasEnd = responseUs >= 0 && complete <= Number.MAX_SAFE_INTEGER;
    const { columns, nulls, fill } = this.#table;
    columns["submit_ns"]![fill] = submit;
    columns["complete_ns"]![fill] = hasEnd ? complete : 0;
    nulls["complete_ns"]![fill] = hasEnd ? 0 : 1;
    columns["device_index"]![fill] = this.#device;
    columns["bytes"]![fill] = bytes;
    columns["direction"]![fill] = direction;
    columns["offset_bytes"]![fill] = hasPlace ? sector * sectorBytes : 0;
    nulls["offset_bytes"]![fill] = hasPlace ? 0 : 1;
    this.#table.advance();
    if (!hasEnd) this.open++;
    this.lastNs = Math.max(this.lastNs, hasEnd ? complete : submit);
  }
}

async function readBinary(file: InputFile, context: ImportContext, requests: Requests): Promise<void> {
  const layout = layoutOf(file);
  if (!layout) {
    throw new FormatError(`${showPath(file.path)}: expected records of VSCSI1 or VSCSI2, found neither`);
  }
  const { bytes, version } = layout;
  let rest: Uint8Array = new Uint8Array(0);
  for await (const chunk of context.reader.chunks(file)) {
    const block = rest.length > 0 ? Buffer.concat([rest, chunk]) : chunk;
    const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
    let at = 0;
    for (; at + bytes <= block.byteLength; at += bytes) {
      if (view.getUint16(at + layout.versionAt, true) >> 8 !== version) {
        throw new FormatError(`${showPath(file.path)}: record ${requests.rows + 1}: expected version ${version}`, {
          hint: "the file is damaged, or of another format",
        });
      }
      requests.add(
        readWord(view, at + layout.time),
        view.getUint16(at + layout.command, true),
        view.getUint32(at + layout.length, true),
        readWord(view, at + layout.sector),
        layout.response === undefined ? -1 : readWord(view, at + layout.response),
      );
    }
    rest = block.slice(at);
  }
  if (rest.length > 0) context.reader.noteTruncated(file, `the file ends inside record ${requests.rows + 1}`);
}

/** Times below it are seconds: as us they would all lie within three hours of the host's start, in steps of 1 us. */
const leastMicros = 1e10;

/** Command types of vscsiStats' text by name; the others stand there as operation codes. */
const commandNames: Readonly<Record<string, number>> = { read: 0x28, write: 0x2a };
const statsRecord = /^\d{1,10},(\d{1,10}),\d{1,10},(read|write|(?:0x)?[0-9a-fA-F]{1,2}),(\d{1,16}),(\d{1,16})$/;

const record = /^[12],(\d{1,16})(?:\.(\d{1,6})0*)?,([0-9a-fA-F]{1,4}),(\d{1,10}),(\d{1,16})$/;

function microsOf(whole: string, fraction = ""): number {
  const value = Number(whole);
  return value < leastMicros ? value * microsPerSecond + Number(fraction.padEnd(6, "0")) : value;
}

function addStatsRecord(scanner: LineScanner, text: string, requests: Requests): void {
  const [, bytes, type, sector, timeUs] = statsRecord.exec(text) ?? [];
  if (type === undefined) scanner.refuse("serial number, length, entries, command, block, us");
  const command = commandNames[type] ?? Number.parseInt(type, 16);
  requests.add(Number(timeUs), command, Number(bytes), Number(sector), -1);
}

async function readText(file: InputFile, context: ImportContext, requests: Requests): Promise<void> {
  const isStats = isStatsText(file);
  await scanLines(file, context.reader, (scanner) => {
    const text = scanner.text();
    if (text === heading || text.startsWith("#")) {
      requests.headings++;
      return;
    }
    if (isStats) return addStatsRecord(scanner, text, requests);
    const [, time, fraction, command, bytes, sector] = record.exec(text) ?? [];
    if (time === undefined) return scanner.refuse(heading);
    requests.add(microsOf(time, fraction), Number.parseInt(command!, 16), Number(bytes), Number(sector), -1);
  });
}

function isStatsText(file: InputFile): boolean {
  return headText(file).slice(0, 1024).includes(statsHeading);
}

function isText(file: InputFile): boolean {
  return firstLine(file)?.replace(/\r$/, "") === heading || isStatsText(file);
}

function firstMicros(file: InputFile): number | undefined {
  if (isText(file)) {
    const lines = Buffer.from(file.head).toString("latin1").split("\n").slice(1, -1);
    const isStats = isStatsText(file);
    const times = lines.flatMap((line) => {
      const found = (isStats ? statsRecord : record).exec(line.replace(/\r$/, ""));
      if (!found) return [];
      return [isStats ? Number(found[4]) : microsOf(found[1]!, found[2])];
    });
    return times.length > 0 ? Math.min(...times) : undefined;
  }
  const layout = layoutOf(file);
  if (!layout) return undefined;
  const view = new DataView(file.head.buffer, file.head.byteOffset, file.head.byteLength);
  let least = Number.POSITIVE_INFINITY;
  for (let at = 0; at + layout.bytes <= view.byteLength; at += layout.bytes) {
    least = Math.min(least, readWord(view, at + layout.time));
  }
  return least;
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const sources: SourceReport[] = [];
  let spanNs = 0;
  for (const file of files) {
    const requests = new Requests(file, context);
    await (isText(file) ? readText(file, context, requests) : readBinary(file, context, requests));
    if (requests.open > 0) {
      context.warnings.addRows("requests-without-completion", requests.open, `${file.name}: no response times`);
    }
    if (requests.open < requests.rows) {
      const detail = "no document says in which unit VSCSI2 keeps response times: taken as us, as its other times are";
      context.warnings.addRows("units-assumed", requests.rows - requests.open, detail);
    }
    spanNs = Math.max(spanNs, requests.lastNs);
    const { rows, headings } = requests;
    const dropped = { code: "headings-dropped", rows: headings, detail: "lines that say what the columns are" };
    sources.push({ file: file.name, rows: rows + headings, kept_rows: rows, dropped: headings > 0 ? [dropped] : [] });
  }
  return {
    name: files[0]!.name.replace(/\.(vscsi[12]?|csv|bin)(\.\w+)?$/, ""),
    source: "requests of virtual SCSI disks as the hypervisor saw them",
    licence: "unknown",
    clock: "the hypervisor's own clock in steps of 1 us (CSV: also of 1 s)",
    spanNs,
    sources,
  };
}

export const vscsi: Importer = {
  name: "vscsi",
  version: 1,
  doc: "CloudPhysics' traces of virtual SCSI disks, binary (VSCSI1, VSCSI2) and CSV",
  claim: (files) => claimEach(files, (file) => (isText(file) ? 1 : layoutOf(file) ? 0.7 : 0)),
  startOf(file) {
    const micros = firstMicros(file);
    if (micros === undefined || !(micros <= Number.MAX_SAFE_INTEGER)) return undefined;
    const second = Math.floor(micros / microsPerSecond);
    // Of the hypervisor's boot: no clock of a guest or of another host is the same.
    return { clock: "own", second, nanosecond: (micros - second * microsPerSecond) * 1000 };
  },
  run,
};
