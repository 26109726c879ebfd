import { gibBytes, mibBytes, UsageError } from "../base/index.ts";
import type { UpdateConfig } from "./config.ts";
import { splitFolios } from "./folios.ts";
import { errnoName } from "./kernel/errno.ts";
import type { KernelFeatures } from "./kernel/features.ts";
import { hopOutcome } from "./kernel/hop.ts";
import { kernelFeatures } from "./kernel/versions.ts";
import { checkPostedSeries } from "./handlers/posted/series.ts";
import { listScratch, type ScratchAreas, sumScratch } from "./kho/scratch.ts";
import { entryLimit } from "./luo/entry-store.ts";

/** The release that the posted series are written against. */
const postedBase = "7.3";

function refuse(what: string, hint: string): never {
  throw new UsageError(what, { hint });
}

function checkSeries({ host }: UpdateConfig): void {
  if (host.postedSeries.length === 0) return;
  checkPostedSeries(host.postedSeries, "host.kernel.handlers");
  for (const release of [host.kernelFrom, host.kernelTo]) {
    const { version } = kernelFeatures(release);
    if (version === postedBase) continue;
    refuse(
      `host.kernel.handlers: the posted series apply to Linux ${postedBase}, not ${version}`,
      `set host.kernel.from and to to "${postedBase}"`,
    );
  }
}

function checkHop(from: KernelFeatures, to: KernelFeatures): void {
  const { says, consequence } = hopOutcome(from, to);
  if (consequence === undefined) return;
  refuse(
    `an update from Linux ${from.version} into ${to.version} brings no VM back. ${says}: ${consequence}`,
    "choose two kernels with the same ABI: `luoscope kernels` shows which",
  );
}

/** Preserving it gives ENOENT: no handler accepts the file [LUO-21]. */
function checkHandlers({ host, vms }: UpdateConfig): void {
  const { version } = kernelFeatures(host.kernelFrom);
  const has = (name: string): boolean => host.postedSeries.includes(name);
  const answer = `Linux ${version} answers PRESERVE_FD with ENOENT: no handler accepts`;
  for (const vm of vms) {
    const { name, backing, folios, devices } = vm;
    if (backing === "guest_memfd" && !has("guest_memfd@v4")) {
      refuse(`VM ${name}: ${answer} a guest_memfd`, "add host.kernel.handlers: [guest_memfd@v4], which is posted only");
    }
    if (backing === "guest_memfd" && folios.some(({ order }) => order > 0)) {
      refuse(`VM ${name}: guest_memfd@v4 takes 4 KiB folios only`, "set its folio to 4 KiB");
    }
    if (backing === "hugetlb" && !has("hugetlb@rfc")) {
      refuse(`VM ${name}: ${answer} a hugetlb memfd`, "add host.kernel.handlers: [hugetlb@rfc], which is posted only");
    }
    if (backing === "hugetlb" && splitFolios(vm).some(({ order }) => !folios.some((share) => share.order === order))) {
      refuse(`VM ${name}: ${vm.guestBytes} bytes are no whole huge pages`, "give it a multiple of its folio size");
    }
    const device = devices.find(({ treatment }) => treatment === "preserved");
    if (device && !has("vfio@v5")) {
      refuse(
        `VM ${name}, device ${device.name}: ${answer} a VFIO device`,
        "set its treatment to shutdown, or add host.kernel.handlers: [pci@v9, vfio@v5, iommu@v5], which are posted only",
      );
    }
  }
  const device = host.devices.find(({ treatment }) => treatment === "preserved");
  if (device) {
    refuse(
      `host device ${device.name}: only devices that a VMM holds through VFIO can be preserved, and only by posted series`,
      "set its treatment to shutdown",
    );
  }
}

function checkSessions({ vms }: UpdateConfig, from: KernelFeatures): void {
  const { maxEntries, overflow } = entryLimit(from.sessions);
  if (vms.length <= maxEntries) return;
  refuse(
    `${vms.length} VMs need as many sessions; Linux ${from.version} holds ${maxEntries}, and CREATE_SESSION gives ${errnoName(overflow)} then`,
    "lower the VMs' count, or use 7.2 or later",
  );
}

/** Areas that find no place turn KHO off, and /dev/liveupdate with it [BOOT-01]. */
export function checkScratchFits({ host }: UpdateConfig, scratch: ScratchAreas): void {
  const poolBytes = host.giganticPages.bytes * host.giganticPages.count;
  const ownBytes = host.kernelMemoryBytes + poolBytes;
  if (ownBytes > host.ramBytes) {
    const mib = Math.ceil(ownBytes / mibBytes);
    refuse(`host.ram: the kernel and its gigantic pages alone need ${mib} MiB`, "give the host more RAM");
  }
  const lowBytes = Math.min(host.ramBytes, 4 * gibBytes);
  const nodeBytes = host.ramBytes / host.numaNodeCount;
  const isTooLarge =
    scratch.lowmemBytes > lowBytes ||
    scratch.nodeBytes.some((bytes) => bytes > nodeBytes) ||
    sumScratch(scratch) + ownBytes > host.ramBytes;
  if (!isTooLarge) return;
  const mib = Math.ceil(sumScratch(scratch) / mibBytes);
  refuse(
    `host.scratch: ${mib} MiB find no place. KHO: Failed to reserve scratch area, disabling kexec handover; open(/dev/liveupdate) gives ENOENT`,
    "give the host more RAM, or smaller scratch areas",
  );
}

/**
 * Every segment of the image goes into one scratch area [KHO-07]: without room there, the next kernel cannot be loaded.
 *
 * Source   linux-7.3 kexec_handover.c kho_locate_mem_hole()
 */
export function checkImageFits({ host }: UpdateConfig, scratch: ScratchAreas): void {
  const largestBytes = Math.max(host.kernelInitBytes, host.initrdBytes);
  const roomBytes = listScratch(scratch).reduce((most, bytes) => Math.max(most, bytes), 0);
  const imageBytes = host.kernelInitBytes + host.initrdBytes;
  if (largestBytes <= roomBytes && imageBytes <= sumScratch(scratch)) return;
  refuse(
    `host.kernel: kernel and initrd need ${Math.ceil(imageBytes / mibBytes)} MiB of scratch, the larger one ${Math.ceil(largestBytes / mibBytes)} MiB in one area; the largest area has ${Math.floor(roomBytes / mibBytes)} MiB. kexec_file_load() gives EADDRNOTAVAIL`,
    "raise host.scratch, or make the initrd smaller",
  );
}

/**
 * Refuses what the kernels of a configuration would refuse, with their answer.
 *
 * Errors   UsageError
 */
export function refuseImpossible(config: UpdateConfig): void {
  const from = kernelFeatures(config.host.kernelFrom);
  const to = kernelFeatures(config.host.kernelTo);
  checkSeries(config);
  checkHop(from, to);
  checkHandlers(config);
  checkSessions(config, from);
  if (config.host.deferredInit && !to.allowsDeferredInit) {
    refuse(
      `Linux ${to.version} cannot be built with both KHO and CONFIG_DEFERRED_STRUCT_PAGE_INIT`,
      "set host.kernel.deferred_struct_page_init to false, or use 7.2 or later",
    );
  }
}
