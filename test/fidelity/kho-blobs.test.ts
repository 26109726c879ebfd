// Device trees and LUO blobs in the logs of real live updates: parsed, and built again byte by byte.
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { buildFdt, parseFdt } from "../../src/model/kho/fdt.ts";
import { buildRootFdt, parseRootFdt } from "../../src/model/kho/root-fdt.ts";
import { readLuoBlob, writeLuoBlob } from "../../src/model/luo/luo-blob.ts";

const beside = "../shared/recordings";
const logs = globSync(["recordings/**/*.log.gz", `${beside}/*.log.gz`]).sort();

type Tag = "out/fdt" | "out/LUO" | "in/fdt";

interface BlobLine {
  readonly ev: string;
  readonly tag: Tag;
  readonly len: number;
  readonly hex: string;
}

/** Blobs of a log whose line no printk has cut into. */
function blobsOf(path: string): Map<Tag, Uint8Array> {
  const blobs = new Map<Tag, Uint8Array>();
  for (const line of gunzipSync(readFileSync(path)).toString("latin1").split("\n")) {
    if (!line.startsWith('LAB {"ev":"blob"')) continue;
    const whole = /^LAB (\{.*\})\r?$/.exec(line)?.[1];
    if (whole === undefined) continue;
    const { tag, len, hex } = JSON.parse(whole) as BlobLine;
    const bytes = Uint8Array.from(Buffer.from(hex, "hex"));
    if (bytes.length === len) blobs.set(tag, bytes);
  }
  return blobs;
}

/** Names of a root FDT in the order of their first use; debugfs cuts them off out/fdt, at the size that it had at boot. */
const strings = Buffer.from("preserved-memory-map\0compatible\0preserved-data\0blob-size\0");

test("recordings beside the repository are judged too", (context) => {
  context.skip(!existsSync(beside), "no recordings beside the repository");
  expect(logs.filter((path) => path.startsWith(beside)).length).toBeGreaterThan(30);
});

test("each log has its blobs", () => {
  expect(logs.length).toBeGreaterThan(30);
  const cutInto = logs.filter((path) => blobsOf(path).size < 3);
  expect(cutInto.length, `${cutInto.join(" ")} have lines that are cut`).toBeLessThan(logs.length / 10);
});

describe.each(logs.map((path) => [basename(path, ".log.gz"), path]))("%s", (_, path) => {
  const blobs = blobsOf(path);

  test("[KHO-10] [KHO-11] the root FDT builds the same bytes from the tree and from what it means", (context) => {
    const fdt = blobs.get("in/fdt");
    context.skip(!fdt, "no whole in/fdt in this log");
    const root = parseRootFdt(fdt!);
    const sizes = root.subtrees.map(({ name, sizeBytes }) => [name, sizeBytes]);
    expect(sizes.filter(([name]) => name !== "memblock")).toEqual([
      ["LUO", 32],
      ["kexec-metadata", 73],
    ]);
    expect(buildFdt(parseFdt(fdt!))).toEqual(fdt);
    expect(buildRootFdt(root)).toEqual(fdt);
  });

  test("[KHO-11] the tree of debugfs, restored, is the one that the next kernel gets", (context) => {
    const [cut, whole] = [blobs.get("out/fdt"), blobs.get("in/fdt")];
    context.skip(!cut || !whole, "no whole device trees in this log");
    expect(whole!.subarray(0, cut!.length)).toEqual(cut);
    expect(() => parseRootFdt(cut!)).toThrow("of which 233 are there");
    const stringsOffset = new DataView(cut!.buffer, cut!.byteOffset).getUint32(12);
    context.skip(cut!.length < stringsOffset, "the structure is cut, too");
    expect(Uint8Array.from([...cut!.subarray(0, stringsOffset), ...strings])).toEqual(whole);
  });

  test("[LUO-10] the LUO blob before the reboot has no sessions yet, and is written again as it is", (context) => {
    const bytes = blobs.get("out/LUO");
    context.skip(!bytes, "no whole out/LUO in this log");
    const blob = readLuoBlob({ kind: "luo-blob", address: 0, bytes: bytes! });
    expect(blob).toMatchObject({ liveupdateNumber: 1, sessionsAddress: 0 });
    const again = new Uint8Array(32);
    writeLuoBlob(again, blob);
    expect(again).toEqual(bytes);
  });
});
