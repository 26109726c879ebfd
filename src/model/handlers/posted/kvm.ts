import { errno } from "../../kernel/errno.ts";
import type { FileHandler, FileState, PreservedFile, SessionView } from "../../luo/file-handler.ts";
import { ControlFile } from "../../vfs/control-file.ts";
import type { ByteRange, FileObject } from "../../vfs/file-object.ts";
import { ShmemInode } from "../../vfs/shmem.ts";
import { sizeMemfd, sumMemfdPages } from "../memfd.ts";

/** One page has the VM's type. Posted: guest_memfd and vmfd v4, 2026-07-28 [KVM-01] */
export const vmStatePages = 1;

/** A KVM virtual machine's descriptor. */
export class VmFile extends ControlFile {}

/** Guest memory without a mapping of the VMM's own; it belongs to one VM. */
export class GuestMemfd extends ControlFile {
  readonly vm: VmFile;
  readonly inode: ShmemInode;
  /** Private memory, and folios larger than a page, are refused. */
  readonly isSupported: boolean;

  constructor(vm: VmFile, sizeBytes: number, { isSupported = true }: { isSupported?: boolean } = {}) {
    super();
    this.vm = vm;
    this.inode = new ShmemInode();
    this.inode.truncate(sizeBytes);
    this.isSupported = isSupported;
  }

  override punchHole(range: ByteRange): number {
    return this.inode.punchHole(range);
  }
}

/** Carries VMs' descriptors over [KVM-01]. */
export class VmHandler implements FileHandler {
  readonly compatible = "kvm_vm_luo_v1";

  canPreserve(file: FileObject): boolean {
    return file instanceof VmFile;
  }

  preserve(): number {
    return vmStatePages;
  }

  unpreserve(): void {
    // Nothing to take back.
  }

  freeze(): FileState {
    return { kind: "opaque", facts: {}, metadataPages: vmStatePages };
  }

  retrieve(): FileObject {
    return new VmFile();
  }

  finish(): void {
    // A VM that nobody retrieved is gone.
  }
}

/**
 * Carries guest memory over that only KVM maps. Its VM must be preserved in the same session [KVM-02].
 *
 * Errors   which errno a refusal gives is assumed
 */
export class GuestMemfdHandler implements FileHandler {
  readonly compatible = "guest_memfd_luo_v1";

  canPreserve(file: FileObject): boolean {
    return file instanceof GuestMemfd && file.isSupported;
  }

  /** Afterwards a fault that needs a new page fails, so the VM should be paused before [KVM-03]. */
  preserve({ file }: PreservedFile): number {
    const { inode } = file as GuestMemfd;
    inode.frozen = true;
    return sumMemfdPages(sizeMemfd({ fileBytes: inode.sizeBytes, folioCount: inode.pages.size }));
  }

  unpreserve({ file }: PreservedFile): void {
    (file as GuestMemfd).inode.frozen = false;
  }

  /** Without its VM in the session the reboot call fails [KVM-02]. */
  freeze({ file, session }: PreservedFile): FileState | number {
    const { inode, vm } = file as GuestMemfd;
    const vmToken = session.tokenOf(vm);
    if (vmToken === undefined) return errno.ENOENT;
    const metadataPages = sumMemfdPages(sizeMemfd({ fileBytes: inode.sizeBytes, folioCount: inode.pages.size }));
    return { kind: "opaque", facts: { sizeBytes: inode.sizeBytes, vmToken }, metadataPages };
  }

  /** Pulls its VM in by token: userspace need not keep an order [KVM-02]. */
  retrieve(state: FileState, session: SessionView): FileObject | number {
    if (state.kind !== "opaque") return errno.EINVAL;
    const vm = session.retrieve(Number(state.facts["vmToken"]));
    if (typeof vm === "number") return vm;
    return new GuestMemfd(vm as VmFile, Number(state.facts["sizeBytes"]));
  }

  finish(): void {
    // Memory that nobody retrieved is freed.
  }
}
