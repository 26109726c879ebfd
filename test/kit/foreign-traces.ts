// Recordings of others, beside the repository, as traces.
import { existsSync } from "node:fs";
import { join } from "node:path";

import { importTrace, openFolder, readRows, traceSchema } from "../../src/trace/index.ts";
import { besideFolder } from "./recordings.ts";
import { code } from "./tiny-trace.ts";

export const blockLoads = join(besideFolder, "..", "traces", "blkreplay-1and1");
export const boardEvents = join(besideFolder, "..", "traces", "lttng-arm-irq-net");

/** A production server's hour of requests, as blktrace saw them dispatched: without completions and memory. */
export async function writeBlockLoad(target: string, name: string): Promise<{ readonly requestCount: number }> {
  const { tables } = await importTrace({ inputs: [join(blockLoads, `${name}.load.gz`)], target });
  return { requestCount: tables.find(({ table }) => table === "device_io")!.rows };
}

/** Six seconds of a board's packets: without protocols, requests and memory. */
export async function writeBoardPackets(target: string): Promise<{ readonly receivedCount: number }> {
  await importTrace({ inputs: [join(boardEvents, "events.csv")], target, name: "board" });
  const { netPacketTable } = traceSchema;
  const received = code(netPacketTable, "direction", "rx");
  const packets = readRows(netPacketTable, openFolder("trace", target).sources.get("net_packet")!);
  return { receivedCount: packets.filter(({ direction }) => direction === received).length };
}

export const hasForeignTraces = existsSync(blockLoads) && existsSync(boardEvents);

/** Inventories of VMs and hosts: Huawei Cloud's requests, and OpenDC's VMs with hosts of a datacentre. */
export const huaweiInventory = join(besideFolder, "..", "traces", "huawei-vm-placement");
export const opendcInventory = join(besideFolder, "..", "traces", "opendc-vm-traces");
