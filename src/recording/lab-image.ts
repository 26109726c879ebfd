import { mibBytes, pageBytes } from "../base/index.ts";
import type { KernelBoot } from "./recording.ts";

/** What an update loads: sizes of the kernel's file, of the memory it asks for, and of its initrd. */
export interface KexecPayload {
  readonly release: string;
  readonly imageBytes: number;
  readonly initBytes: number;
  readonly initrdBytes: number;
}

/** Kernels of the lab: size of the bzImage, init_size of its header, and of the initrd whose second half holds it. */
const labKernels = [
  { release: "7.3.4", imageBytes: 5_395_456, initBytes: 17.906_25 * mibBytes, firstInitrdBytes: 11_358_208 },
  { release: "7.2.13", imageBytes: 5_387_264, initBytes: 19.949_218_75 * mibBytes, firstInitrdBytes: 11_329_536 },
] as const;

/** How far the first initrd's size may be from the usual one before nothing is concluded from it. */
const initrdToleranceBytes = 2 * pageBytes;

/**
 * What a recorded update loads, from its first kernel's boot alone.
 *
 * The lab's first initrd holds the next kernel twice: as a file, and in the initrd for it. So the second initrd has half
 * the size of the first, and the size of the first tells which kernel is in it. With other files beside it nothing is
 * told, and the running kernel is taken to come again.
 *
 * Source   the lab's run.sh; sizes read off recorded boots (RAMDISK lines) and off the kernels' headers
 */
export function expectedPayload(boot: Pick<KernelBoot, "version" | "initrd">): KexecPayload {
  const firstBytes = boot.initrd?.bytes ?? 0;
  const told = labKernels.find(
    ({ firstInitrdBytes }) => Math.abs(firstBytes - firstInitrdBytes) <= initrdToleranceBytes,
  );
  return payloadOf(told?.release ?? boot.version ?? labKernels[0].release, firstBytes / 2);
}

/** What was loaded, by the release that came and the initrd that it found. */
export function payloadOf(release: string, initrdBytes: number): KexecPayload {
  const known = labKernels.find((kernel) => kernel.release === release) ?? labKernels[0];
  return { release, imageBytes: known.imageBytes, initBytes: known.initBytes, initrdBytes };
}
