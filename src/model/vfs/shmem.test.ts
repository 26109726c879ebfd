import { describe, expect, test } from "vitest";

import { pageBytes } from "../../base/index.ts";
import { releasedHandlers } from "../handlers/released.ts";
import { errno } from "../kernel/errno.ts";
import { kernelFeatures } from "../kernel/versions.ts";
import { type FrozenState, LiveUpdate } from "../luo/live-update.ts";
import type { Session } from "../luo/session.ts";
import { seal, ShmemFile, ShmemInode } from "./shmem.ts";

const features = kernelFeatures("7.3");

function memfd(pages: number): ShmemFile {
  const inode = new ShmemInode();
  inode.truncate(pages * pageBytes);
  return new ShmemFile(inode, { linked: false });
}

function deviceOf(state?: FrozenState): LiveUpdate {
  const device = new LiveUpdate(features, releasedHandlers(features), state);
  device.open();
  return device;
}

describe("seals of a preserved memfd", () => {
  test("[MEMFD-12] are those of the moment when it was preserved: one that is added afterwards is lost", () => {
    const old = deviceOf();
    const file = memfd(1);
    file.inode.addSeals(seal.shrink);
    const outgoing = old.createSession("vm") as Session;
    outgoing.preserve(file, 1);
    expect(file.inode.addSeals(seal.grow | seal.seal)).toBe(0);
    expect(file.inode.seals).toBe(seal.shrink | seal.grow | seal.seal);

    const device = deviceOf(old.reboot() as FrozenState);
    const back = (device.retrieveSession("vm") as Session).retrieve(1) as ShmemFile;
    expect(back.inode.seals).toBe(seal.shrink);
    expect(back.inode.addSeals(seal.grow)).toBe(0);
  });

  test("[MEMFD-10] none against writing is added while its pages are pinned", () => {
    const device = deviceOf();
    const [full, empty] = [memfd(1), memfd(0)];
    const session = device.createSession("vm") as Session;
    session.preserve(full, 1);
    session.preserve(empty, 2);
    expect(full.inode.addSeals(seal.write)).toBe(errno.EBUSY);
    expect(full.inode.addSeals(seal.futureWrite)).toBe(0);
    expect(empty.inode.addSeals(seal.write)).toBe(0);
    session.close();
    expect(full.inode.addSeals(seal.write)).toBe(0);
  });

  test("[MEMFD-12] its position is that of the reboot, wherever it lies", () => {
    const old = deviceOf();
    const file = memfd(1);
    (old.createSession("vm") as Session).preserve(file, 1);
    expect([file.seek(-1), file.seek(2 ** 52 + 1)]).toEqual([errno.EINVAL, 0]);
    const device = deviceOf(old.reboot() as FrozenState);
    const back = (device.retrieveSession("vm") as Session).retrieve(1) as ShmemFile;
    expect(back.positionBytes).toBe(2 ** 52 + 1);
  });
});
