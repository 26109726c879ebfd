import { errno } from "../kernel/errno.ts";
import type { FileObject } from "../vfs/file-object.ts";
import type { FrozenFile, SharedFiles } from "./outgoing-files.ts";
import { IncomingFiles } from "./incoming-files.ts";
import { OutgoingFiles } from "./outgoing-files.ts";

/** What a session asks of the list that it is in. */
interface SessionOwner {
  readonly shared: SharedFiles;
  /** Throws JumpPendingError where the kernel lets a call wait until the jump [LUO-41]. */
  assertRunning(): void;
  /** Its last descriptor is gone. */
  release(session: Session): void;
}

/**
 * A session's descriptor. Calls of the wrong direction give EINVAL [LUO-24].
 *
 * Source   linux-7.3 kernel/liveupdate/luo_session.c luo_session_ioctl(), luo_session_release()
 */
export abstract class Session {
  readonly name: string;
  readonly owner: SessionOwner;

  constructor(name: string, owner: SessionOwner) {
    this.name = name;
    this.owner = owner;
  }

  preserve(_file: FileObject | undefined, _token: number): number {
    return this.#refuse();
  }

  retrieve(_token: number): FileObject | number {
    return this.#refuse();
  }

  finish(_reserved: number): number {
    return this.#refuse();
  }

  /** GET_NAME, since 7.2 [LUO-28]. */
  getName(): string | number {
    this.owner.assertRunning();
    return this.owner.shared.features.hasGetName ? this.name : errno.EINVAL;
  }

  close(): void {
    this.owner.release(this);
  }

  #refuse(): number {
    this.owner.assertRunning();
    return errno.EINVAL;
  }
}

/** A session that this kernel hands over; closing it drops what it preserves [LUO-23]. */
export class OutgoingSession extends Session {
  readonly files: OutgoingFiles;

  constructor(name: string, owner: SessionOwner) {
    super(name, owner);
    this.files = new OutgoingFiles(owner.shared);
  }

  override preserve(file: FileObject | undefined, token: number): number {
    this.owner.assertRunning();
    return this.files.preserve(file, token);
  }
}

/** A session that the kernel before handed over. */
export class IncomingSession extends Session {
  readonly files: IncomingFiles;
  /** RETRIEVE_SESSION gave it out; it never does so twice. */
  retrieved = false;

  constructor(name: string, owner: SessionOwner) {
    super(name, owner);
    this.files = new IncomingFiles(owner.shared);
  }

  adopt(files: readonly FrozenFile[]): number {
    return this.files.adopt(files);
  }

  override retrieve(token: number): FileObject | number {
    this.owner.assertRunning();
    return this.files.retrieve(token);
  }

  /** FINISH; on an empty or finished session it gives 0 [LUO-26]. */
  override finish(reserved: number): number {
    this.owner.assertRunning();
    return reserved === 0 ? this.files.finish() : errno.EINVAL;
  }
}
