import { errno } from "../kernel/errno.ts";
import type { ByteRange, FileObject } from "./file-object.ts";

/** A descriptor that has no content: what it stands for is told by ioctls. */
export abstract class ControlFile implements FileObject {
  readonly identity = this;

  write(): number {
    return errno.EINVAL;
  }

  truncate(): number {
    return errno.EINVAL;
  }

  punchHole(_range: ByteRange): number {
    return errno.ENODEV;
  }
}
