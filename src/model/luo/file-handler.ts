import type { FileObject } from "../vfs/file-object.ts";

/** A memfd on its way: what the next kernel needs to make it again. */
export interface MemfdState {
  readonly kind: "memfd";
  readonly positionBytes: number;
  readonly sizeBytes: number;
  readonly seals: number;
  /** Page content by index; no holes. */
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

/** State of a file that no byte layout is modelled for: the handler's own facts, and the pages they take. */
export interface OpaqueState {
  readonly kind: "opaque";
  readonly facts: Readonly<Record<string, number | string>>;
  readonly metadataPages: number;
}

export type FileState = MemfdState | OpaqueState;

/** State that files of one kind share; there while any of them is preserved. */
export interface FlbOps {
  readonly compatible: string;
  /** Pages that it keeps, or a negative errno. */
  preserve(): number;
}

/** What a handler may ask of the session that a file lies in. */
export interface SessionView {
  /** Token under which this session preserves a file. */
  tokenOf(file: FileObject): number | undefined;
  /** Retrieves another file of the session (the same one each time). */
  retrieve(token: number): FileObject | number;
}

/** One file that LUO keeps for a session; `state` is the handler's. */
export interface PreservedFile {
  readonly file: FileObject;
  readonly token: number;
  readonly session: SessionView;
}

/**
 * What knows how to carry one kind of file over. Numbers are 0 or a negative errno; as in the kernel, a handler need not
 * have every call.
 *
 * Source   linux-7.3 include/linux/liveupdate.h struct liveupdate_file_ops
 */
export interface FileHandler {
  readonly compatible: string;
  /** State that it shares with other handlers. */
  readonly flbs?: readonly FlbOps[];
  canPreserve(file: FileObject): boolean;
  /** Two files of one identity cannot be preserved at once; without it, each open file is its own. */
  identity?(file: FileObject): object;
  /** Pages of metadata that it adds, or a negative errno. */
  preserve(preserved: PreservedFile): number;
  unpreserve(preserved: PreservedFile): void;
  /** At the reboot: the state to hand over, or a negative errno, which the reboot call returns. */
  freeze(preserved: PreservedFile): FileState | number;
  /** Takes a freeze back when a later one failed. */
  unfreeze?(preserved: PreservedFile): void;
  retrieve(state: FileState, session: SessionView): FileObject | number;
  /** Without it, always. */
  canFinish?(state: FileState, retrieved: FileObject | undefined): boolean;
  /** The last word: what was not retrieved is freed. */
  finish(state: FileState, retrieved: FileObject | undefined): void;
}

/** What a second descriptor of the same file has in common with the first. */
export function identityOf(handler: FileHandler, file: FileObject): object {
  return handler.identity?.(file) ?? file;
}
