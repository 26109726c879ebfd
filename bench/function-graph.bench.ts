// Speed of reading a function graph: `npm run bench`, or `npm run bench -- --smoke` as a test that it still runs.
// Prints one JSON line. The ratio compares within this one run; the rate depends on the machine.
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { ByteLines } from "../src/recording/formats/byte-lines.ts";
import { FunctionGraphReader } from "../src/recording/formats/function-graph.ts";
import { fastest, median, print, timed } from "./harness.ts";

const smoke = process.argv.includes("--smoke");
const wantedLines = smoke ? 100_000 : 4_000_000;
const rounds = smoke ? 3 : 9;

/** The trace in a recording, as often as it takes. */
function makeGraph(): Buffer {
  const log = gunzipSync(readFileSync(new URL("../recordings/traced-s4-f4.log.gz", import.meta.url)));
  const once = log.subarray(log.indexOf("FTRACE-BEGIN"), log.indexOf("FTRACE-END"));
  const times = Math.ceil(wantedLines / once.reduce((lines, byte) => (byte === 10 ? lines + 1 : lines), 0));
  return Buffer.concat(Array.from({ length: times }, () => once));
}

function readGraph(bytes: Buffer): { lines: number; calls: number } {
  const lines = new ByteLines(bytes);
  const reader = new FunctionGraphReader();
  while (lines.next()) reader.add(bytes, lines.start, lines.end, lines.number);
  return { lines: lines.number, calls: reader.spans.count };
}

/** What any reader has to do at least that looks at lines as strings. */
function readLines(bytes: Buffer): number {
  const lines = new ByteLines(bytes);
  let chars = 0;
  while (lines.next()) chars += lines.text().length;
  return chars;
}

const bytes = makeGraph();
const [ours, plain]: [number[], number[]] = [[], []];
let found = { lines: 0, calls: 0 };
for (let round = 0; round <= rounds; round++) {
  const graph = timed(() => readGraph(bytes));
  const lines = timed(() => readLines(bytes));
  found = graph.value;
  if (round === 0) continue; // It compiles.
  ours.push(graph.ns);
  plain.push(lines.ns);
}
print("function graph", {
  lines: found.lines,
  calls: found.calls,
  bytes: bytes.length,
  lines_per_sec: Math.round((found.lines / fastest(ours)) * 1e9),
  wanted_lines_per_sec: 500_000,
  ratio_to_lines: fastest(plain) / fastest(ours),
  ratio_of_medians: median(plain) / median(ours),
  wanted_ratio: 0.1,
});
