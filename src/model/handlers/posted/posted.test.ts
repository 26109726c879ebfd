import { describe, expect, test } from "vitest";

import { gibBytes, mibBytes, pageBytes } from "../../../base/index.ts";
import { bootKernel } from "../../kernel/boot.ts";
import { errno } from "../../kernel/errno.ts";
import type { HandedOver } from "../../kernel/handed-over.ts";
import { handOver } from "../../kernel/kexec.ts";
import { kernelFeatures } from "../../kernel/versions.ts";
import type { LiveUpdate } from "../../luo/live-update.ts";
import type { Session } from "../../luo/session.ts";
import { ShmemFile, ShmemInode } from "../../vfs/shmem.ts";
import { releasedHandlers } from "../released.ts";
import { ioPageTablePages, iommuPages } from "./iommu.ts";
import { Iommufd } from "./iommufd.ts";
import { GuestMemfd, VmFile } from "./kvm.ts";
import { pciStateOrder } from "./pci.ts";
import { checkPostedSeries, postedHandlers } from "./series.ts";
import { VfioDevice } from "./vfio.ts";

const features = kernelFeatures("7.3");
const series = ["pci@v9", "vfio@v5", "iommu@v5", "guest_memfd@v4"];

function boot(names: readonly string[], handed?: HandedOver): LiveUpdate {
  const scope = { unitCount: 2, domainCount: 1, deviceCount: 1 };
  const posted = postedHandlers(names, { pciDeviceCount: 100, iommu: scope, pageTablePages: 7 });
  const { device } = bootKernel({ features, handlers: [...releasedHandlers(features), ...posted] }, handed);
  device!.open();
  return device!;
}

const session = (device: LiveUpdate): Session => device.createSession("vm") as Session;
const memfd = (): ShmemFile => new ShmemFile(new ShmemInode(), { linked: false });

describe("a released kernel", () => {
  test.each([
    ["a VFIO device", () => new VfioDevice("0000:01:00.0")],
    ["an iommufd", () => new Iommufd([])],
    ["a guest_memfd", () => new GuestMemfd(new VmFile(), pageBytes)],
    ["a VM", () => new VmFile()],
  ])("[LUO-21] answers ENOENT to %s", (_, make) => {
    expect(session(boot([])).preserve(make(), 1)).toBe(errno.ENOENT);
  });
});

describe("[VFIO-01] [VFIO-02] VFIO v5", () => {
  test("a device keeps its address, and its old descriptor is dead", () => {
    const device = boot(series);
    const passed = new VfioDevice("0000:01:00.0");
    session(device).preserve(passed, 1);
    const next = boot(series, handOver(device) as HandedOver);
    expect(passed.isDead).toBe(true);
    const file = (next.retrieveSession("vm") as Session).retrieve(1) as VfioDevice;
    expect([file.address, file.isDead]).toEqual(["0000:01:00.0", false]);
  });

  test("[VFIO-03] in the announced phase 4 it is not reset", () => {
    const device = boot([...series, "vfio@phase4"]);
    const passed = new VfioDevice("0000:01:00.0");
    session(device).preserve(passed, 1);
    handOver(device);
    expect(passed.isDead).toBe(false);
  });

  test.each([
    ["interrupts are on", { interruptsEnabled: true }],
    ["the device sleeps", { isInD0: false }],
    ["its I/O address space is not preserved", { iommufd: new Iommufd([]) }],
  ])("the reboot fails while %s, and the session goes on", (_, state) => {
    const device = boot(series);
    const vm = session(device);
    const first = new VfioDevice("0000:01:00.0");
    vm.preserve(first, 1);
    vm.preserve(Object.assign(new VfioDevice("0000:02:00.0"), state), 2);
    expect(handOver(device)).toBeLessThan(0);
    expect(vm.preserve(memfd(), 3)).toBe(0);
    // The reset of the first one is not taken back.
    expect(first.isDead).toBe(true);
  });

  test("virtual functions and devices with quirks are refused, and leave nothing behind", () => {
    const device = boot(series);
    const vm = session(device);
    const before = device.metadataPages();
    expect(vm.preserve(new VfioDevice("0000:01:10.0", { isSupported: false }), 1)).toBe(errno.EOPNOTSUPP);
    expect(device.metadataPages()).toBe(before);
  });
});

