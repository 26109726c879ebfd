import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { pageBytes } from "../../base/index.ts";
import { releasedHandlers } from "../handlers/released.ts";
import { errno } from "../kernel/errno.ts";
import { kernelFeatures } from "../kernel/versions.ts";
import { seal, ShmemFile, ShmemInode } from "../vfs/shmem.ts";
import { type FileHandler, identityOf } from "./file-handler.ts";
import { type FrozenState, JumpPendingError, LiveUpdate } from "./live-update.ts";
import type { Session } from "./session.ts";

const features = kernelFeatures("7.3");

function deviceOf(version = "7.3", handlers?: readonly FileHandler[], state?: FrozenState): LiveUpdate {
  const of = kernelFeatures(version);
  return new LiveUpdate(of, handlers ?? releasedHandlers(of), state);
}

function memfd(pages = 1): ShmemFile {
  const inode = new ShmemInode();
  inode.truncate(pages * pageBytes);
  return new ShmemFile(inode, { linked: false });
}

function session(device: LiveUpdate, name: string): Session {
  const created = device.createSession(name);
  if (typeof created === "number") throw new Error(`create ${name}: ${created}`);
  return created;
}

/** Hands over to a kernel of the same release. */
function next(device: LiveUpdate, handlers?: readonly FileHandler[]): LiveUpdate {
  const state = device.reboot();
  if (typeof state === "number") throw new Error(`reboot: ${state}`);
  return deviceOf(device.shared.features.version, handlers, state);
}

/** A memfd handler that fails where a test says so. */
function faulty(faults: { freeze?: (file: unknown) => boolean; finish?: () => boolean; retrieve?: number }): {
  handler: FileHandler;
  calls: string[];
} {
  const [memfdHandler] = releasedHandlers(features) as [FileHandler];
  const calls: string[] = [];
  const handler: FileHandler = {
    compatible: memfdHandler.compatible,
    flbs: [],
    canPreserve: (file) => memfdHandler.canPreserve(file),
    identity: (file) => identityOf(memfdHandler, file),
    preserve: (entry) => memfdHandler.preserve(entry),
    unpreserve: (entry) => {
      calls.push(`unpreserve ${entry.token}`);
      memfdHandler.unpreserve(entry);
    },
    freeze: (entry) => {
      calls.push(`freeze ${entry.token}`);
      return faults.freeze?.(entry.file) === true ? errno.EINVAL : memfdHandler.freeze(entry);
    },
    unfreeze: (entry) => calls.push(`unfreeze ${entry.token}`),
    retrieve: (state, view) => {
      calls.push("retrieve");
      return faults.retrieve ?? memfdHandler.retrieve(state, view);
    },
    canFinish: () => faults.finish?.() !== false,
    finish: () => calls.push("finish"),
  };
  return { handler, calls };
}

