import { describe, expect, test } from "vitest";

import { errno } from "./errno.ts";
import { releasedHandlers } from "../handlers/released.ts";
import type { LiveUpdate } from "../luo/live-update.ts";
import type { Session } from "../luo/session.ts";
import { ShmemFile, ShmemInode } from "../vfs/shmem.ts";
import { bootKernel, type BootOptions } from "./boot.ts";
import { type HandedOver, readState, writeState } from "./handed-over.ts";
import { hopOutcome } from "./hop.ts";
import { handOver } from "./kexec.ts";
import { kernelFeatures, kernelVersions } from "./versions.ts";

function optionsOf(version: string, more: Partial<BootOptions> = {}): BootOptions {
  const features = kernelFeatures(version);
  return { features, handlers: releasedHandlers(features), ...more };
}

/** One session with a memfd of a byte, handed over by a kernel of this version. */
function handedOverBy(version: string): HandedOver {
  const device = bootKernel(optionsOf(version)).device!;
  device.open();
  const inode = new ShmemInode();
  inode.write({ offsetBytes: 4099, bytes: 1 }, 42);
  (device.createSession("vm") as Session).preserve(new ShmemFile(inode, { linked: false }), 7);
  return handOver(device) as HandedOver;
}

function retrieve(device: LiveUpdate): ShmemFile {
  device.open();
  return (device.retrieveSession("vm") as Session).retrieve(7) as ShmemFile;
}

describe("[HOP-01] an update from one kernel into another", () => {
  test("every pair, as a table", () => {
    const rows = kernelVersions.map((from) => {
      const cells = kernelVersions.map((to) => hopOutcome(kernelFeatures(from), kernelFeatures(to)).kind.padEnd(12));
      return `${from.padEnd(6)}${cells.join("").trimEnd()}`;
    });
    expect(
      [
        `      ${kernelVersions
          .map((version) => version.padEnd(12))
          .join("")
          .trimEnd()}`,
        ...rows,
      ].join("\n"),
    ).toMatchInlineSnapshot(`
      "      6.16        6.17        6.18        6.19        7.0         7.1         7.2         7.3
      6.16  no-device   no-device   no-device   no-device   no-device   no-device   no-device   no-device
      6.17  no-device   no-device   no-device   no-device   no-device   no-device   no-device   no-device
      6.18  no-device   no-device   no-device   no-device   no-device   no-device   no-device   no-device
      6.19  no-device   no-device   no-device   carried     carried     memory-lost memory-lost memory-lost
      7.0   no-device   no-device   no-device   carried     carried     memory-lost memory-lost memory-lost
      7.1   memory-lost memory-lost memory-lost memory-lost memory-lost carried     memory-lost memory-lost
      7.2   memory-lost memory-lost memory-lost memory-lost memory-lost memory-lost carried     carried
      7.3   memory-lost memory-lost memory-lost memory-lost memory-lost memory-lost carried     carried"
    `);
  });

  test.each([
    ["7.2", "7.3"],
    ["7.3", "7.2"],
    ["6.19", "7.0"],
    ["7.1", "7.1"],
  ])("%s into %s brings files back, byte for byte", (from, to) => {
    const { device, lost, messages } = bootKernel(optionsOf(to), handedOverBy(from));
    expect(lost).toBeUndefined();
    expect(messages).toContain("luo: Retrieved live update data, liveupdate number: 1");
    const { inode } = retrieve(device!);
    expect([inode.sizeBytes, inode.byteAt(4098), inode.byteAt(4099)]).toEqual([4100, 0, 42]);
  });

  test("7.1 into 7.3 loses everything, and the new kernel knows of nothing", () => {
    const { device, lost, messages } = bootKernel(optionsOf("7.3"), handedOverBy("7.1"));
    expect(messages[0]).toMatch(/kho-v3.*kho-v4.*disabling KHO revival/);
    expect(lost).toEqual({ sessionCount: 1, fileCount: 1 });
    expect(device!.open()).toBe(0);
    expect(device!.retrieveSession("vm")).toBe(errno.ENOENT);
  });

  test("another LUO ABI panics, even where live update is off", () => {
    const features = { ...kernelFeatures("7.3"), luo: "luo-v6" };
    const booted = bootKernel({ ...optionsOf("7.3"), features, liveupdate: false }, handedOverBy("7.3"));
    expect(booted).toMatchObject({ panicked: true, device: undefined, lost: { sessionCount: 1 } });
  });

  test("[LUO-50] a name that is there twice, in the bytes themselves, makes it so, too", () => {
    const state = readState(handedOverBy("7.3"));
    const forged = writeState(kernelFeatures("7.3"), {
      ...state,
      sessions: [...state.sessions, { name: "vm", files: [] }],
    });
    const { device, panicked } = bootKernel(optionsOf("7.3"), forged);
    expect(panicked).toBe(false);
    expect([device!.open(), device!.open()]).toEqual([errno.EIO, errno.EIO]);
  });

  test("an unknown handler makes the device unreadable: EIO, for ever", () => {
    const { device, lost } = bootKernel(optionsOf("7.3", { handlers: [] }), handedOverBy("7.3"));
    expect([device!.open(), device!.open()]).toEqual([errno.EIO, errno.EIO]);
    expect(lost).toEqual({ sessionCount: 1, fileCount: 1 });
  });
});

