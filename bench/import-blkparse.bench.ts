// Speed of importing what blkparse prints: `npm run bench`, or `npm run bench -- --smoke` as a test that it still runs.
// Prints one JSON line; the rate depends on the machine.
import { readFileSync } from "node:fs";

import { benchImport } from "./importing.ts";

const smoke = process.argv.includes("--smoke");
const wantedLines = smoke ? 50_000 : 4_000_000;
const sample = new URL("../traces/samples/blktrace/1.2.0/cpus-2/disk.blkparse.txt", import.meta.url);
const events = readFileSync(sample, "utf8").match(/^ *\d+,\d+ .*\n/gm)!;
const copies = 100;
/** A second for each copy, which takes less than one. */
const pieces = Math.ceil(wantedLines / events.length / copies);

function* write(): Generator<Buffer> {
  for (let piece = 0; piece < pieces; piece++) {
    const parts: string[] = [];
    for (let copy = 0; copy < copies; copy++) {
      const second = String(piece * copies + copy).padStart(5);
      for (const line of events) parts.push(line.slice(0, 20), second, line.slice(25));
    }
    yield Buffer.from(parts.join(""));
  }
}

await benchImport({
  figure: "import blkparse",
  unit: "lines",
  name: "made.txt",
  units: pieces * copies * events.length,
  pieces: write,
  wantedPerSec: 500_000,
  rounds: smoke ? 1 : 3,
});
