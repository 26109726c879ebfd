import { errno } from "../kernel/errno.ts";
import type { KernelFeatures } from "../kernel/features.ts";

/** A call as it reaches the kernel, before anyone looks at what it means. */
export interface IoctlCall {
  /** Low byte of the command. */
  readonly nr: number;
  /** The size that the caller's structure states. */
  readonly sizeBytes: number;
  /** Bytes beyond the structure that the kernel knows are all zero. */
  readonly tailIsZero: boolean;
  /** False where number and encoding do not belong together (direction or size bits, another type byte). */
  readonly encodingIsRight?: boolean;
}

/** Sizes of the structures by number. Source: linux-7.3 include/uapi/linux/liveupdate.h */
const deviceCalls: ReadonlyMap<number, number> = new Map([
  [0x00, 72],
  [0x01, 72],
]);
const sessionCalls: ReadonlyMap<number, number> = new Map([
  [0x40, 16],
  [0x41, 16],
  [0x42, 8],
  [0x43, 72],
]);
const getNameNr = 0x43;

/**
 * What the kernel says to a call's form: 0, or EINVAL (number out of range, structure too small), ENOTTY (number in
 * range, another encoding), E2BIG (larger than known, and the rest not zero) [LUO-27].
 *
 * Source   linux-7.3 kernel/liveupdate/luo_core.c luo_ioctl(), luo_session.c luo_session_ioctl(); lib/usercopy.c
 */
export function checkIoctl(fd: "device" | "session", call: IoctlCall, features: KernelFeatures): number {
  const calls = fd === "device" ? deviceCalls : sessionCalls;
  const minBytes = calls.get(call.nr);
  if (minBytes === undefined || (call.nr === getNameNr && !features.hasGetName)) return errno.EINVAL;
  if (call.encodingIsRight === false) return errno.ENOTTY;
  if (call.sizeBytes < minBytes) return errno.EINVAL;
  return call.sizeBytes > minBytes && !call.tailIsZero ? errno.E2BIG : 0;
}
