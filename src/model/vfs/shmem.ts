import { bytesToPagesCeil, divFloor, pageBytes } from "../../base/index.ts";
import { errno } from "../kernel/errno.ts";
import type { ByteRange, FileObject } from "./file-object.ts";

/** Seals of a memfd. Source: linux-7.3 include/uapi/linux/fcntl.h */
export const seal = { seal: 1, shrink: 2, grow: 4, write: 8, futureWrite: 16, exec: 32 } as const;

/** Every seal that a memfd of this kernel may carry. */
export const knownSeals: number = Object.values(seal).reduce((sum, bit) => sum | bit, 0);

/**
 * The inode of a shmem file: its size, its seals, its pages and whether its mapping is frozen [MEMFD-10].
 *
 * Pages are by index; a page that is not there is a hole and reads as zeros.
 *
 * Source   linux-7.3 mm/shmem.c shmem_write_begin(), shmem_setattr(), shmem_fallocate()
 */
export class ShmemInode {
  sizeBytes = 0;
  seals: number;
  /** SHMEM_F_MAPPING_FROZEN: set while the file is preserved. */
  frozen = false;
  readonly pages: Map<number, Uint8Array> = new Map();

  constructor(seals = 0) {
    this.seals = seals;
  }

  pageCount(): number {
    return bytesToPagesCeil(this.sizeBytes);
  }

  /** What pinning for a live update does: holes become zeroed pages. */
  fillHoles(): void {
    for (let index = this.pageCount() - 1; index >= 0; index--) {
      if (!this.pages.has(index)) this.pages.set(index, new Uint8Array(pageBytes));
    }
  }

  /** Undefined beyond the end. */
  byteAt(offsetBytes: number): number | undefined {
    if (offsetBytes >= this.sizeBytes) return undefined;
    return this.pages.get(divFloor(offsetBytes, pageBytes))?.[offsetBytes % pageBytes] ?? 0;
  }

  write({ offsetBytes, bytes }: ByteRange, byte: number): number {
    const end = offsetBytes + bytes;
    if ((this.seals & (seal.write | seal.futureWrite)) !== 0) return errno.EPERM;
    if (end > this.sizeBytes && ((this.seals & seal.grow) !== 0 || this.frozen)) return errno.EPERM;
    if (end > this.sizeBytes) this.sizeBytes = end;
    this.#fill({ offsetBytes, bytes }, byte);
    return 0;
  }

  truncate(sizeBytes: number): number {
    if (sizeBytes === this.sizeBytes) return 0;
    if (this.frozen) return errno.EPERM;
    if ((this.seals & (sizeBytes < this.sizeBytes ? seal.shrink : seal.grow)) !== 0) return errno.EPERM;
    if (sizeBytes < this.sizeBytes) this.#drop(sizeBytes);
    this.sizeBytes = sizeBytes;
    return 0;
  }

  punchHole({ offsetBytes, bytes }: ByteRange): number {
    if (this.frozen || (this.seals & (seal.write | seal.futureWrite)) !== 0) return errno.EPERM;
    const from = Math.min(offsetBytes, this.sizeBytes);
    const to = Math.min(offsetBytes + bytes, this.sizeBytes);
    for (const [index, page] of this.pages) {
      const start = index * pageBytes;
      if (start >= to || start + pageBytes <= from) continue;
      if (from <= start && start + pageBytes <= to) this.pages.delete(index);
      else page.fill(0, Math.max(from - start, 0), Math.min(to - start, pageBytes));
    }
    return 0;
  }

  /**
   * fcntl(2) with F_ADD_SEALS. Pages that are pinned, as those of a preserved file are, may still be written to by someone:
   * EBUSY for a seal against that [MEMFD-10].
   *
   * Source   linux-7.3 mm/memfd.c memfd_add_seals(), memfd_wait_for_pins()
   */
  addSeals(seals: number): number {
    if ((this.seals & seal.seal) !== 0) return errno.EPERM;
    const added = seals & ~this.seals;
    if ((added & seal.write) !== 0 && this.frozen && this.pages.size > 0) return errno.EBUSY;
    this.seals |= seals;
    return 0;
  }

  #fill({ offsetBytes, bytes }: ByteRange, byte: number): void {
    const end = offsetBytes + bytes;
    for (let index = divFloor(offsetBytes, pageBytes); index * pageBytes < end; index++) {
      let page = this.pages.get(index);
      if (!page) this.pages.set(index, (page = new Uint8Array(pageBytes)));
      const start = index * pageBytes;
      page.fill(byte, Math.max(offsetBytes - start, 0), Math.min(end - start, pageBytes));
    }
  }

  /** Takes away what lies beyond a new end; the rest of its last page reads as zeros should the file grow again. */
  #drop(sizeBytes: number): void {
    const pages = bytesToPagesCeil(sizeBytes);
    for (const index of this.pages.keys()) if (index >= pages) this.pages.delete(index);
    this.pages.get(pages - 1)?.fill(0, sizeBytes - (pages - 1) * pageBytes);
  }
}

/** A file on shmem: a memfd, or a file that has a name on tmpfs. */
export class ShmemFile implements FileObject {
  readonly inode: ShmemInode;
  /** Files with a name are not memfds: only unlinked ones are preserved. */
  readonly linked: boolean;
  positionBytes = 0;

  constructor(inode: ShmemInode, { linked }: { linked: boolean }) {
    this.inode = inode;
    this.linked = linked;
  }

  get identity(): ShmemInode {
    return this.inode;
  }

  /** lseek(2) with SEEK_SET; a position may lie beyond the end. */
  seek(offsetBytes: number): number {
    if (offsetBytes < 0) return errno.EINVAL;
    this.positionBytes = offsetBytes;
    return 0;
  }

  write(range: ByteRange, byte: number): number {
    return this.inode.write(range, byte);
  }

  truncate(sizeBytes: number): number {
    return this.inode.truncate(sizeBytes);
  }

  punchHole(range: ByteRange): number {
    return this.inode.punchHole(range);
  }
}
