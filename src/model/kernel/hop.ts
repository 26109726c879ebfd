import type { KernelFeatures } from "./features.ts";

/**
 * What becomes of preserved VMs in an update from one kernel into another.
 *
 * carried       they come back
 * no-device     the old kernel has no /dev/liveupdate, or the new one has none: nothing can be asked for
 * memory-lost   the new kernel boots as if nothing had been preserved: their memory is free RAM
 * panic         the new kernel panics at boot
 * unreadable    memory stays reserved, but opening /dev/liveupdate gives EIO until the next boot
 */
export type HopKind = "carried" | "no-device" | "memory-lost" | "panic" | "unreadable";

export interface HopOutcome {
  readonly kind: HopKind;
  /** What the kernel prints or answers. */
  readonly says: string;
  /** What that means for the VMs; undefined when they come back. */
  readonly consequence: string | undefined;
}

function lost(kind: HopKind, says: string, why: string): HopOutcome {
  return { kind, says, consequence: `${why}: the VMs and everything in their memory are lost` };
}

/**
 * What a kernel makes of what another handed over [HOP-01].
 *
 * Source   linux-7.3 kexec_handover.c kho_populate(), luo_core.c luo_early_startup(), luo_session.c
 *          luo_session_deserialize(); compatible strings by version in docs/model.md
 */
export function hopOutcome(from: KernelFeatures, to: KernelFeatures): HopOutcome {
  if (from.luo === undefined) {
    const says = `Linux ${from.version}: open(/dev/liveupdate) gives ENOENT`;
    return lost("no-device", says, "Linux has no Live Update Orchestrator before 6.19");
  }
  if (from.kho !== to.kho) {
    const says = `KHO: handover FDT '${from.kho}' is incompatible with '${to.kho}'; disabling KHO revival`;
    return lost("memory-lost", says, "the new kernel boots cold and takes preserved memory for free RAM");
  }
  if (to.luo === undefined) {
    const says = `Linux ${to.version}: open(/dev/liveupdate) gives ENOENT`;
    return lost("no-device", says, "nothing in the new kernel gives preserved files back");
  }
  if (from.luo !== to.luo) {
    const says = `Kernel panic: LUO state '${from.luo}' is incompatible with '${to.luo}'`;
    return lost("panic", says, "the new kernel panics at boot");
  }
  const unknown = from.handlers.find((compatible) => !to.handlers.includes(compatible));
  if (unknown !== undefined) {
    const says = `No registered handler for compatible '${unknown}'; open(/dev/liveupdate) gives EIO, for ever`;
    return lost("unreadable", says, "their memory stays reserved, and no session can be retrieved");
  }
  return { kind: "carried", says: `${from.kho}, ${from.luo}, ${from.handlers.join(", ")}`, consequence: undefined };
}
