import { msNs, pageBytes, secNs, UsageError } from "../base/index.ts";
import type { MigrationOutcome } from "./outcome.ts";

/** A value with what it may be at least and at most. */
export interface ValueRange {
  readonly low: number;
  readonly base: number;
  readonly high: number;
}

/** What moving a VM out of the way of a new kernel, in one way or another, costs it. */
export interface Alternative {
  readonly name: string;
  /** How long the guest's vCPUs stand still, or there is no guest; ns. */
  readonly blackoutNs: ValueRange;
  /** How long it runs, but slower; ns. */
  readonly degradedNs: ValueRange;
  /** Bytes over a wire or to a disk and back. */
  readonly movedBytes: number;
  /** Memory beside the guest's own while it lasts, on whatever host. */
  readonly extraMemoryBytes: number;
  /** Whether it comes to an end. */
  readonly ends: boolean;
  /** Whether the host runs a new kernel after it. */
  readonly replacesKernel: boolean;
  readonly keepsMemory: boolean;
  /** State that it cannot take along. */
  readonly cannotTake: readonly string[];
  /** What its numbers rest on. */
  readonly source: string;
}

/** What the ways that need no second host are made of. */
export interface AlternativeVm {
  /** Pages that hold data. */
  readonly dataPages: number;
  /** Devices passed through to the guest, and those of them whose drivers can migrate their state. */
  readonly passthroughCount: number;
  readonly migratableCount: number;
}

export interface AlternativeHost {
  /** From the reboot call until userspace of the new kernel runs, by kexec; and by way of firmware. */
  readonly kexecNs: ValueRange;
  readonly coldBootNs: ValueRange;
  /** What the disk takes and gives. */
  readonly diskBytesPerSec: number;
}

/**
 * MIG-19: a new VMM on the same kernel. H5 (HyperFresh, VEE 2019): a hypervisor replaced "within 10 ms"; H10 (Cloud
 * Hypervisor, idle guest of 4 GiB whose memory is passed as descriptors): 50 ms; H11 (the same with a vhost-user network
 * card, which reconnects): 748 ms.
 */
const swapNs: ValueRange = { low: 10 * msNs, base: 50 * msNs, high: 748 * msNs };

/** MIG-20: a guest kernel's boot, 733 to 837 ms, median 786. *Recorded*: Wicked 2026, boots.csv, 170 boots. */
const guestKernelNs: ValueRange = { low: 733 * msNs, base: 786 * msNs, high: 837 * msNs };

/** MIG-20: a guest's userspace, of a database, until it serves: least, median, most of 100 boots. *Recorded*: the same. */
const guestUserspaceNs: ValueRange = { low: 2.05 * secNs, base: 3.02 * secNs, high: 4.26 * secNs };

/** MIG-19: state of emulated devices that CPR saves, and the memory of a second VMM. *Assumed*. */
const vmmBytes = 64 * 1024 * 1024;
const deviceStateBytes = 1024 * 1024;

const none: ValueRange = { low: 0, base: 0, high: 0 };

function addRanges(...ranges: readonly ValueRange[]): ValueRange {
  const sum = (pick: keyof ValueRange): number => ranges.reduce((total, each) => total + each[pick], 0);
  return { low: sum("low"), base: sum("base"), high: sum("high") };
}

function fixed(ns: number): ValueRange {
  return { low: ns, base: ns, high: ns };
}

function heldBack({ passthroughCount, migratableCount }: AlternativeVm): string[] {
  const count = passthroughCount - migratableCount;
  return count > 0
    ? [`${count} passthrough devices without migration of their state: they block it until unplugged`]
    : [];
}

/** A live migration that was simulated, to another host, beside the other ways (MIG-21). */
export function liveMigration(outcome: MigrationOutcome, vm: AlternativeVm): Alternative {
  const cannotTake = heldBack(vm);
  return {
    name: outcome.mode,
    blackoutNs: fixed(outcome.blackoutNs),
    degradedNs: fixed(outcome.degradedNs),
    movedBytes: outcome.transferredBytes,
    extraMemoryBytes: outcome.extraMemoryBytes,
    ends: outcome.converged && cannotTake.length === 0,
    replacesKernel: true,
    keepsMemory: true,
    cannotTake,
    source: "replayed by the rules MIG-01 to MIG-18",
  };
}

/**
 * QEMU's CPR on a running kernel: the guest's memory is handed on as file descriptors, its devices' state as bytes.
 *
 * It replaces the VMM and **not the kernel**. `exec` runs the new QEMU in the old one's process; `transfer` starts it
 * beside the old one, before the guest stops. QEMU's third mode, cpr-reboot, may cross a kernel when memory lies on a DAX
 * device (docs/devel/migration/CPR.rst at 20e6b15); it is not modelled.
 */
export function swapVmm(mode: "cpr-exec" | "cpr-transfer"): Alternative {
  return {
    name: mode,
    blackoutNs: swapNs,
    degradedNs: none,
    movedBytes: deviceStateBytes,
    extraMemoryBytes: mode === "cpr-transfer" ? vmmBytes : 0,
    ends: true,
    replacesKernel: false,
    keepsMemory: true,
    cannotTake: [
      "memory that is no shared file (share=on), which CPR refuses",
      "devices whose descriptors cannot be handed on; VFIO's and vhost's can",
    ],
    source: "published rows H5, H10 and H11; what it cannot take is assumed",
  };
}

/** Memory to a disk, a new kernel by kexec, and memory back (MIG-22). Only pages with data are written. */
export function suspendToDisk(vm: AlternativeVm, { kexecNs, diskBytesPerSec }: AlternativeHost): Alternative {
  if (!(diskBytesPerSec > 0)) throw new UsageError(`a disk takes ${diskBytesPerSec} bytes a second`);
  const bytes = vm.dataPages * pageBytes;
  const onceNs = (bytes / diskBytesPerSec) * secNs;
  return {
    name: "suspend-to-disk",
    blackoutNs: addRanges(fixed(2 * onceNs), kexecNs, swapNs),
    degradedNs: none,
    movedBytes: 2 * bytes,
    extraMemoryBytes: 0,
    ends: vm.passthroughCount <= vm.migratableCount,
    replacesKernel: true,
    keepsMemory: true,
    cannotTake: [...heldBack(vm), "connections whose other end does not wait that long"],
    source: "bytes by the disk's rate, twice, and the times of kexec and VMM that were given",
  };
}

/** The host goes through its firmware and the guest boots anew (MIG-20); its memory is lost. */
export function coldReboot({ coldBootNs }: AlternativeHost): Alternative {
  return {
    name: "cold-reboot",
    blackoutNs: addRanges(coldBootNs, guestKernelNs, guestUserspaceNs),
    // Caches are cold after it; for how long no recording here says.
    degradedNs: none,
    movedBytes: 0,
    extraMemoryBytes: 0,
    ends: true,
    replacesKernel: true,
    keepsMemory: false,
    cannotTake: ["what the guest has in memory", "connections", "state of its devices"],
    source: "the host's boot as given; guest boots: Wicked 2026, boots.csv",
  };
}