describe("freeze failure", () => {
  test("[LUO-40] thaws earlier files of the session and all earlier sessions, newest first, not the one that failed", () => {
    const bad = memfd();
    const { handler, calls } = faulty({ freeze: (file) => file === bad });
    const device = deviceOf("7.3", [handler]);
    const [zeroth, first, second] = [session(device, "z"), session(device, "a"), session(device, "b")];
    zeroth.preserve(memfd(), 0);
    first.preserve(memfd(), 1);
    second.preserve(memfd(), 2);
    second.preserve(bad, 3);
    second.preserve(memfd(), 4);
    expect(device.reboot()).toBe(errno.EINVAL);
    const frozen = ["freeze 0", "freeze 1", "freeze 2", "freeze 3"];
    expect(calls).toEqual([...frozen, "unfreeze 2", "unfreeze 1", "unfreeze 0"]);
  });

  test("[LUO-40] the system goes on, and a later reboot succeeds once the cause is gone", () => {
    let fails = true;
    const { handler } = faulty({ freeze: () => fails });
    const device = deviceOf("7.3", [handler]);
    const vm = session(device, "vm");
    vm.preserve(memfd(), 1);
    expect(device.reboot()).toBe(errno.EINVAL);
    expect(vm.preserve(memfd(), 2)).toBe(0);
    fails = false;
    expect((device.reboot() as FrozenState).sessions[0]!.files.map(({ token }) => token)).toEqual([1, 2]);
  });

  test("[LUO-41] after a successful one nothing is answered any more", () => {
    const device = deviceOf();
    device.reboot();
    expect(() => device.createSession("late")).toThrow(/waits? until the jump|wait until/);
  });

  test("[LUO-41] nor on sessions; only opening is refused as ever", () => {
    const old = deviceOf();
    session(old, "a").preserve(memfd(), 1);
    const device = next(old);
    device.open();
    const incoming = device.retrieveSession("a") as Session;
    const outgoing = session(device, "b");
    device.reboot();
    const calls: ((of: Session) => unknown)[] = [
      (of) => of.getName(),
      (of) => of.preserve(memfd(), 1),
      (of) => of.retrieve(1),
      (of) => of.finish(0),
      (of) => of.close(),
    ];
    for (const call of calls) {
      for (const of of [incoming, outgoing]) expect(() => call(of)).toThrow(JumpPendingError);
    }
    expect(device.open()).toBe(errno.EBUSY);
  });
});

describe("finish refused", () => {
  test("[LUO-26] gives EBUSY and changes nothing; [LUO-32] closing then leaves the session out of reach", () => {
    let ready = false;
    const { handler, calls } = faulty({ finish: () => ready });
    const old = deviceOf("7.3", [handler]);
    session(old, "vm").preserve(memfd(), 1);
    const device = next(old, [handler]);
    device.open();
    const vm = device.retrieveSession("vm") as Session;
    vm.retrieve(1);
    expect(vm.finish(0)).toBe(errno.EBUSY);
    expect(calls).not.toContain("finish");
    expect(vm.retrieve(1)).toBeInstanceOf(ShmemFile);
    vm.close();
    expect(device.retrieveSession("vm")).toBe(errno.EINVAL);
    expect(device.lostAtReboot()).toEqual({ sessionCount: 1, fileCount: 1 });
    ready = true;
    expect(device.retrieveSession("vm")).toBe(errno.EINVAL);
  });
});

describe("retrieving", () => {
  test("[LUO-25] what failed once fails for ever, and is not tried again", () => {
    const { handler, calls } = faulty({ retrieve: errno.ENOMEM });
    const old = deviceOf("7.3", [handler]);
    session(old, "vm").preserve(memfd(), 1);
    const device = next(old, [handler]);
    device.open();
    const vm = device.retrieveSession("vm") as Session;
    expect([vm.retrieve(1), vm.retrieve(1)]).toEqual([errno.ENOMEM, errno.ENOMEM]);
    expect(calls.filter((call) => call === "retrieve")).toHaveLength(1);
  });

  test("[LUO-50] [LUO-51] a handler that nobody registered makes every open fail, for ever", () => {
    const old = deviceOf();
    session(old, "vm").preserve(memfd(), 1);
    const device = next(old, []);
    expect([device.open(), device.open()]).toEqual([errno.EIO, errno.EIO]);
  });

  test("[LUO-51] a later open finds the sessions as they are", () => {
    const old = deviceOf();
    session(old, "a");
    session(old, "b");
    const device = next(old);
    device.open();
    (device.retrieveSession("a") as Session).close();
    device.close();
    expect(device.open()).toBe(0);
    expect(device.retrieveSession("a")).toBe(errno.ENOENT);
    expect(device.retrieveSession("b")).not.toBeTypeOf("number");
  });

  test("[LUO-50] two incoming sessions of one name do, too", () => {
    const device = deviceOf("7.3", undefined, {
      sessions: [
        { name: "vm", files: [] },
        { name: "vm", files: [] },
      ],
      emptySessionBlocks: 0,
      flbs: [],
      liveupdateNumber: 1,
    });
    expect(device.open()).toBe(errno.EIO);
  });
});

