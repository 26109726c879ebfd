// Recordings of others, beside the repository, as traces.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { secNs } from "../../src/base/index.ts";
import { importTrace, traceSchema } from "../../src/trace/index.ts";
import { besideFolder } from "./recordings.ts";
import { code, writeTinyTrace } from "./tiny-trace.ts";

export const blockLoads = join(besideFolder, "..", "traces", "blkreplay-1and1");
export const boardEvents = join(besideFolder, "..", "traces", "lttng-arm-irq-net");

const vm = [{ name: "vm", guest_bytes: 2 ** 30, vcpu_count: 4 }];
const { deviceTable, netPacketTable } = traceSchema;

/** A production server's hour of requests, as blktrace saw them dispatched: without completions and memory. */
export async function writeBlockLoad(target: string, name: string): Promise<{ readonly requestCount: number }> {
  const { tables } = await importTrace({ inputs: [join(blockLoads, `${name}.load.gz`)], target });
  return { requestCount: tables.find(({ table }) => table === "device_io")!.rows };
}

/** Six seconds of a board's packets: without protocols, requests and memory. */
export function writeBoardPackets(target: string): { readonly receivedCount: number } {
  const packets = readFileSync(join(boardEvents, "events.csv"), "utf8")
    .split("\n")
    .map((line) => line.split(","))
    .filter(([, , event]) => event === "netif_receive_skb" || event === "net_dev_xmit")
    .map(([us, , event, , bytes]) => ({
      time_ns: Math.round(Number(us) * 1000),
      device_index: 0,
      direction: code(netPacketTable, "direction", event === "netif_receive_skb" ? "rx" : "tx"),
      bytes: Number(bytes) || 0,
      ip_protocol: null,
    }))
    .sort((left, right) => left.time_ns - right.time_ns);
  writeTinyTrace(target, {
    name: "board",
    spanNs: 6 * secNs,
    tables: {
      vm,
      device: [{ vm_index: 0, name: "eth0", kind: code(deviceTable, "kind", "nic") }],
      net_packet: packets,
    },
  });
  const received = code(netPacketTable, "direction", "rx");
  return { receivedCount: packets.filter(({ direction }) => direction === received).length };
}

export const hasForeignTraces = existsSync(blockLoads) && existsSync(boardEvents);
