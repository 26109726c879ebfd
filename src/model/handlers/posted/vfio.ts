import { errno } from "../../kernel/errno.ts";
import type { FileHandler, FileState, FlbOps, PreservedFile } from "../../luo/file-handler.ts";
import { ControlFile } from "../../vfs/control-file.ts";
import type { FileObject } from "../../vfs/file-object.ts";

/** One page says which device it is. Posted: VFIO cdev v5, 2026-07-14 [VFIO-01] */
export const vfioStatePages = 1;

/** A PCI device that a VMM holds through its VFIO character device. */
export class VfioDevice extends ControlFile {
  readonly address: string;
  /** Virtual functions, and devices that need ACS quirks, are refused. */
  readonly isSupported: boolean;
  /** Userspace must have turned them off before the reboot. */
  interruptsEnabled = false;
  isInD0 = true;
  /** The I/O address space it is attached to. */
  iommufd: FileObject | undefined;
  /** After freeze: reset, bus mastering off, every ioctl fails. */
  isDead = false;

  constructor(address: string, { isSupported = true }: { isSupported?: boolean } = {}) {
    super();
    this.address = address;
    this.isSupported = isSupported;
  }
}

/**
 * Carries VFIO devices over. In the first of five announced phases the device keeps its address and is reset at freeze,
 * so DMA ends there [VFIO-01] [VFIO-02]; in the fourth it goes on [VFIO-03].
 *
 * Errors   which errno a refusal gives is assumed
 */
export class VfioHandler implements FileHandler {
  readonly compatible = "vfio-pci-v1";
  readonly flbs: readonly FlbOps[];
  readonly #resets: boolean;

  constructor(flbs: readonly FlbOps[], { resets }: { resets: boolean }) {
    this.flbs = flbs;
    this.#resets = resets;
  }

  canPreserve(file: FileObject): boolean {
    return file instanceof VfioDevice;
  }

  preserve({ file }: PreservedFile): number {
    return (file as VfioDevice).isSupported ? vfioStatePages : errno.EOPNOTSUPP;
  }

  unpreserve(): void {
    // Nothing about the device has changed yet.
  }

  /**
   * Fails, and the reboot call with it, while interrupts are on, the device sleeps, or its I/O address space is not
   * preserved in the same session. A reset cannot be taken back: after a failure the descriptor stays dead [VFIO-02].
   */
  freeze({ file, session }: PreservedFile): FileState | number {
    const device = file as VfioDevice;
    if (device.interruptsEnabled || !device.isInD0) return errno.EINVAL;
    if (device.iommufd && session.tokenOf(device.iommufd) === undefined) return errno.ENOENT;
    device.isDead = this.#resets;
    return { kind: "opaque", facts: { address: device.address }, metadataPages: vfioStatePages };
  }

  retrieve(state: FileState): FileObject | number {
    return state.kind === "opaque" ? new VfioDevice(String(state.facts["address"])) : errno.EINVAL;
  }

  finish(): void {
    // From here on the device is like every other of the new kernel.
  }
}
