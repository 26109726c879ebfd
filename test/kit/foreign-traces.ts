// Recordings of others, beside the repository, as traces: what no importer reads yet.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

import { secNs } from "../../src/base/index.ts";
import { traceSchema } from "../../src/trace/index.ts";
import { besideFolder } from "./recordings.ts";
import { code, writeTinyTrace } from "./tiny-trace.ts";

export const blockLoads = join(besideFolder, "..", "traces", "blkreplay-1and1");
export const boardEvents = join(besideFolder, "..", "traces", "lttng-arm-irq-net");

const vm = [{ name: "vm", guest_bytes: 2 ** 30, vcpu_count: 4 }];
const { deviceTable, deviceIoTable, netPacketTable } = traceSchema;

/** A production server's hour of requests, as blktrace saw them dispatched: without completions and memory. */
export function writeBlockLoad(target: string, name: string): { readonly requestCount: number } {
  const lines = gunzipSync(readFileSync(join(blockLoads, `${name}.load.gz`)))
    .toString("latin1")
    .split("\n")
    .filter((line) => /^\s*\d+\.\d+\s*;/.test(line));
  const requests = lines
    .map((line) => line.split(";").map((cell) => cell.trim()))
    .map(([start, , sectors, direction]) => ({
      submit_ns: Math.round(Number(start) * secNs),
      complete_ns: null,
      device_index: 0,
      bytes: Number(sectors) * 512,
      direction: code(deviceIoTable, "direction", direction === "W" ? "write" : "read"),
    }))
    .sort((left, right) => left.submit_ns - right.submit_ns);
  writeTinyTrace(target, {
    name,
    spanNs: requests.at(-1)!.submit_ns + 1,
    tables: {
      vm,
      device: [{ vm_index: 0, name: "disk", kind: code(deviceTable, "kind", "virtio-blk") }],
      device_io: requests,
    },
  });
  return { requestCount: requests.length };
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
