/**
 * Importer for this project's own page-scan recordings: CSV files of the pages that a VM or a process wrote a tick, as
 * PAGEMAP_SCAN found them, with QEMU's device events and a packet capture beside them.
 *
 * Not supported: several VMs in one recording (import each; a trace may hold several all the same), huge pages.
 * Samples: traces/recorded/.
 */
import { basename, dirname } from "node:path";

import { FormatError, mibBytes, pageBytes, pagesToBytes, roundUp, usNs } from "../../../base/index.ts";
import { tickTable } from "../../schema/trace-tables.ts";
import { showPath } from "../../text.ts";
import { maxWhole } from "../csv.ts";
import { FrameTables } from "../frames.ts";
import { TickSpool } from "../tick-spool.ts";
import type { Claim, ImportContext, Importer, ImportFacts, SourceReport } from "../importer.ts";
import { firstLine, type InputFile, listInputs } from "../../source/input.ts";
import { readDevice } from "./device.ts";
import { Devices } from "./devices.ts";
import { assignRoles, headers, type RecordingFiles, roleByContent, roleByName, roleOf } from "./files.ts";
import { readNet } from "./net.ts";
import { PageSet } from "../../page-set.ts";
import { maxFrames, type PagesRead, readPages } from "./pages.ts";
import { readPhases } from "./phases.ts";
import { readRecording, type Recording } from "./recording.ts";
import { readRegions } from "./regions.ts";
import { readTicks, tickRows, type Ticks } from "./ticks.ts";

const virtualHeader = 1;

function claim(all: readonly InputFile[]): Claim {
  const files = all.filter((file) => roleOf(file) !== undefined);
  const byContent = all.map(roleByContent);
  if (byContent.includes("pages")) return { files, confidence: 1 };
  if (byContent.some((role) => role !== undefined)) return { files, confidence: 0.6 };
  return { files, confidence: all.some((file) => roleByName(file) === "pages") ? 0.4 : 0 };
}

interface Parts {
  readonly pages: InputFile;
  readonly ticks: Ticks;
  readonly recording: Recording;
}

interface PagesImported {
  readonly source: SourceReport;
  readonly endGfn: number;
}

function openFrames(context: ImportContext): FrameTables {
  // The recorder switches transparent huge pages off, so that the backing of every frame is of order 0.
  return new FrameTables((table) => context.writer.table(table), { vmIndex: 0, order: 0 });
}

/** The frames of a process: its pages are numbered without gaps, for which all of them must be known. */
async function importVirtual({ pages, ticks }: Parts, context: ImportContext) {
  const set = new PageSet();
  const spool = new TickSpool(context.reader.spoolPath());
  try {
    const read = await readPages(pages, context.reader, ticks, {
      header: virtualHeader,
      maxPage: maxWhole,
      sink: (timeNs, runs) => {
        spool.add(timeNs, 0, runs);
        return set.addRuns(runs);
      },
    });
    context.warnings.add(
      "virtual-pages-packed",
      set.pages,
      "pages.csv: virtual pages of a process are numbered in address order as the frames of a VM; rows counts the pages",
    );
    const frames = openFrames(context);
    const rank = set.ranks();
    for (const { timeNs, runs } of spool.ticks()) frames.addTick(timeNs, runs, rank);
    return { read, endGfn: frames.endGfn };
  } finally {
    spool.close();
  }
}

async function importPhysical({ pages, ticks, recording }: Parts, context: ImportContext) {
  const frames = openFrames(context);
  const read = await readPages(pages, context.reader, ticks, {
    header: 0,
    maxPage: recording.guest_bytes === undefined ? maxFrames : recording.guest_bytes / pageBytes,
    sink: (timeNs, runs) => frames.addTick(timeNs, runs),
  });
  return { read, endGfn: frames.endGfn };
}

async function importPages(parts: Parts, context: ImportContext): Promise<PagesImported> {
  const { pages } = parts;
  const importFrames = isVirtualRecording(pages) ? importVirtual : importPhysical;
  const { read, endGfn } = await importFrames(parts, context);
  warnOfRepeats(read, context);
  return { source: { file: pages.name, rows: read.rows, kept_rows: read.rows, dropped: [] }, endGfn };
}

function warnOfRepeats({ repeatedRows, repeatedPages }: PagesRead, { warnings }: ImportContext): void {
  if (repeatedRows === 0) return;
  warnings.add(
    "pages-repeated-in-tick",
    repeatedRows,
    `pages.csv: runs that hold ${repeatedPages} pages a second time in their tick, as the scan met them again`,
  );
}

function isVirtualRecording(pages: InputFile): boolean {
  return firstLine(pages) === headers.pages[virtualHeader];
}

