import { FormatError, UsageError } from "../../base/index.ts";
import { type InputFile, listInputs } from "../source/input.ts";
import type { Claim, Importer, SourceOptions } from "./importer.ts";
import { blkreplay } from "./blkreplay.ts";
import { blkparse } from "./block/blkparse.ts";
import { blktrace } from "./block/blktrace.ts";
import { chromeTrace } from "./chrome-trace/chrome-trace.ts";
import { damo } from "./damon/damo.ts";
import { dmesg } from "./dmesg/dmesg.ts";
import { fio } from "./fio/fio.ts";
import { fleet } from "./fleet/fleet.ts";
import { pageScan } from "./page-scan/page-scan.ts";
import { pcap } from "./pcap/pcap.ts";
import { perfetto } from "./perfetto/perfetto.ts";
import { ping } from "./ping.ts";
import { qemuLog } from "./qemu/log.ts";
import { qemuSimpletrace } from "./qemu/simpletrace.ts";
import { qmp } from "./qmp/qmp.ts";
import { systemdPlot } from "./systemd-plot.ts";
import { table } from "./table/table.ts";
import { traceText } from "./trace-text/trace-text.ts";
import { vscsi } from "./vscsi.ts";

/** Every known foreign format; of two that are equally sure, the earlier one wins. */
export const importers: readonly Importer[] = [
  table,
  pageScan,
  blkreplay,
  qemuLog,
  qemuSimpletrace,
  ping,
  systemdPlot,
  pcap,
  blkparse,
  blktrace,
  fio,
  fleet,
  ...traceText,
  damo,
  vscsi,
  chromeTrace,
  perfetto,
  qmp,
  dmesg,
];

/** The formats, for people. */
export const importFormats = importers.map(({ name, version, doc }) => ({ name, version, doc }));

/** An importer and the files that it is to read. */
export interface Assignment {
  readonly importer: Importer;
  readonly files: readonly InputFile[];
}

function best(
  files: readonly InputFile[],
  known: readonly Importer[],
  options: SourceOptions,
): { importer: Importer; claim: Claim } | undefined {
  let found: { importer: Importer; claim: Claim } | undefined;
  for (const importer of known) {
    const claim = importer.claim(files, options);
    if (claim.files.length > 0 && claim.confidence > (found?.claim.confidence ?? 0)) found = { importer, claim };
  }
  return found;
}

function refuseUnknown(files: readonly InputFile[], known: readonly Importer[]): never {
  throw new FormatError(`expected a known format, found ${files.length === 0 ? "no file" : listInputs(files)}`, {
    hint: `known: ${known.map(({ name }) => name).join(", ")}`,
  });
}

function named(format: string | undefined): readonly Importer[] {
  if (format === undefined) return importers;
  const found = importers.filter(({ name }) => name === format);
  if (found.length > 0) return found;
  throw new UsageError(`format ${JSON.stringify(format)}: not known`, {
    hint: `known: ${importers.map(({ name }) => name).join(", ")}`,
  });
}

/**
 * Who reads which file: the surest importer takes its files, then the surest for the others, and so on.
 *
 * Shape    in the order of the registry; `ignored` are files that a folder held and nobody knows
 * Errors   FormatError where nobody knows a file that the user named, or any file at all
 */
export function assignFiles(
  files: readonly InputFile[],
  format?: string,
  options: SourceOptions = {},
): { readonly assignments: readonly Assignment[]; readonly ignored: readonly InputFile[] } {
  const known = named(format);
  const assignments: Assignment[] = [];
  let left = files;
  if (format !== undefined && !best(files, known, options)) {
    // The user knows better than the content.
    return { assignments: [{ importer: known[0]!, files }], ignored: [] };
  }
  for (;;) {
    const found = best(left, known, options);
    // Names alone decide only where nothing was found by content.
    if (!found || (assignments.length > 0 && found.claim.confidence <= 0.5)) break;
    const { importer, claim } = found;
    assignments.push({ importer, files: claim.files });
    left = left.filter((file) => !claim.files.includes(file));
  }
  const strangers = left.filter((file) => file.named);
  if (assignments.length === 0 || strangers.length > 0) refuseUnknown(strangers.length > 0 ? strangers : left, known);
  assignments.sort((one, other) => importers.indexOf(one.importer) - importers.indexOf(other.importer));
  return { assignments, ignored: left };
}
