import { pageBytes } from "../../base/index.ts";
import { errno } from "../kernel/errno.ts";
import type { ByteRange, FileObject } from "./file-object.ts";

/** Smallest huge page of x86-64. */
const hugePageBytes = 512 * pageBytes;

/** The reading end of a pipe. Source: linux-7.3 fs/read_write.c ksys_pwrite64(), fs/open.c; [VFS-02] */
export class PipeFile implements FileObject {
  readonly identity = this;

  write(): number {
    return errno.ESPIPE;
  }

  truncate(): number {
    return errno.EINVAL;
  }

  punchHole(): number {
    return errno.EBADF;
  }
}

/** /dev/null, opened for reading and writing. Source: linux-7.3 drivers/char/mem.c, fs/open.c; [VFS-02] */
export class NullDevice implements FileObject {
  readonly identity = this;

  write(): number {
    return 0;
  }

  truncate(): number {
    return errno.EINVAL;
  }

  punchHole(): number {
    return errno.ENODEV;
  }
}

/** A memfd of huge pages, none of which is in the pool. Source: linux-7.3 fs/hugetlbfs/inode.c; [VFS-02] */
export class HugetlbMemfd implements FileObject {
  readonly identity = this;

  write(): number {
    return errno.EINVAL;
  }

  truncate(sizeBytes: number): number {
    return sizeBytes % hugePageBytes === 0 ? 0 : errno.EINVAL;
  }

  punchHole(_range: ByteRange): number {
    return 0;
  }
}
