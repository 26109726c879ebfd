/**
 * Importer for traces of virtual SCSI disks, as ESX's vscsiStats makes them and CloudPhysics published them: binary records
 * of 32 bytes (version 1) or 40 (version 2), and two texts of the same.
 *
 * Source   the record's fields as readers of these traces declare them (libCacheSim, vscsi.h); the head of vscsiStats' text.
 * Times are µs since the host's boot, blocks are of 512 bytes. A command is what a guest gave to its disk.
 *
 * Not      which host and VM, as the records do not say; serial numbers and scatter-gather entries
 */
import { FormatError } from "../../../base/index.ts";
import { type InputFile, stem } from "../../source/input.ts";
import { showPath } from "../../text.ts";
import type { ClockStart } from "../clock.ts";
import { claimEach, type ImportContext, type Importer, type ImportFacts, type SourceReport } from "../importer.ts";
import { firstUs, layoutOf, readBinary } from "./binary.ts";
import { CommandRows } from "./command-rows.ts";
import { csvLayoutOf, firstCsvUs, isInSeconds, readCsv } from "./csv.ts";

/** Without a magic, never quite sure. */
const binaryConfidence = 0.8;

function confidenceOf(file: InputFile): number {
  if (csvLayoutOf(file)) return 1;
  if (layoutOf(file)) return binaryConfidence;
  return /\.vscsi(trace)?(\.\w+)?$/.test(file.name) ? 0.4 : 0;
}

function startOf(file: InputFile): ClockStart | undefined {
  const csv = csvLayoutOf(file);
  const binary = layoutOf(file);
  const us = csv ? firstCsvUs(file, csv) : binary ? firstUs(file, binary) : Number.POSITIVE_INFINITY;
  if (!Number.isSafeInteger(us)) return undefined;
  const second = Math.floor(us / 1_000_000);
  return { clock: "own", second, nanosecond: (us - second * 1_000_000) * 1000 };
}

async function readFile(file: InputFile, rows: CommandRows, { reader }: ImportContext): Promise<SourceReport> {
  const csv = csvLayoutOf(file);
  if (csv) return rows.finish(await readCsv(file, csv, reader, (command) => rows.add(command)));
  const binary = layoutOf(file);
  if (!binary) {
    throw new FormatError(
      `${showPath(file.path)}: expected records of vscsi version 1 or 2, or its text, found neither`,
    );
  }
  await readBinary(file, binary, reader, (command) => rows.add(command));
  return rows.finish();
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const name = stem(files[0]!);
  const vm = context.catalogue.assumedVm(name);
  const sources: SourceReport[] = [];
  const steps = new Set<string>();
  let spanNs = 0;
  for (const file of files) {
    const rows = new CommandRows(file, vm, context);
    const source = await readFile(file, rows, context);
    sources.push(source);
    if (!isInSeconds(file)) {
      const detail = "serial numbers and scatter-gather entries of commands";
      context.warnings.addRows("columns-dropped", source.kept_rows, detail);
    }
    steps.add(isInSeconds(file) ? "1 s" : "1 µs");
    spanNs = Math.max(spanNs, rows.highestNs);
  }
  return {
    name,
    source: "commands to virtual SCSI disks, as the hypervisor saw them",
    licence: "unknown",
    clock: `time since the host's boot, in steps of ${[...steps].join(" and ")}`,
    spanNs,
    sources,
  };
}

export const vscsi: Importer = {
  name: "vscsi",
  version: 1,
  doc: "traces of virtual SCSI disks (vscsiStats, CloudPhysics): binary versions 1 and 2, and text",
  claim: (files) => claimEach(files, confidenceOf),
  startOf,
  run,
};
