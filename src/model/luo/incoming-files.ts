import { errno } from "../kernel/errno.ts";
import type { FileObject } from "../vfs/file-object.ts";
import { type FileHandler, type FileState, identityOf, type SessionView } from "./file-handler.ts";
import type { FrozenFile, SharedFiles } from "./outgoing-files.ts";

interface IncomingFile {
  readonly handler: FileHandler;
  readonly state: FileState;
  /** The file, or the errno that retrieving gave, for ever. */
  retrieved: FileObject | number | undefined;
}

/**
 * The files of a session that the kernel before handed over.
 *
 * Source   linux-7.3 kernel/liveupdate/luo_file.c luo_file_deserialize(), luo_retrieve_file(), luo_file_finish()
 */
export class IncomingFiles implements SessionView {
  readonly #shared: SharedFiles;
  readonly #files = new Map<number, IncomingFile>();

  constructor(shared: SharedFiles) {
    this.#shared = shared;
  }

  get size(): number {
    return this.#files.size;
  }

  /** Finds a handler for each file: 0, or a negative errno when there is none of that name [LUO-50]. */
  adopt(files: readonly FrozenFile[]): number {
    for (const { compatible, token, state } of files) {
      const handler = this.#shared.handlers.find((candidate) => candidate.compatible === compatible);
      if (!handler) return errno.ENOENT;
      this.#files.set(token, { handler, state, retrieved: undefined });
    }
    return 0;
  }

  tokenOf(file: FileObject): number | undefined {
    for (const [token, { retrieved }] of this.#files) if (retrieved === file) return token;
    return undefined;
  }

  /** RETRIEVE_FD: the same file each time; what failed once fails for ever [LUO-25]. */
  retrieve(token: number): FileObject | number {
    const entry = this.#files.get(token);
    if (!entry) return errno.ENOENT;
    if (entry.retrieved !== undefined) return entry.retrieved;
    entry.retrieved = entry.handler.retrieve(entry.state, this);
    if (typeof entry.retrieved !== "number") this.#shared.preserved.add(identityOf(entry.handler, entry.retrieved));
    return entry.retrieved;
  }

  /** All may finish, or none does; then newest first [LUO-26]. */
  finish(): number {
    const entries = [...this.#files.values()].reverse();
    if (!entries.every(({ handler, state, retrieved }) => handler.canFinish?.(state, fileOf(retrieved)) ?? true)) {
      return errno.EBUSY;
    }
    for (const { handler, state, retrieved } of entries) {
      const file = fileOf(retrieved);
      handler.finish(state, file);
      if (file) this.#shared.preserved.delete(identityOf(handler, file));
    }
    this.#files.clear();
    return 0;
  }
}

function fileOf(retrieved: FileObject | number | undefined): FileObject | undefined {
  return typeof retrieved === "number" ? undefined : retrieved;
}
