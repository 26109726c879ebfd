/**
 * Writes small recordings that must be refused under traces/invalid, one reason each, the reason in the name.
 * Each is the same sound recording with one thing changed.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

type Files = Readonly<Record<string, string | Uint8Array>>;

const sound = {
  "pages.csv": "tick,t_us,gfn,n_pages\n1,100000,0,2\n1,100000,16,1\n2,200000,1,3\n",
  "ticks.csv": "tick,t_us,written_pages,scan_us\n0,500,0,5\n1,100000,3,60\n2,200000,3,50\n",
};
const recording =
  '{ "name": "small", "guest_bytes": 65536, "vcpu_count": 1, "source": "made up", "licence": "Apache-2.0" }\n';

function changed(file: keyof typeof sound, from: string, to: string): Files {
  if (!sound[file].includes(from)) throw new Error(`${file} has no ${from}`);
  return { ...sound, [file]: sound[file].replace(from, to) };
}

/** A gzip file of many lines, so that there is something to cut and to flip in the middle. */
function packedPages(): Uint8Array {
  const rows = Array.from({ length: 2000 }, (_, row) => `1,100000,${row * 7},1\n`).join("");
  return gzipSync(`tick,t_us,gfn,n_pages\n${rows}`);
}

function packed(change: (bytes: Uint8Array) => Uint8Array): Files {
  return {
    "pages.csv.gz": change(packedPages()),
    "ticks.csv": "tick,t_us,written_pages,scan_us\n0,500,0,5\n1,100000,2000,60\n",
  };
}

function flipMiddle(bytes: Uint8Array): Uint8Array {
  const middle = bytes.length >> 1;
  return bytes.map((byte, index) => (index === middle ? byte ^ 0x10 : byte));
}

/** What is wrong, by the name of the folder; the second part is what the message must say. */
export const invalidInputs: Readonly<Record<string, readonly [files: Files, message: RegExp]>> = {
  "column-missing": [changed("pages.csv", ",n_pages", ""), /pages\.csv: line 1: expected the columns/],
  "column-unknown": [changed("pages.csv", "n_pages", "n_pages,extra"), /pages\.csv: line 1: expected the columns/],
  "columns-too-few": [changed("pages.csv", "16,1", "16"), /pages\.csv: line 3: page number: expected more columns/],
  "columns-too-many": [changed("pages.csv", "16,1", "16,1,9"), /line 3: n_pages: expected the line's end/],
  "device-before-its-time": [
    { ...sound, "device.csv": "t_us,dev,event,a,b,c\n900,nvme,irq,1,,\n800,nvme,irq,1,,\n" },
    /device\.csv: line 3: t_us: expected 900 or later, found 800/,
  ],
  "device-of-a-process": [
    { ...changed("pages.csv", "gfn", "vpage"), "device.csv": "t_us,dev,event,a,b,c\n900,nvme,irq,1,,\n" },
    /expected no device events in the recording of a process/,
  ],
  "dma-beyond-memory": [
    {
      ...changed("pages.csv", "16,1", "15,1"),
      "recording.json": recording,
      "device.csv": "t_us,dev,event,a,b,c\n9,nvme,dma,65535,2,R\n",
    },
    /device\.csv: line 2: a: expected memory below frame 16, found an end at frame 17/,
  ],
  "file-empty": [{ ...sound, "pages.csv": "" }, /pages\.csv: line 1: expected the columns .* found no line/],
  "file-twice": [{ ...sound, "pages.csv.gz": gzipSync(sound["pages.csv"]) }, /a second pages file/],
  "file-missing": [{ "pages.csv": sound["pages.csv"] }, /expected ticks\.csv among the inputs/],
  "file-unknown": [{ "notes.txt": "nothing that an importer knows\n" }, /expected a known format/],
  "frame-beyond-32-bits": [changed("pages.csv", "16,1", "4294967296,1"), /line 3: page number: .* found "4294967296"/],
  "frame-beyond-memory": [{ ...sound, "recording.json": recording }, /line 3: page number: .* found "16"/],
  "gzip-damaged": [packed(flipMiddle), /pages\.csv\.gz: /],
  "gzip-truncated": [packed((bytes) => bytes.subarray(0, bytes.length - 9)), /pages\.csv\.gz: /],
  "last-line-cut": [changed("pages.csv", "2,200000,1,3\n", "2,200000,1,3"), /line 4: expected a newline at the end/],
  "line-too-long": [packed(() => gzipSync(`tick,t_us,gfn,n_pages\n${"1".repeat(70_000)}\n`)), /line 2: .*longer one/],
  "number-beyond-2-53": [changed("ticks.csv", "100000,3,60", "9007199254740993,3,60"), /ticks\.csv: line 3: t_us: /],
  "number-is-a-word": [changed("pages.csv", "16,1", "NaN,1"), /line 3: page number: expected a whole number .*"NaN"/],
  "number-negative": [changed("pages.csv", "16,1", "-16,1"), /line 3: page number: .* found "-16"/],
  "number-with-a-fraction": [changed("pages.csv", "16,1", "16.5,1"), /line 3: page number: .* found "16\.5"/],
  "packet-direction-unknown": [
    { ...sound, "net.csv": "t_us,dir,bytes,proto,sport,dport,tcp_flags\n9,sideways,64,6,,,\n" },
    /net\.csv: line 2: dir: expected in, out or nothing, found "sideways"/,
  ],
  "pages-none": [{ ...sound, "pages.csv": "tick,t_us,gfn,n_pages\n" }, /pages\.csv: line 2: expected a run of pages/],
  "pages-zero": [changed("pages.csv", "16,1", "16,0"), /line 3: n_pages: expected 1 or more, found 0/],
  "phase-not-utf8": [
    { ...sound, "phases.csv": Buffer.from("t_us,phase\n100,\xff\xfe\n", "latin1") },
    /phases\.csv: line 2: phase: expected UTF-8 text/,
  ],
  "recording-json-broken": [{ ...sound, "recording.json": "{" }, /recording\.json: expected JSON/],
  "recording-json-unknown-field": [{ ...sound, "recording.json": '{ "bytes": 1 }\n' }, /recording\.json: .*bytes/],
  "row-lost": [changed("pages.csv", "1,100000,16,1\n", ""), /expected 3 pages in tick 1, .* found 2/],
  "run-beyond-32-bits": [
    changed("pages.csv", "16,1", "4294967295,2"),
    /line 3: n_pages: .* found an end at 4294967297/,
  ],
  "tick-goes-back": [changed("pages.csv", "2,200000,1,3", "0,500,1,3"), /line 4: tick: expected 1 or above, found 0/],
  "tick-time-differs": [changed("pages.csv", "2,200000,1", "2,200001,1"), /line 4: t_us: expected 200000, /],
  "tick-unknown": [changed("pages.csv", "2,200000,1", "7,200000,1"), /line 4: /],
  "time-goes-back": [
    changed("ticks.csv", "2,200000", "2,99999"),
    /ticks\.csv: line 4: t_us: expected a time after 100000/,
  ],
};

export const invalidFolder = fileURLToPath(new URL("../traces/invalid", import.meta.url));

if (import.meta.main) {
  rmSync(invalidFolder, { recursive: true, force: true });
  for (const [reason, [files]] of Object.entries(invalidInputs)) {
    mkdirSync(join(invalidFolder, reason), { recursive: true });
    for (const [name, content] of Object.entries(files)) writeFileSync(join(invalidFolder, reason, name), content);
  }
}
