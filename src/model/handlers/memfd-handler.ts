import type { FileHandler, FileState, MemfdState, PreservedFile } from "../luo/file-handler.ts";
import { errno } from "../kernel/errno.ts";
import type { FileObject } from "../vfs/file-object.ts";
import { knownSeals, seal, ShmemFile, ShmemInode } from "../vfs/shmem.ts";
import { sizeMemfd, sumMemfdPages } from "./memfd.ts";
import { maxFilePages } from "./memfd-ser.ts";

/** Through 7.0: seals stay behind, and no file is too large [MEMFD-09] [MEMFD-12]. */
const firstCompatible = "memfd-v1";

function shmemOf({ file }: PreservedFile): ShmemFile {
  return file as ShmemFile;
}

/**
 * Carries memfds over. While one is preserved its mapping is frozen: its size stays and no hole is made [MEMFD-10].
 *
 * Source   linux-7.3 mm/memfd_luo.c
 */
export class MemfdHandler implements FileHandler {
  readonly compatible: string;
  readonly #isFirst: boolean;
  /** Seals of what is preserved, as they were then. */
  readonly #seals = new WeakMap<ShmemInode, number>();

  constructor(compatible: string) {
    this.compatible = compatible;
    this.#isFirst = compatible === firstCompatible;
  }

  /** A shmem file without a name; hugetlb is another file system [MEMFD-11]. */
  canPreserve(file: FileObject): boolean {
    return file instanceof ShmemFile && !file.linked;
  }

  /** The inode: a second descriptor of a preserved file is the same file [LUO-22]. */
  identity(file: FileObject): object {
    return file.identity;
  }

  preserve(preserved: PreservedFile): number {
    const { inode } = shmemOf(preserved);
    if (!this.#isFirst && (inode.seals & ~knownSeals) !== 0) return errno.EOPNOTSUPP;
    const folioCount = inode.pageCount();
    if (!this.#isFirst && folioCount > maxFilePages) return errno.EFBIG;
    inode.frozen = true;
    this.#seals.set(inode, inode.seals);
    inode.fillHoles();
    return sumMemfdPages(sizeMemfd({ fileBytes: inode.sizeBytes, folioCount }));
  }

  unpreserve(preserved: PreservedFile): void {
    shmemOf(preserved).inode.frozen = false;
  }

  /**
   * The position is read only now; the pages are handed over as they are, the seals as they were when the file was
   * preserved: one that is added afterwards is lost. A file whose seals stay behind comes back as
   * shmem makes one: it takes no seal more [MEMFD-12].
   */
  freeze(preserved: PreservedFile): FileState {
    const { inode, positionBytes } = shmemOf(preserved);
    const { sizeBytes, pages } = inode;
    const seals = this.#isFirst ? seal.seal : (this.#seals.get(inode) ?? inode.seals);
    return { kind: "memfd", positionBytes, sizeBytes, seals, pages };
  }

  retrieve(state: FileState): FileObject | number {
    const memfd = state as MemfdState;
    if ((memfd.seals & ~knownSeals) !== 0) return errno.EOPNOTSUPP;
    const inode = new ShmemInode(memfd.seals);
    inode.sizeBytes = memfd.sizeBytes;
    for (const [index, page] of memfd.pages) inode.pages.set(index, page);
    const file = new ShmemFile(inode, { linked: false });
    file.positionBytes = memfd.positionBytes;
    return file;
  }

  finish(): void {
    // Pages of a memfd that nobody retrieved go back to the allocator.
  }
}
