/**
 * Importer for inventories of VMs and hosts, as planners have them:
 *
 * - OpenDC's workload traces: `meta.parquet` (or its rows as CSV) and `trace.parquet`, and its topologies as JSON
 * - GWA-T-12 Bitbrains: one CSV a VM, with its use in steps of five minutes
 * - Huawei Cloud's requests for VMs and free parts of servers (CC0), as CSV
 *
 * Source   OpenDC 2026-07, docs/reference/input; Shen et al., CCGrid 2015; the data set's own README
 * Not supported: failures and carbon traces of OpenDC; racks.
 */
import { FormatError } from "../../../base/index.ts";
import { listInputs } from "../../source/input.ts";
import { headText, type InputFile } from "../../source/input.ts";
import { columnarKind } from "../table/columnar-table.ts";
import type { Claim, ImportContext, Importer, ImportFacts } from "../importer.ts";
import { bitbrainsHeading, readBitbrains } from "./bitbrains.ts";
import { requestHeading, readRequests, readServers, serverHeading } from "./huawei.ts";
import { Inventory } from "./inventory.ts";
import { readMeta, readMetaCsv, readUse, metaHeading } from "./opendc.ts";
import { isTopology, readTopology } from "./topology.ts";

type Read = (file: InputFile, context: ImportContext, inventory: Inventory) => Promise<void>;

/** Parts of a fleet in the order in which they are read: VMs before their use. */
const parts: readonly { readonly is: (file: InputFile) => boolean; readonly read: Read }[] = [
  { is: (file) => isParquetOf(file, ["start_time", "stop_time", "mem_capacity"]), read: readMeta },
  { is: (file) => startsWith(file, metaHeading), read: readMetaCsv },
  { is: (file) => isParquetOf(file, ["timestamp", "duration", "cpu_usage"]), read: readUse },
  { is: (file) => startsWith(file, bitbrainsHeading), read: readBitbrains },
  { is: (file) => startsWith(file, requestHeading), read: readRequests },
  { is: (file) => startsWith(file, serverHeading), read: readServers },
  { is: isTopology, read: readTopology },
];

function startsWith(file: InputFile, heading: string): boolean {
  return headText(file).startsWith(heading);
}

/** A Parquet file names its columns at its end. */
function isParquetOf(file: InputFile, columns: readonly string[]): boolean {
  if (columnarKind(file) !== "parquet") return false;
  const footer = Buffer.from(file.tail).toString("latin1");
  return columns.every((column) => footer.includes(column));
}

function claim(files: readonly InputFile[]): Claim {
  const known = files.filter((file) => parts.some(({ is }) => is(file)));
  return { files: known, confidence: known.length > 0 ? 0.95 : 0 };
}

async function run(files: readonly InputFile[], context: ImportContext): Promise<ImportFacts> {
  const inventory = new Inventory(context);
  const left = new Set(files);
  for (const { is, read } of parts) {
    for (const file of files.filter((other) => left.has(other) && is(other))) {
      left.delete(file);
      await read(file, context, inventory);
    }
  }
  if (left.size > 0) {
    throw new FormatError(`expected files of an inventory, found ${listInputs([...left])}`, {
      hint: "OpenDC's meta.parquet, trace.parquet and topologies, Bitbrains' CSV, Huawei's vm_requests.csv and servers.csv",
    });
  }
  return inventory.end(files[0]!.name.replace(/\.(parquet|csv|json)(\.\w+)?$/, ""));
}

export const fleet: Importer = {
  name: "fleet",
  version: 1,
  doc: "inventories of VMs and hosts: OpenDC, Bitbrains, Huawei Cloud",
  claim,
  run,
};