describe("a second update", () => {
  test("[LUO-45] loses sessions that were not finished, and says how many", () => {
    const old = deviceOf();
    session(old, "a").preserve(memfd(), 1);
    session(old, "b").preserve(memfd(), 1);
    const device = next(old);
    expect(device.lostAtReboot()).toEqual({ sessionCount: 2, fileCount: 2 });
    device.open();
    (device.retrieveSession("a") as Session).close();
    expect(device.lostAtReboot()).toEqual({ sessionCount: 1, fileCount: 1 });
    const third = next(device);
    third.open();
    expect(third.retrieveSession("b")).toBe(errno.ENOENT);
  });

  test("[LUO-22] a retrieved file is preserved again only after finish", () => {
    const old = deviceOf();
    session(old, "a").preserve(memfd(), 1);
    const device = next(old);
    device.open();
    const incoming = device.retrieveSession("a") as Session;
    const file = incoming.retrieve(1) as ShmemFile;
    const outgoing = session(device, "a");
    expect(outgoing.preserve(file, 1)).toBe(errno.EBUSY);
    incoming.finish(0);
    expect(outgoing.preserve(file, 1)).toBe(0);
  });
});

describe("limits", () => {
  test("[LUO-05] through 7.1: 744 sessions, then ENOMEM; 128 files, then ENOSPC", () => {
    const device = deviceOf("7.1");
    for (let number = 0; number < 744; number++) session(device, `s${number}`);
    expect(device.createSession("one-more")).toBe(errno.ENOMEM);
    const files = deviceOf("7.1");
    const vm = session(files, "vm");
    for (let token = 0; token < 128; token++) expect(vm.preserve(memfd(0), token)).toBe(0);
    expect(vm.preserve(memfd(0), 128)).toBe(errno.ENOSPC);
  });

  test("[LUO-05] room comes before the descriptor, and after the token", () => {
    const device = deviceOf("7.1");
    const [vm, file] = [session(device, "vm"), memfd()];
    vm.preserve(file, 0);
    expect(vm.preserve(undefined, 1)).toBe(errno.EBADF);
    expect(vm.preserve(file, 1)).toBe(errno.EBUSY);
    for (let token = 1; token < 128; token++) vm.preserve(memfd(0), token);
    expect([vm.preserve(undefined, 128), vm.preserve(file, 128)]).toEqual([errno.ENOSPC, errno.ENOSPC]);
    expect(vm.preserve(undefined, 0)).toBe(errno.EEXIST);
  });

  test("[LUO-22] before 7.1 nobody notices that a file is preserved twice", () => {
    for (const [version, answer] of [
      ["7.0", 0],
      ["7.1", errno.EBUSY],
    ] as const) {
      const device = deviceOf(version);
      const [vm, file] = [session(device, "vm"), memfd()];
      expect([vm.preserve(file, 1), vm.preserve(file, 2)]).toEqual([0, answer]);
    }
  });

  test("[MEMFD-12] seals are handed over since 7.1", () => {
    for (const [version, answer] of [
      ["7.0", 0],
      ["7.1", errno.EPERM],
    ] as const) {
      const [old, file] = [deviceOf(version), memfd()];
      file.inode.seals = seal.write;
      session(old, "vm").preserve(file, 1);
      const device = next(old);
      device.open();
      const back = (device.retrieveSession("vm") as Session).retrieve(1) as ShmemFile;
      expect(back.write({ offsetBytes: 0, bytes: 1 }, 1)).toBe(answer);
    }
  });

  test("[MEMFD-09] a memfd of 2^32 pages is too large since 7.1", () => {
    expect(session(deviceOf("7.1"), "vm").preserve(memfd(2 ** 32), 1)).toBe(errno.EFBIG);
  });

  test("[LUO-03] since 7.2: 510,000 sessions and 630,000 files, then ENOSPC", () => {
    const device = deviceOf();
    for (let number = 0; number < 510_000; number++) session(device, `s${number}`);
    expect(device.createSession("one-more")).toBe(errno.ENOSPC);
    const vm = session(deviceOf(), "vm");
    for (let token = 0; token < 630_000; token++) vm.preserve(memfd(0), token);
    expect(vm.preserve(memfd(0), 630_000)).toBe(errno.ENOSPC);
  });

  test("[LUO-29] before 7.1 any name does", () => {
    expect(deviceOf("7.0").createSession("")).not.toBeTypeOf("number");
    expect(deviceOf("7.1").createSession("")).toBe(errno.EINVAL);
    expect(deviceOf().createSession("é".repeat(32))).toBe(errno.EINVAL);
    expect(deviceOf().createSession(`${"é".repeat(31)}x`)).not.toBeTypeOf("number");
  });

  test("[LUO-28] GET_NAME is there since 7.2", () => {
    expect(session(deviceOf("7.1"), "vm").getName()).toBe(errno.EINVAL);
    expect(session(deviceOf("7.2"), "vm").getName()).toBe("vm");
  });

  test("[LUO-27] the form of a call is judged before its meaning", () => {
    const device = deviceOf();
    const call = { nr: 0x40, sizeBytes: 16, tailIsZero: true };
    expect(device.checkIoctl("session", call)).toBe(0);
    expect(device.checkIoctl("session", { ...call, encodingIsRight: false })).toBe(errno.ENOTTY);
    expect(device.checkIoctl("device", call)).toBe(errno.EINVAL);
    expect(device.checkIoctl("session", { ...call, sizeBytes: 24 })).toBe(0);
    expect(device.checkIoctl("session", { ...call, sizeBytes: 24, tailIsZero: false })).toBe(errno.E2BIG);
  });
});

