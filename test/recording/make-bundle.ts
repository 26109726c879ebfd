import { createHash } from "node:crypto";

import { samples } from "./samples.ts";

const blockBytes = 512;

/** A tar header of a regular file. */
function headerOf(name: string, size: number): Buffer {
  const header = Buffer.alloc(blockBytes);
  header.write(name, 0, 100, "latin1");
  header.write("0000644\0", 100);
  header.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  header.write("        ", 148);
  header.write("0", 156);
  header.write("ustar\u000000", 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return header;
}

export function makeTar(members: Readonly<Record<string, Buffer>>): Buffer {
  const blocks = Object.entries(members).flatMap(([name, bytes]) => [
    headerOf(name, bytes.length),
    bytes,
    Buffer.alloc((blockBytes - (bytes.length % blockBytes)) % blockBytes),
  ]);
  return Buffer.concat([...blocks, Buffer.alloc(2 * blockBytes)]);
}

/** A bundle of the recorder: its manifest names the members by their hashes. */
export function makeBundle(members: Readonly<Record<string, Buffer>>, changes: Record<string, unknown> = {}): Buffer {
  const files = Object.entries(members).map(([path, bytes]) => {
    return { path, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
  });
  const manifest = { format: "luoscope-recording", version: 1, kexec: true, missing: [], files, ...changes };
  return makeTar({ "manifest.json": Buffer.from(JSON.stringify(manifest)), ...members });
}

const entryFormat = `name: funcgraph_entry
ID: 11
format:
\tfield:unsigned long func;\toffset:8;\tsize:8;\tsigned:0;
\tfield:unsigned int depth;\toffset:16;\tsize:4;\tsigned:0;
`;

const exitFormat = `name: funcgraph_exit
ID: 10
format:
\tfield:unsigned long func;\toffset:8;\tsize:8;\tsigned:0;
\tfield:unsigned int depth;\toffset:16;\tsize:4;\tsigned:0;
\tfield:unsigned int overrun;\toffset:20;\tsize:4;\tsigned:0;
\tfield:unsigned long long calltime;\toffset:24;\tsize:8;\tsigned:0;
\tfield:unsigned long long rettime;\toffset:32;\tsize:8;\tsigned:0;
`;

const functions = ["kernel_kexec", "liveupdate_reboot", "device_shutdown", "machine_shutdown", "machine_kexec"];

interface TracedCall {
  readonly name: string;
  readonly depth: number;
  readonly startNs: number;
  /** Undefined: it never returns. */
  readonly endNs?: number;
}

function record(ns: number, previousNs: number, event: Buffer): Buffer {
  const head = Buffer.alloc(4);
  head.writeUInt32LE((((ns - previousNs) << 5) | (event.length / 4)) >>> 0);
  return Buffer.concat([head, event]);
}

function eventOf(id: number, call: TracedCall): Buffer {
  const event = Buffer.alloc(id === 10 ? 40 : 20);
  event.writeUInt16LE(id, 0);
  event.writeInt32LE(1, 4);
  event.writeUInt32LE(0x1000 + functions.indexOf(call.name), 8);
  event.writeUInt32LE(0xffffffff, 12);
  event.writeUInt32LE(call.depth, 16);
  if (id === 10) {
    event.writeBigUInt64LE(BigInt(call.startNs), 24);
    event.writeBigUInt64LE(BigInt(call.endNs!), 32);
  }
  return event;
}

/** One page of a trace buffer, as the kernel gives it raw. */
function pageOf(calls: readonly TracedCall[]): Buffer {
  const events = calls.flatMap((call) => [
    { ns: call.startNs, event: eventOf(11, call) },
    ...(call.endNs === undefined ? [] : [{ ns: call.endNs, event: eventOf(10, call) }]),
  ]);
  events.sort((left, right) => left.ns - right.ns);
  let previousNs = events[0]!.ns;
  const head = Buffer.alloc(16);
  head.writeBigUInt64LE(BigInt(previousNs), 0);
  const records = events.map(({ ns, event }) => {
    const bytes = record(ns, previousNs, event);
    previousNs = ns;
    return bytes;
  });
  const body = Buffer.concat(records);
  head.writeUInt32LE(body.length, 8);
  const page = Buffer.alloc(4096);
  Buffer.concat([head, body]).copy(page);
  return page;
}

/** A recording as a host writes it whose dmesg of before is long overwritten: clocks, marks and a trace of the reboot. */
export function bundleMembers(): Record<string, Buffer> {
  const text = (content: string): Buffer => Buffer.from(content, "latin1");
  const sample = (mono: number, tsc: number, local: number, realtime: number): Buffer =>
    text(
      `sample 1 mono_before_ns=${mono - 10_000} realtime_ns=${realtime} tsc=${tsc} local_ns=${local} ` +
        `mono_after_ns=${mono + 10_000}\nsource trace_marker\ntsc_khz 2000000\n`,
    );
  const calls = [
    { name: "kernel_kexec", depth: 0, startNs: 90_000_000 },
    { name: "liveupdate_reboot", depth: 1, startNs: 90_001_000, endNs: 90_101_000 },
    { name: "device_shutdown", depth: 1, startNs: 90_201_000, endNs: 95_201_000 },
    { name: "machine_shutdown", depth: 1, startNs: 95_301_000, endNs: 95_401_000 },
    { name: "machine_kexec", depth: 1, startNs: 95_402_000 },
  ];
  return {
    // TSC at 2 GHz; the old kernel's tracer is 10 ms behind CLOCK_MONOTONIC.
    "pre/clocks": sample(50_000_000, 1_000_000_000, 40_000_000, 1.7e18),
    "pre/marks": text("20000000 preserve-start\n30000000 preserve-end\nbroken\n99000000 reboot-call\n"),
    "pre/trace-setup": text("instance boot_map\npersistent yes\nclock local\npage_kb 4\n"),
    "pre/functions": text(
      functions.map((name, index) => `ffffffff${(0x1000 + index).toString(16).padStart(8, "0")} ${name}\n`).join(""),
    ),
    "pre/trace-formats/funcgraph_entry": text(entryFormat),
    "pre/trace-formats/funcgraph_exit": text(exitFormat),
    "post/old-trace.cpu0": pageOf(calls),
    "post/dmesg": text(samples.newDmesg),
    // 455.401 ms later: the new kernel's clock began 200 ms after machine_kexec, and 380 ms ago.
    "post/clocks-arrive": sample(390_000_000, 1_000_000_000 + 2 * 635_402_000, 380_000_000, 1.7e18 + 6e8),
    "post/marks": text("400000000 userspace\n500000000 vm0-resumed\n"),
  };
}
