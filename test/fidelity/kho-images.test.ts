// Memory of real kernels at the moment of the jump: read in full, and written again byte by byte.
import { globSync } from "node:fs";
import { basename } from "node:path";

import { describe, expect, test } from "vitest";

import { kibBytes, mibBytes } from "../../src/base/index.ts";
import { openImage, readFromImage } from "../../src/image/index.ts";
import { countPreservedPages, type Handover, type HandoverSession, writeHandover } from "../../src/model/index.ts";
import { replayAllocator } from "../kit/replay-allocator.ts";

const fixtures = globSync("test/fixtures/kho/*.elf.gz").sort();
const never = new AbortController().signal;

function countFolios({ files }: HandoverSession): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const file of files) {
    for (const { order, count } of "memfd" in file ? file.memfd.folios : [])
      counts[order] = (counts[order] ?? 0) + count;
  }
  return counts;
}

async function read(path: string) {
  const image = openImage(path);
  return { image, found: await readFromImage(image, never) };
}

async function sessionsOf(name: string): Promise<Handover> {
  return (await read(`test/fixtures/kho/${name}.elf.gz`)).found.handover;
}

test("there are images of both releases", () => {
  expect(fixtures.map((path) => /linux-(\d\.\d+)/.exec(path)?.[1])).toEqual(expect.arrayContaining(["7.2", "7.3"]));
});

describe.each(fixtures.map((path) => [basename(path, ".elf.gz"), path]))("%s", (name, path) => {
  test("[KHO-17] every preserved block is a folio, a page of the handover, or reserved by reserve_mem", async () => {
    const { found } = await read(path);
    const { otherKeys, otherSubtrees } = found.handover;
    const hasReserved = name.startsWith("small-folios");
    expect(otherSubtrees.map((subtree) => subtree.name)).toEqual(hasReserved ? ["memblock"] : []);
    expect(countPreservedPages(otherKeys) * 4096).toBe(hasReserved ? 3 * mibBytes + 64 * kibBytes : 0);
    expect(found.handover.kexec?.previousRelease).toBe(/linux-([\d.]+)$/.exec(name)![1]);
  });

  test("[KHO-10] [KHO-11] [KHO-13] [KHO-14] [KHO-15] written again at the same addresses, every page is the same", async () => {
    const { image, found } = await read(path);
    const again = writeHandover(found.handover, replayAllocator(found));
    for (const [address, kind] of found.pages) {
      // Behind a device tree the kernel leaves what its sequential writer had put there while it wrote.
      const treeLength = kind === "root-fdt" ? again.fdt.length : found.handover.otherSubtrees[0]?.bytes.length;
      const length = kind === "root-fdt" || kind === "subtree" ? treeLength : 4096;
      const [mine, real] = [again.memory, image].map((memory) => memory.page(address)!.subarray(0, length));
      expect(Buffer.from(mine!).equals(real!), `${kind} at 0x${address.toString(16)}`).toBe(true);
    }
    expect(found.pages.size).toBeGreaterThan(30);
  });
});

test("[LUO-11] [LUO-12] two blocks of sessions and of files, in the order of their creation", async () => {
  const sixty = await sessionsOf("sessions-60-linux-7.2.13");
  expect(sixty.luo!.sessions.map(({ name }) => name)).toEqual(Array.from({ length: 60 }, (_, index) => `vm-${index}`));
  const { sessions } = (await sessionsOf("files-64-linux-7.3.4")).luo!;
  expect(sessions[0]!.files.map(({ token }) => token)).toEqual(Array.from({ length: 64 }, (_, index) => BigInt(index)));
  expect(countFolios(sessions[0]!)).toEqual({ 9: 64 });
});

test("[MEMFD-07] [MEMFD-08] memfds of 4 KiB folios", async () => {
  const { luo, kexec } = await sessionsOf("small-folios-linux-7.2.13");
  expect(luo!.sessions.map(countFolios)).toEqual([{ 0: 1024 }, { 0: 1024 }, { 0: 1024 }]);
  expect([luo!.liveupdateNumber, kexec!.kexecCount]).toEqual([1, 1]);
});

test("[KHO-16] [LUO-10] a second live update: numbers, names, seals, positions, tokens, empty files and sessions", async () => {
  const { luo, kexec } = await sessionsOf("second-update-linux-7.3.4");
  expect([luo!.liveupdateNumber, kexec!.kexecCount, luo!.flbs]).toEqual([2, 2, []]);
  expect(luo!.sessions.map(({ name, files }) => [name, files.length])).toEqual([
    ["sealed", 3],
    ["a-session-without-files", 0],
    ["a-name-of-sixty-three-bytes-the-longest-that-the-kernel-accepts", 4],
    ["été \u0001", 1],
  ]);
  const [sealed, empty, executable] = luo!.sessions[0]!.files.map((file) => ("memfd" in file ? file : undefined));
  expect(sealed).toMatchObject({ token: 0xfedc_ba98_7654_3210n, memfd: { sizeBytes: 10_000, seals: 6 } });
  expect(sealed!.memfd.positionBytes).toBe(1234n);
  expect(empty).toMatchObject({ token: 0n, memfd: { sizeBytes: 0, seals: 1, folios: [] } });
  expect(executable).toMatchObject({ token: 7n, memfd: { sizeBytes: 4097, seals: 32, positionBytes: 99n } });
  expect(countFolios(luo!.sessions[2]!)).toEqual({ 0: 75 + 1 + 128, 9: 6 });
});
