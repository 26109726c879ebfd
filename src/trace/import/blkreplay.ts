/**
 * Importer for the loads of blkreplay (T. Schöbel-Theuer): a server's block requests as blktrace saw them dispatched, in
 * lines of `start ; sector ; length ; op ; replay_delay ; replay_duration`, seconds and sectors of 512 bytes, after free
 * text and a line that names these columns.
 *
 * Not supported: which process or disk (the format has neither), delays of a replay. A duration of 0 stands for none.
 */
import { FormatError, secNs } from "../../base/index.ts";
import { codeOf } from "../schema/column.ts";
import { deviceIoTable } from "../schema/trace-tables.ts";
import { quote, showPath } from "../text.ts";
import { type InputFile, listInputs } from "../source/input.ts";
import { textLines } from "../source/line-blocks.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "./importer.ts";

const sectorBytes = 512;
const heading = /^start\s*;\s*sector\s*;\s*length\s*;\s*op\s*;/;
const request =
  /^\s*(\d+)\.(\d{1,12})\s*;\s*(\d+)\s*;\s*(\d+)\s*;\s*([A-Z]{1,6})\s*;\s*[\d.]+\s*;\s*(\d+)\.(\d{1,12})\s*$/;

/** 104 days: what whole ns in a double hold. */
const maxSeconds = Math.floor(Number.MAX_SAFE_INTEGER / secNs);
const maxSectors = 2 ** 31;
const maxSector = Math.floor(Number.MAX_SAFE_INTEGER / sectorBytes);

const codes = Object.fromEntries(
  ["read", "write", "flush", "other"].map((label) => [label, codeOf(deviceIoTable.columns[4], label)]),
);

/** blktrace's letters: R and W, before or behind them F (flush), A (read ahead), S (sync), M (metadata); D discards. */
function directionOf(op: string): number {
  if (op.includes("W")) return codes["write"]!;
  if (op.includes("R")) return codes["read"]!;
  return codes[op.startsWith("F") ? "flush" : "other"]!;
}

/** Requests in the order of the file, as a struct of arrays. */
interface Requests {
  readonly submitNs: number[];
  readonly durationNs: number[];
  readonly sectors: number[];
  readonly offsets: number[];
  readonly direction: number[];
}

function hasHeading({ head }: InputFile): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
  return text.split("\n").some((line) => heading.test(line));
}

function confidenceOf(file: InputFile): number {
  if (hasHeading(file)) return 1;
  return /\.load(\.gz)?$/.test(file.name) ? 0.4 : 0;
}

/** Whole ns of two runs of digits, before and behind the point, without a double between. */
function toNs(whole: string, fraction: string): number {
  return Number(whole) * secNs + Number(fraction.padEnd(9, "0").slice(0, 9));
}

function refuse(file: InputFile, line: number, text: string): never {
  throw new FormatError(
    `${showPath(file.path)}: line ${line}: expected start ; sector ; length ; op ; delay ; duration, found ${quote(text)}`,
    { hint: "a load of blkreplay has one request a line after its heading" },
  );
}

async function readRequests(file: InputFile, { reader }: ImportContext): Promise<Requests> {
  const requests: Requests = { submitNs: [], durationNs: [], sectors: [], offsets: [], direction: [] };
  let line = 0;
  let isHead = true;
  for await (const text of textLines(file, reader)) {
    line++;
    if (isHead) {
      isHead = !heading.test(text);
      continue;
    }
    if (text.trim() === "" || text.startsWith("#")) continue;
    const found = request.exec(text);
    if (!found) refuse(file, line, text);
    const [, seconds, fraction, sector, sectors, op, durationSeconds, durationFraction] = found;
    if (
      Number(seconds) > maxSeconds ||
      Number(durationSeconds) > maxSeconds ||
      Number(sectors) > maxSectors ||
      Number(sector) > maxSector
    ) {
      refuse(file, line, text);
    }
    requests.submitNs.push(toNs(seconds!, fraction!));
    requests.durationNs.push(toNs(durationSeconds!, durationFraction!));
    requests.sectors.push(Number(sectors));
    requests.offsets.push(Number(sector) * sectorBytes);
    requests.direction.push(directionOf(op!));
  }
  if (isHead)
    throw new FormatError(`${showPath(file.path)}: expected the heading "start ; sector; length ; op ; …", found none`);
  if (requests.submitNs.length === 0) throw new FormatError(`${showPath(file.path)}: expected requests, found none`);
  return requests;
}

/** Several queues may be interleaved a little out of order: requests are sorted, and how many were is said. */
function inOrder({ submitNs }: Requests): { readonly order: Uint32Array; readonly displacedRows: number } {
  const order = Uint32Array.from(submitNs, (_, row) => row);
  const displacedRows = submitNs.reduce((count, ns, row) => count + (ns < (submitNs[row - 1] ?? 0) ? 1 : 0), 0);
  if (displacedRows > 0) order.sort((left, right) => submitNs[left]! - submitNs[right]! || left - right);
  return { order, displacedRows };
}

function writeRequests(requests: Requests, device: number, { writer, warnings }: ImportContext, file: InputFile): void {
  const { order, displacedRows } = inOrder(requests);
  const table = writer.table(deviceIoTable);
  const { submitNs, durationNs, sectors, offsets, direction } = requests;
  for (const row of order) {
    const submit = submitNs[row]!;
    table.push({
      submit_ns: submit,
      complete_ns: durationNs[row] === 0 ? null : submit + durationNs[row]!,
      device_index: device,
      bytes: sectors[row]! * sectorBytes,
      direction: direction[row]!,
      offset_bytes: offsets[row]!,
    });
  }
  const open = durationNs.filter((ns) => ns === 0).length;
  if (open > 0) {
    warnings.add(
      "requests-without-completion",
      open,
      `${file.name}: no duration: nothing is known of latency; scenarios may assume one (service.service_time)`,
    );
  }
  if (displacedRows > 0) {
    warnings.add(
      "rows-reordered",
      displacedRows,
      `${file.name}: requests that stand behind later ones were put in their order`,
    );
  }
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const [file, ...others] = files;
  if (!file || others.length > 0) {
    throw new FormatError(`expected one load of blkreplay, found ${listInputs(files)}`, {
      hint: "import each load into a trace of its own",
    });
  }
  const { catalogue } = context;
  const requests = await readRequests(file, context);
  const name = file.name.replace(/\.gz$/, "").replace(/\.load$/, "");
  const device = catalogue.device(catalogue.assumedVm(name), "disk", "virtio-blk");
  writeRequests(requests, device, context, file);
  const lastNs = requests.submitNs.reduce((most, ns, row) => Math.max(most, ns + requests.durationNs[row]!), 0);
  const rows = requests.submitNs.length;
  const source: SourceReport = { file: file.name, rows, kept_rows: rows, dropped: [] };
  return {
    name,
    source: "block requests as blktrace saw them dispatched, converted for blkreplay",
    licence: "see the head of the load",
    clock: "seconds since the recording's start",
    spanNs: lastNs,
    sources: [source],
  };
}

export const blkreplay: Importer = {
  name: "blkreplay",
  version: 2,
  doc: "loads of blkreplay: block requests as blktrace saw them dispatched",
  claim: (files) => claimEach(files, confidenceOf),
  run,
};
