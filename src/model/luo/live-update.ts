import { assert, InvariantError } from "../../base/index.ts";
import { errno } from "../kernel/errno.ts";
import type { KernelFeatures } from "../kernel/features.ts";
import { EntryStore } from "./entry-store.ts";
import type { FileHandler } from "./file-handler.ts";
import { FlbSet } from "./flb-set.ts";
import { checkIoctl, type IoctlCall } from "./ioctl.ts";
import type { FrozenFile, SharedFiles } from "./outgoing-files.ts";
import { IncomingSession, OutgoingSession, type Session } from "./session.ts";
import { nameBytes } from "./session-ser.ts";

/** A call after the reboot was serialized: there is no answer [LUO-41]. */
export class JumpPendingError extends InvariantError {
  constructor() {
    super("a call after the reboot was serialized: the kernel lets it wait until the jump");
  }
}

/** A session as the reboot call hands it over: in order of creation, files in order of preserving. */
export interface FrozenSession {
  readonly name: string;
  readonly files: readonly FrozenFile[];
}

/** Everything that LUO hands to the next kernel. */
export interface FrozenState {
  readonly sessions: readonly FrozenSession[];
  /** Session blocks that a refused create has left without entries [LUO-14]. */
  readonly emptySessionBlocks: number;
  readonly flbs: readonly { readonly name: string; readonly count: number }[];
  /** Counts every live update since the first cold boot. */
  readonly liveupdateNumber: number;
}

/** What a reboot throws away: sessions of the kernel before that were not finished [LUO-45]. */
export interface LostSessions {
  readonly sessionCount: number;
  readonly fileCount: number;
}

/**
 * /dev/liveupdate of one kernel, from its boot to the next one's. Calls answer as system calls do: a handle or 0, or a
 * negative errno.
 *
 * Source   linux-7.3 kernel/liveupdate/luo_core.c, luo_session.c, luo_file.c
 */
export class LiveUpdate {
  readonly shared: SharedFiles;
  readonly #incomingState: FrozenState | undefined;
  readonly #outgoing = new Map<string, OutgoingSession>();
  readonly #incoming = new Map<string, IncomingSession>();
  readonly #sessionStore: EntryStore;
  #isOpen = false;
  /** What deserializing gave, at the first open; it is not tried twice [LUO-51]. */
  #deserialized: number | undefined;
  #isSerialized = false;

  constructor(features: KernelFeatures, handlers: readonly FileHandler[], incoming?: FrozenState) {
    this.shared = { features, handlers, preserved: new Set(), flbs: new FlbSet() };
    this.#sessionStore = new EntryStore(features.sessions);
    this.#incomingState = incoming;
  }

  /** open(2): one at a time; the first one rebuilds what came from the kernel before. */
  open(): number {
    if (this.#isOpen) return errno.EBUSY;
    this.#deserialized ??= this.#deserialize();
    if (this.#deserialized < 0) return this.#deserialized;
    this.#isOpen = true;
    return 0;
  }

  /** close(2): sessions live on. */
  close(): void {
    this.#isOpen = false;
  }

  checkIoctl(fd: "device" | "session", call: IoctlCall): number {
    return checkIoctl(fd, call, this.shared.features);
  }

  /** CREATE_SESSION with the 64 bytes of a name; without a NUL among them it has no end [LUO-29]. */
  createSession(name: string): Session | number {
    this.assertRunning();
    const { checksNames } = this.shared.features;
    if (checksNames && (name.length === 0 || lengthBytes(name) >= nameBytes)) return errno.EINVAL;
    // Room is made before the name is looked up, and stays when the name is taken [LUO-14].
    const grown = this.#sessionStore.grow(this.#outgoing.size + 1);
    if (grown < 0) return grown;
    if (this.#outgoing.has(name)) return errno.EEXIST;
    const session = new OutgoingSession(name, this);
    this.#outgoing.set(name, session);
    return session;
  }

  /** RETRIEVE_SESSION: once each [LUO-31]. */
  retrieveSession(name: string): Session | number {
    this.assertRunning();
    const session = this.#incoming.get(name);
    if (!session) return errno.ENOENT;
    if (session.retrieved) return errno.EINVAL;
    session.retrieved = true;
    return session;
  }

  /**
   * The last descriptor of a session is closed: an outgoing one drops what it preserves, an incoming one is finished,
   * and stays, out of reach, where that is refused [LUO-32].
   */
  release(session: Session): void {
    this.assertRunning();
    if (session instanceof OutgoingSession) {
      session.files.unpreserve();
      this.#outgoing.delete(session.name);
      this.#sessionStore.shrink(this.#outgoing.size);
      return;
    }
    assert(session instanceof IncomingSession, "a session has a direction");
    if (session.files.finish() === 0) this.#incoming.delete(session.name);
  }

  /**
   * liveupdate_reboot(): freezes sessions in order of creation. A failure thaws those before and is the reboot call's
   * answer; the system goes on [LUO-40]. After success nothing but the jump follows [LUO-41].
   */
  reboot(): FrozenState | number {
    this.assertRunning();
    const sessions: FrozenSession[] = [];
    for (const session of this.#outgoing.values()) {
      const files = session.files.freeze();
      if (typeof files === "number") {
        this.#thaw(sessions.length);
        return files;
      }
      sessions.push({ name: session.name, files });
    }
    this.#isSerialized = true;
    const liveupdateNumber = (this.#incomingState?.liveupdateNumber ?? 0) + 1;
    const emptySessionBlocks = this.#sessionStore.sparePages(sessions.length);
    return { sessions, emptySessionBlocks, flbs: this.shared.flbs.entries(), liveupdateNumber };
  }

  /** Sessions of the kernel before that are still there: a reboot now loses them. */
  lostAtReboot(): LostSessions {
    if (this.#deserialized === undefined) {
      const sessions = this.#incomingState?.sessions ?? [];
      const files = sessions.reduce((sum, session) => sum + session.files.length, 0);
      return { sessionCount: sessions.length, fileCount: files };
    }
    let fileCount = 0;
    for (const { files } of this.#incoming.values()) fileCount += files.size;
    return { sessionCount: this.#incoming.size, fileCount };
  }

  /** Order-0 keys of everything but file content: fixed pages, entries, files' metadata, shared state. */
  metadataPages(): number {
    let pages = this.shared.features.fixedPages + this.#sessionStore.pages + this.shared.flbs.pages();
    for (const { files } of this.#outgoing.values()) pages += files.metadataPages();
    return pages;
  }

  /** Thaws the first `count` sessions, the newest of them first. */
  #thaw(count: number): void {
    const frozen = [...this.#outgoing.values()].slice(0, count);
    for (const { files } of frozen.reverse()) files.unfreeze();
  }

  /** All sessions at once; any fault is EIO, for ever: only a reboot helps [LUO-50] [LUO-51]. */
  #deserialize(): number {
    const state = this.#incomingState;
    if (!state) return 0;
    for (const { name, files } of state.sessions) {
      if (this.#incoming.has(name)) return errno.EIO;
      const session = new IncomingSession(name, this);
      this.#incoming.set(name, session);
      if (session.adopt(files) < 0) return errno.EIO;
    }
    return 0;
  }

  /** Every call on sessions takes the lock that a successful reboot call never gives back. */
  assertRunning(): void {
    if (this.#isSerialized) throw new JumpPendingError();
  }
}

function lengthBytes(name: string): number {
  return name.length * 3 < nameBytes ? name.length : new TextEncoder().encode(name).length;
}