describe("metadata", () => {
  const counts = fc.array(fc.integer({ min: 0, max: 130 }), { minLength: 1, maxLength: 60 });
  const preserveAll = (device: LiveUpdate, sessions: readonly (readonly [string, number])[]): Session[] =>
    sessions.map(([name, files]) => {
      const created = session(device, name);
      for (let token = 0; token < files; token++) created.preserve(memfd(token % 3), token);
      return created;
    });

  test("[LUO-01] [LUO-02] [LUO-04] [MEMFD-01] the order of sessions does not change totals", () => {
    fc.assert(
      fc.property(counts, (files) => {
        const named = files.map((count, index) => [`s${index}`, count] as const);
        const [forth, back] = [deviceOf(), deviceOf()];
        preserveAll(forth, named);
        preserveAll(back, [...named].reverse());
        expect(forth.metadataPages()).toBe(back.metadataPages());
      }),
      { numRuns: 30 },
    );
  });

  test("[LUO-23] closing every session gives back all that was taken", () => {
    fc.assert(
      fc.property(counts, (files) => {
        const device = deviceOf();
        const before = device.metadataPages();
        for (const created of preserveAll(
          device,
          files.map((count, index) => [`s${index}`, count] as const),
        )) {
          created.close();
        }
        expect(device.metadataPages()).toBe(before);
        const again = memfd();
        expect(session(device, "s0").preserve(again, 0)).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  test("[LUO-03] a name that is taken has grown the room for sessions already", () => {
    const device = deviceOf();
    for (let number = 0; number < 51; number++) session(device, `s${number}`);
    const before = device.metadataPages();
    expect(device.createSession("s0")).toBe(errno.EEXIST);
    expect(device.metadataPages()).toBe(before + 1);
  });

  test("[LUO-23] a file whose session is closed may be changed again", () => {
    const device = deviceOf();
    const [vm, file] = [session(device, "vm"), memfd(2)];
    vm.preserve(file, 1);
    expect(file.truncate(0)).toBe(errno.EPERM);
    vm.close();
    expect(file.truncate(0)).toBe(0);
  });
});
