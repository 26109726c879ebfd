// Speed of importing packet captures: `npm run bench`, or `npm run bench -- --smoke` as a test that it still runs.
// Prints one JSON line a kind of capture; the rates depend on the machine.
import { readFileSync } from "node:fs";

import { benchImport } from "./importing.ts";

const smoke = process.argv.includes("--smoke");
const packets = smoke ? 100_000 : 4_000_000;
const pieceRounds = 200;

const read = (path: string) => readFileSync(new URL(`../traces/samples/${path}`, import.meta.url));

/** A capture's records again and again, later each time. */
function* repeat(
  head: Buffer,
  records: Buffer,
  timesAt: readonly number[],
  step: number,
  times: number,
): Generator<Buffer> {
  yield head;
  const piece = Buffer.concat(Array.from({ length: pieceRounds }, () => records));
  for (let round = 0; round < times; round += pieceRounds) {
    for (let copy = 0; copy < pieceRounds; copy++) {
      for (const at of timesAt) {
        piece.writeUInt32LE(records.readUInt32LE(at) + step * (round + copy), copy * records.length + at);
      }
    }
    yield piece;
  }
}

function classic() {
  const bytes = read("tcpdump/4.99.3/veth-s96.pcap");
  const records = bytes.subarray(24);
  const timesAt: number[] = [];
  for (let at = 0; at < records.length; at += 16 + records.readUInt32LE(at + 8)) timesAt.push(at);
  // It takes 4.4 s.
  return { head: bytes.subarray(0, 24), records, timesAt, step: 5 };
}

/** The packets of a pcapng capture; the upper half of a time in ns counts 4.3 s. */
function next() {
  const bytes = read("wireshark/4.0.17/tshark-veth.pcapng");
  const starts: number[] = [];
  for (let at = 0; at < bytes.length; at += bytes.readUInt32LE(at + 4))
    if (bytes.readUInt32LE(at) === 6) starts.push(at);
  const last = starts.at(-1)!;
  const records = bytes.subarray(starts[0], last + bytes.readUInt32LE(last + 4));
  return { head: bytes.subarray(0, starts[0]), records, timesAt: starts.map((at) => at - starts[0]! + 12), step: 2 };
}

for (const [name, { head, records, timesAt, step }] of Object.entries({
  "made.pcap": classic(),
  "made.pcapng": next(),
})) {
  const times = Math.ceil(packets / timesAt.length / pieceRounds) * pieceRounds;
  await benchImport({
    figure: `import ${name}`,
    unit: "packets",
    name,
    units: times * timesAt.length,
    pieces: () => repeat(head, records, timesAt, step, times),
    wantedPerSec: 1_000_000,
    rounds: smoke ? 1 : 3,
  });
}