describe("[IOMMU-04] [IOMMU-05] dependencies between descriptors", () => {
  test("memfd, then iommufd, then device: in any order, but all in one session", () => {
    const device = boot(series);
    const [vm, memory] = [session(device), memfd()];
    const iommufd = new Iommufd([memory]);
    const passed = Object.assign(new VfioDevice("0000:01:00.0"), { iommufd });
    for (const [token, file] of [passed, iommufd].entries()) vm.preserve(file, token);
    expect(handOver(device)).toBe(errno.ENOENT);
    vm.preserve(memory, 9);
    const next = boot(series, handOver(device) as HandedOver);
    const incoming = next.retrieveSession("vm") as Session;
    const restored = incoming.retrieve(1) as Iommufd;
    expect(restored.backing[0]).toBe(incoming.retrieve(9));
    expect(incoming.finish(0)).toBe(errno.EBUSY);
    restored.hasUnclaimedDomain = false;
    expect(incoming.finish(0)).toBe(0);
  });
});

describe("[KVM-01] [KVM-02] [KVM-03] guest_memfd v4", () => {
  test("without its VM in the session the reboot fails; with it the VM comes along by token", () => {
    const device = boot(series);
    const [vm, machine] = [session(device), new VmFile()];
    const memory = new GuestMemfd(machine, 4 * pageBytes);
    vm.preserve(memory, 1);
    expect(memory.punchHole({ offsetBytes: 0, bytes: pageBytes })).toBe(errno.EPERM);
    expect(handOver(device)).toBe(errno.ENOENT);
    vm.preserve(machine, 2);
    const next = boot(series, handOver(device) as HandedOver);
    const incoming = next.retrieveSession("vm") as Session;
    const restored = incoming.retrieve(1) as GuestMemfd;
    expect(restored.vm).toBe(incoming.retrieve(2));
  });

  test("private memory is not accepted", () => {
    const file = new GuestMemfd(new VmFile(), pageBytes, { isSupported: false });
    expect(session(boot(series)).preserve(file, 1)).toBe(errno.ENOENT);
  });
});

describe("[LUO-30] shared state", () => {
  test("is there from the first device that needs it to the last one", () => {
    const device = boot(["pci@v9", "vfio@v5"]);
    const before = device.metadataPages();
    const [first, second] = [session(device), device.createSession("other") as Session];
    first.preserve(new VfioDevice("0000:01:00.0"), 1);
    const one = device.metadataPages();
    second.preserve(new VfioDevice("0000:02:00.0"), 1);
    // PCI's block, the state page, and a block of sessions and files.
    expect(one - before).toBe(1 + 1 + 1 + 1);
    expect(device.metadataPages() - one).toBe(1 + 1);
    second.close();
    expect(device.metadataPages()).toBe(one);
    first.close();
    expect(device.metadataPages()).toBe(before);
  });
});

describe("sizes", () => {
  test.each([
    [1, 0],
    [510, 0],
    [511, 1],
    [1535, 2],
  ])("[PCI-01] %i PCI devices take a block of order %i", (devices, order) => {
    expect(pciStateOrder(devices)).toBe(order);
  });

  test.each([
    ["2 MiB in small entries", 0, 2 * mibBytes, 1 + 1 + 1 + 1],
    ["1 GiB in small entries", 0, gibBytes, 512 + 1 + 1 + 1],
    ["1 GiB in large entries", gibBytes, 0, 1 + 1 + 1],
    ["1 TiB in large entries", 1024 * gibBytes, 0, 1024 + 2 + 1],
    ["9 GiB large and 1 GiB small", 9 * gibBytes, gibBytes, 512 + 10 + 1 + 1],
  ])("[IOMMU-03] page tables of %s", (_, largeBytes, smallBytes, pages) => {
    expect(ioPageTablePages({ largeBytes, smallBytes })).toBe(pages);
  });

  test("[IOMMU-01] [IOMMU-02] lists start with four pages and grow by 102 devices", () => {
    const scope = { unitCount: 0, domainCount: 1, deviceCount: 1 };
    expect(iommuPages(scope)).toBe(4 + 2);
    expect(iommuPages({ ...scope, deviceCount: 103 }) - iommuPages({ ...scope, deviceCount: 102 })).toBe(2 + 1);
  });

  test("series name what they build on", () => {
    expect(() => checkPostedSeries(["vfio@v5"], "handlers")).toThrow(/builds on pci@v9/);
    expect(() => checkPostedSeries(["vfio@v9"], "handlers")).toThrow(/no series/);
    expect(() => checkPostedSeries(series, "handlers")).not.toThrow();
  });
});