function requireFile(file: InputFile | undefined, name: string, files: readonly InputFile[]): InputFile {
  if (file) return file;
  throw new FormatError(`expected ${name} among the inputs, found ${listInputs(files)}`, {
    hint: "a recording has at least pages.csv and ticks.csv; name its folder, or all of its files",
  });
}

interface DevicesImported {
  readonly devices: Devices;
  readonly sources: readonly SourceReport[];
  readonly lastNs: number;
  readonly endGfn: number;
}

async function importDevices(
  { byRole }: RecordingFiles,
  parts: Parts,
  context: ImportContext,
): Promise<DevicesImported> {
  const devices = new Devices();
  const sources: SourceReport[] = [];
  let lastNs = 0;
  let endGfn = 0;
  if (byRole.device) {
    if (isVirtualRecording(parts.pages)) {
      throw new FormatError(`${showPath(byRole.device.path)}: expected no device events in the recording of a process`);
    }
    const maxFrame = parts.recording.guest_bytes === undefined ? maxFrames : parts.recording.guest_bytes / pageBytes;
    const device = await readDevice(byRole.device, context, { devices, maxFrame });
    sources.push(device.source);
    ({ lastNs, endGfn } = device);
  }
  if (byRole.net) {
    const net = await readNet(byRole.net, context, devices);
    sources.push(net.source);
    lastNs = Math.max(lastNs, net.lastNs);
  }
  return { devices, sources, lastNs, endGfn };
}

/** The VM's row, which is the trace's first; what the recording does not say is assumed, with a warning. */
function writeVm(name: string, endGfn: number, parts: Parts, { catalogue, warnings }: ImportContext): number {
  const { recording, pages } = parts;
  const isVirtual = isVirtualRecording(pages);
  const neededBytes = roundUp(pagesToBytes(endGfn), isVirtual ? mibBytes : 64 * mibBytes);
  if (recording.guest_bytes === undefined && !isVirtual) {
    warnings.add("guest-size-assumed", 1, "no recording.json: the least multiple of 64 MiB that holds every frame");
  }
  if (recording.vcpu_count === undefined) warnings.add("vcpu-count-assumed", 1, "no recording.json: 1 vCPU");
  const guestBytes = isVirtual ? neededBytes : (recording.guest_bytes ?? neededBytes);
  return catalogue.vm(name, guestBytes, recording.vcpu_count ?? 1);
}

/** Columns that the trace format has no place for, so that they are not missed in silence. */
function warnOfColumns({ byRole }: RecordingFiles, { warnings }: ImportContext): void {
  const lost = [
    ...(byRole.phases && firstLine(byRole.phases) === headers.phases[0] ? ["guest_uptime_s of phases.csv"] : []),
    ...(byRole.device ? ["status and destination of device.csv"] : []),
    ...(byRole.net ? ["tcp_flags of net.csv"] : []),
  ];
  if (lost.length > 0) warnings.add("columns-dropped", lost.length, `no place in the format: ${lost.join("; ")}`);
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const roles = assignRoles(files);
  const { byRole } = roles;
  const pages = requireFile(byRole.pages, "pages.csv", files);
  const ticksFile = requireFile(byRole.ticks, "ticks.csv", files);
  const recording = await readRecording(byRole.recording, context.reader);
  const name = recording.name ?? basename(dirname(pages.path));
  const ticks = await readTicks(ticksFile, context.reader);
  const tickTableWriter = context.writer.table(tickTable);
  for (const row of tickRows(ticks)) tickTableWriter.push(row);
  const tickCount = ticks.numbers.length;
  const parts = { pages, ticks, recording };
  const pagesImported = await importPages(parts, context);
  const phases = byRole.phases ? await readPhases(byRole.phases, context) : undefined;
  const regions = byRole.regions ? await readRegions(byRole.regions, context) : undefined;
  const devices = await importDevices(roles, parts, context);
  const vm = writeVm(name, Math.max(pagesImported.endGfn, devices.endGfn), parts, context);
  devices.devices.write(context.catalogue, vm);
  warnOfColumns(roles, context);
  return {
    name,
    source: recording.source ?? "page-scan recording without a recording.json",
    licence: recording.licence ?? "unknown",
    clock: "CLOCK_MONOTONIC of the recording host in steps of 1 us, 0 = the recorder's start",
    spanNs: Math.max(ticks.timesUs.at(-1)! * usNs, phases?.lastNs ?? 0, devices.lastNs),
    sources: [
      { file: ticksFile.name, rows: tickCount, kept_rows: tickCount, dropped: [] },
      pagesImported.source,
      ...(phases ? [phases.source] : []),
      ...(regions ? [regions] : []),
      ...devices.sources,
    ],
  };
}

export const pageScan: Importer = {
  name: "page-scan",
  version: 2,
  doc: "this project's own recordings of the pages that a VM or a process writes, with devices and packets",
  wholeOnly: true,
  claim,
  run,
};
