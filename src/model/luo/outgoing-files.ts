import { errno } from "../kernel/errno.ts";
import type { KernelFeatures } from "../kernel/features.ts";
import type { FileObject } from "../vfs/file-object.ts";
import { EntryStore } from "./entry-store.ts";
import { type FileHandler, type FileState, identityOf, type PreservedFile, type SessionView } from "./file-handler.ts";
import type { FlbSet } from "./flb-set.ts";

interface OutgoingFile extends PreservedFile {
  readonly handler: FileHandler;
  readonly identity: object;
  readonly metadataPages: number;
}

/** What all sessions of one kernel share. */
export interface SharedFiles {
  readonly features: KernelFeatures;
  readonly handlers: readonly FileHandler[];
  /** luo_preserved_files: identities that some session preserves or has retrieved. */
  readonly preserved: Set<object>;
  readonly flbs: FlbSet;
}

/** A file as it is handed over. */
export interface FrozenFile {
  readonly compatible: string;
  readonly token: number;
  readonly state: FileState;
}

/**
 * The files that an outgoing session preserves, in the order of their preserving.
 *
 * Source   linux-7.3 kernel/liveupdate/luo_file.c luo_preserve_file(), luo_file_freeze(), luo_file_unpreserve_files()
 */
export class OutgoingFiles implements SessionView {
  readonly #shared: SharedFiles;
  readonly #store: EntryStore;
  readonly #files = new Map<number, OutgoingFile>();

  constructor(shared: SharedFiles) {
    this.#shared = shared;
    this.#store = new EntryStore(shared.features.files);
  }

  get size(): number {
    return this.#files.size;
  }

  /** Pages that its entries and its files' metadata keep. */
  metadataPages(): number {
    let pages = this.#store.pages;
    for (const { metadataPages } of this.#files.values()) pages += metadataPages;
    return pages;
  }

  tokenOf(file: FileObject): number | undefined {
    for (const { file: other, token } of this.#files.values()) if (other === file) return token;
    return undefined;
  }

  retrieve(): number {
    return errno.EINVAL;
  }

  /**
   * PRESERVE_FD. `file` is undefined for a descriptor that is not open. What fails leaves no trace.
   *
   * Order    token in use [LUO-20], room for the entry [LUO-03] [LUO-05], bad descriptor, no handler [LUO-21], identity
   *          preserved already [LUO-22], shared state, the handler itself
   */
  preserve(file: FileObject | undefined, token: number): number {
    if (this.#files.has(token)) return errno.EEXIST;
    const grown = this.#store.grow(this.#files.size + 1);
    if (grown < 0) return grown;
    const result = this.#enter(file, token);
    if (result < 0) this.#store.shrink(this.#files.size);
    return result;
  }

  #enter(file: FileObject | undefined, token: number): number {
    if (!file) return errno.EBADF;
    const { handlers, preserved, flbs, features } = this.#shared;
    const handler = handlers.find((candidate) => candidate.canPreserve(file));
    if (!handler) return errno.ENOENT;
    const identity = identityOf(handler, file);
    if (features.refusesSameInode && preserved.has(identity)) return errno.EBUSY;
    const shared = flbs.preserve(handler.flbs);
    if (shared < 0) return shared;
    const entry = { file, token, session: this };
    const metadataPages = handler.preserve(entry);
    if (metadataPages < 0) {
      flbs.unpreserve(handler.flbs);
      return metadataPages;
    }
    preserved.add(identity);
    this.#files.set(token, { ...entry, handler, identity, metadataPages });
    return 0;
  }

  /** Freezes every file in order; where one fails, those before it thaw, and the one that failed does not [LUO-40]. */
  freeze(): FrozenFile[] | number {
    const frozen: FrozenFile[] = [];
    for (const entry of this.#files.values()) {
      const state = entry.handler.freeze(entry);
      if (typeof state === "number") {
        this.unfreeze(frozen.length);
        return state;
      }
      frozen.push({ compatible: entry.handler.compatible, token: entry.token, state });
    }
    return frozen;
  }

  /** Thaws the first `count` files. */
  unfreeze(count: number = this.#files.size): void {
    let left = count;
    for (const entry of this.#files.values()) {
      if (left-- === 0) return;
      entry.handler.unfreeze?.(entry);
    }
  }

  /** Gives everything back, newest first [LUO-23]. */
  unpreserve(): void {
    for (const entry of [...this.#files.values()].reverse()) {
      entry.handler.unpreserve(entry);
      this.#shared.flbs.unpreserve(entry.handler.flbs);
      this.#shared.preserved.delete(entry.identity);
    }
    this.#files.clear();
    this.#store.shrink(0);
  }
}
