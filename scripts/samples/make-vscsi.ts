/**
 * Writes traces/samples/vscsi: one load in the four forms that traces of virtual SCSI disks come in; the same bytes each time.
 * No tool at hand writes them: the layout is that which readers of such traces declare. Nothing here is of the importer.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createPrng } from "../../src/base/index.ts";

interface Command {
  readonly serial: number;
  readonly timeUs: bigint;
  readonly responseUs: number;
  readonly code: number;
  readonly bytes: number;
  readonly entries: number;
  readonly block: bigint;
}

const folder = join(fileURLToPath(new URL("../../traces/samples/vscsi/made", import.meta.url)));
/** A host that has been up for 65 days: its µs are beyond 32 bits. */
const startUs = 5_633_898_000_000n;
const commandCount = 240;

/** Mostly reads and writes; a flush, an UNMAP and a TEST UNIT READY now and then. */
function makeCode(index: number, random: (below: number) => number): number {
  if (index % 40 === 39) return 0x35;
  if (index % 60 === 30) return 0x42;
  if (index % 100 === 7) return 0x00;
  if (index % 50 === 20) return 0x8a;
  return random(10) < 6 ? 0x2a : 0x28;
}

function makeCommands(): readonly Command[] {
  const prng = createPrng(11);
  const random = (below: number) => prng() % below;
  let timeUs = startUs;
  return Array.from({ length: commandCount }, (_, index) => {
    timeUs += BigInt(random(40_000));
    const code = makeCode(index, random);
    const hasData = code !== 0x35 && code !== 0x00;
    const bytes = hasData ? 512 * (1 + random(128)) : 0;
    const block = code === 0x8a ? 6_000_000_000n + BigInt(random(1000)) : BigInt(random(80_000_000));
    return {
      serial: 0x8000_0000 + random(256),
      timeUs,
      responseUs: index % 45 === 44 ? 0 : 150 + random(9000),
      code,
      bytes,
      entries: 1 + random(4),
      block: hasData ? block : 0n,
    };
  });
}

function recordOfVersion1({ serial, bytes, entries, code, block, timeUs }: Command): Buffer {
  const record = Buffer.alloc(32);
  record.writeUInt32LE(serial, 0);
  record.writeUInt32LE(bytes, 4);
  record.writeUInt32LE(entries, 8);
  record.writeUInt16LE(code, 12);
  record.writeUInt16LE(0x0100, 14);
  record.writeBigUInt64LE(block, 16);
  record.writeBigUInt64LE(timeUs, 24);
  return record;
}

function recordOfVersion2({ serial, bytes, entries, code, block, timeUs, responseUs }: Command): Buffer {
  const record = Buffer.alloc(40);
  record.writeUInt16LE(code, 0);
  record.writeUInt16LE(0x0200, 2);
  record.writeUInt32LE(serial, 4);
  record.writeUInt32LE(bytes, 8);
  record.writeUInt32LE(entries, 12);
  record.writeBigUInt64LE(block, 16);
  record.writeBigUInt64LE(timeUs, 24);
  record.writeBigUInt64LE(BigInt(responseUs), 32);
  return record;
}

/** vscsiStats names the usual commands and gives the others' codes. */
function nameOf(code: number): string {
  if (code === 0x28) return "read";
  return code === 0x2a ? "write" : `0x${code.toString(16).padStart(2, "0")}`;
}

function statsText(commands: readonly Command[]): string {
  const head = [
    "#Vscsi Cmd Trace. (Trace Format Version 1)",
    "#Serial Number,IO Data Length,Num SG Entries,Command Type,LBN,Time Stamp (microseconds)",
  ];
  const rows = commands.map(({ serial, bytes, entries, code, block, timeUs }) =>
    [serial, bytes, entries, nameOf(code), block, timeUs].join(","),
  );
  return `${[...head, ...rows].join("\n")}\n`;
}

function secondsText(commands: readonly Command[]): string {
  const rows = commands.map(({ timeUs, code, bytes, block }) =>
    [1, timeUs / 1_000_000n, code.toString(16), bytes, block].join(","),
  );
  return `${["version,time,op,size,lbn", ...rows].join("\n")}\n`;
}

const commands = makeCommands();
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "load-1.vscsitrace"), Buffer.concat(commands.map(recordOfVersion1)));
writeFileSync(join(folder, "load-2.vscsitrace"), Buffer.concat(commands.map(recordOfVersion2)));
writeFileSync(join(folder, "load-stats.csv"), statsText(commands));
writeFileSync(join(folder, "load-seconds.csv"), secondsText(commands));
