/**
 * What a program can do with an open file, as far as a live update or its tests care.
 *
 * Every call answers 0 or a negative errno.
 */
export interface FileObject {
  /** What the kernel compares when it asks whether this is preserved already: an inode, or the open file itself. */
  readonly identity: object;
  /** pwrite(2) of `bytes` at `offsetBytes`, every byte the same. */
  write(range: ByteRange, byte: number): number;
  /** ftruncate(2) */
  truncate(sizeBytes: number): number;
  /** fallocate(2) with FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE */
  punchHole(range: ByteRange): number;
}

export interface ByteRange {
  readonly offsetBytes: number;
  readonly bytes: number;
}