describe("[LUO-14] a create that is refused for its name", () => {
  const refusedAfter = (
    version: string,
    sessions: number,
    more: (device: LiveUpdate) => void = () => {},
  ): HandedOver => {
    const device = bootKernel(optionsOf(version)).device!;
    for (let number = 0; number < sessions; number++) device.createSession(`s${number}`);
    expect(device.createSession("s0")).toBe(errno.EEXIST);
    more(device);
    return handOver(device) as HandedOver;
  };

  test.each(["7.2", "7.3"])("makes %s panic when all blocks are full: seen on 7.2.13 and 7.3.4", (version) => {
    const booted = bootKernel(optionsOf(version), refusedAfter(version, 51));
    expect(booted).toMatchObject({ panicked: true, device: undefined, lost: { sessionCount: 51, fileCount: 0 } });
    expect(booted.messages[0]).toMatch(/counts 0 entries/);
  });

  test("does no harm where the block has entries, or gets or loses one afterwards", () => {
    const boot = (handed: HandedOver) => bootKernel(optionsOf("7.3"), handed).panicked;
    expect(boot(refusedAfter("7.3", 50))).toBe(false);
    expect(boot(refusedAfter("7.3", 51, (device) => device.createSession("late")))).toBe(false);
    expect(boot(refusedAfter("7.3", 51, (device) => (device.createSession("late") as Session).close()))).toBe(false);
    expect(boot(refusedAfter("7.1", 51))).toBe(false);
  });
});

describe("[BOOT-01] without KHO there is no /dev/liveupdate", () => {
  test.each([
    ["kho=off", "7.3", { kho: false }, true],
    ["liveupdate=off", "7.3", { liveupdate: false }, true],
    ["a crash kernel of 7.3", "7.3", { isKdump: true }, true],
    ["a crash kernel of 7.2", "7.2", { isKdump: true }, false],
    ["scratch areas that find no place", "7.3", { scratchFits: false }, true],
    ["6.18, which has no LUO", "6.18", {}, true],
  ] as const)("%s", (_, version, more, isMissing) => {
    expect(bootKernel(optionsOf(version, more)).device === undefined).toBe(isMissing);
  });

  test("what was handed over to a kernel with kho=off is lost, and it says so", () => {
    const { lost, messages } = bootKernel(optionsOf("7.3", { kho: false }), handedOverBy("7.3"));
    expect(lost).toEqual({ sessionCount: 1, fileCount: 1 });
    expect(messages).toHaveLength(1);
  });

  test("[KHO-08] a second update inherits its scratch areas: that they would not fit does not matter", () => {
    expect(bootKernel(optionsOf("7.3", { scratchFits: false }), handedOverBy("7.3")).device).toBeDefined();
  });
});

test("versions are found by release, and others are named", () => {
  expect(kernelFeatures("7.3.4-lab").version).toBe("7.3");
  expect(() => kernelFeatures("5.4")).toThrow(/not modelled/);
  expect(() => kernelFeatures("7.3x")).toThrow(/not modelled/);
});
