// A second model of /dev/liveupdate and the files behind it: lists, loops and numbers written out, one page of rules.
// It shares nothing with src/model, goes over the kexec as plain objects, and is slow. Histories must agree with it.
import type { Call } from "../../src/conform/calls.ts";

const [EPERM, ENOENT, E2BIG, EBADF, EBUSY, EEXIST, ENODEV, EINVAL, ESPIPE] = [-1, -2, -7, -9, -16, -17, -19, -22, -29];

interface Inode {
  type: "memfd" | "tmpfs" | "pipe" | "null" | "hugetlb";
  bytes: number[];
  seals: number;
  frozen: boolean;
}
interface Entry {
  token: number;
  inode: Inode;
  given: boolean;
}
interface Session {
  name: string;
  incoming: boolean;
  taken: boolean;
  entries: Entry[];
}
type Answer = Record<string, number | string>;

export class SimpleLiveUpdate {
  private isOpen = false;
  private sessions: Session[] = [];
  private slots: (Session | null)[] = Array(8).fill(null);
  private objects: (Inode | null)[] = Array(12).fill(null);
  private readonly tmpfs: Inode = { type: "tmpfs", bytes: [], seals: 0, frozen: false };

  /** The next kernel, with what was in outgoing sessions that are open. */
  kexec(): SimpleLiveUpdate {
    const next = new SimpleLiveUpdate();
    for (const session of this.sessions) {
      if (session.incoming) continue;
      const entries = session.entries.map(({ token, inode }) => ({
        token,
        inode: { ...inode, bytes: [...inode.bytes], frozen: false },
        given: false,
      }));
      next.sessions.push({ name: session.name, incoming: true, taken: false, entries });
    }
    return next;
  }

  answer(call: Call): Answer {
    if (call.op === "open" || call.op === "open_second") {
      if (this.isOpen) return { ret: EBUSY };
      this.isOpen = true;
      return { ret: 0 };
    }
    if (call.op === "create_session") {
      if (call.name === "" || call.name.length > 63) return { ret: EINVAL, slot: -1 };
      for (const session of this.sessions) {
        if (!session.incoming && session.name === call.name) return { ret: EEXIST, slot: -1 };
      }
      const session = { name: call.name, incoming: false, taken: true, entries: [] };
      this.sessions.push(session);
      return { ret: 0, slot: this.keep(session) };
    }
    if (call.op === "retrieve_session") {
      for (const session of this.sessions) {
        if (!session.incoming || session.name !== call.name) continue;
        if (session.taken) return { ret: EINVAL, slot: -1 };
        session.taken = true;
        return { ret: 0, slot: this.keep(session) };
      }
      return { ret: ENOENT, slot: -1 };
    }
    if (call.op === "file") return { ret: change(this.objects[call.obj]!, call.what) };
    if (call.op === "bad_ioctl") return { ret: call.what === "device_tail_nonzero" ? E2BIG : EINVAL };
    if (call.op === "kexec_file_load" || call.op === "reboot") return { ret: 0 };
    return this.answerSession(call, this.slots[call.slot]!);
  }

  private answerSession(
    call: Extract<Call, { op: "preserve_fd" | "retrieve_fd" | "finish" | "close_session" | "get_name" }>,
    session: Session,
  ): Answer {
    if (call.op === "get_name") return { ret: 0, name: session.name };
    if (call.op === "close_session") {
      this.slots[call.slot] = null;
      this.drop(session);
      return { ret: 0 };
    }
    if (call.op === "finish") {
      if (!session.incoming || call.reserved !== 0) return { ret: EINVAL };
      session.entries = [];
      return { ret: 0 };
    }
    if (call.op === "retrieve_fd") {
      const none = { obj: -1, size: -1, byte: -1 };
      if (!session.incoming) return { ret: EINVAL, ...none };
      for (const entry of session.entries) {
        if (entry.token !== call.token) continue;
        entry.given = true;
        const { bytes } = entry.inode;
        return {
          ret: 0,
          obj: this.place(entry.inode),
          size: bytes.length,
          byte: bytes[bytes.length > 4096 ? 4096 : 0] ?? -1,
        };
      }
      return { ret: ENOENT, ...none };
    }
    const inode = call.kind === "bad-fd" ? null : call.new === 1 ? this.create(call.kind) : this.objects[call.obj]!;
    const obj = call.kind === "bad-fd" ? -1 : call.new === 1 ? this.place(inode!) : call.obj;
    return { obj, ret: this.preserve(session, inode, call.token) };
  }

  private preserve(session: Session, inode: Inode | null, token: number): number {
    if (session.incoming) return EINVAL;
    for (const entry of session.entries) if (entry.token === token) return EEXIST;
    if (inode === null) return EBADF;
    if (inode.type !== "memfd") return ENOENT;
    for (const other of this.sessions) {
      for (const entry of other.entries) {
        if (entry.inode === inode && (!other.incoming || entry.given)) return EBUSY;
      }
    }
    inode.frozen = true;
    session.entries.push({ token, inode, given: false });
    return 0;
  }

  private drop(session: Session): void {
    if (!session.incoming) for (const { inode } of session.entries) inode.frozen = false;
    this.sessions = this.sessions.filter((other) => other !== session);
  }

  private keep(session: Session): number {
    for (let slot = 0; slot < 8; slot++) {
      if (this.slots[slot] !== null) continue;
      this.slots[slot] = session;
      return slot;
    }
    this.drop(session);
    return -2;
  }

  private place(inode: Inode): number {
    for (let obj = 0; obj < 12; obj++) {
      if (this.objects[obj] !== null) continue;
      this.objects[obj] = inode;
      return obj;
    }
    return -2;
  }

  private create(kind: string): Inode {
    const seven = (): number[] => Array<number>(4096).fill(7);
    const zero = (): number[] => Array<number>(4096).fill(0);
    const memfd = (seals: number, bytes: number[]): Inode => ({ type: "memfd", bytes, seals, frozen: false });
    if (kind === "memfd-0") return memfd(1, []);
    if (kind === "memfd-1p") return memfd(0, seven());
    if (kind === "memfd-3p-sparse") return memfd(1, [...zero(), ...seven(), ...zero()]);
    if (kind === "memfd-sealed") return memfd(2 + 4 + 8, seven());
    if (kind === "tmpfs-file") return this.tmpfs;
    const type = kind === "pipe" ? "pipe" : kind === "devnull" ? "null" : "hugetlb";
    return { type, bytes: [], seals: 0, frozen: false };
  }
}

function change(inode: Inode, what: string): number {
  if (inode.type === "pipe") return what === "write_existing" ? ESPIPE : what === "punch_hole" ? EBADF : EINVAL;
  if (inode.type === "null") return what === "write_existing" ? 0 : what === "punch_hole" ? ENODEV : EINVAL;
  if (inode.type === "hugetlb") return what === "write_existing" || what === "extend" ? EINVAL : 0;
  const { bytes, seals, frozen } = inode;
  const [shrink, grow, write] = [(seals & 2) !== 0, (seals & 4) !== 0, (seals & 8) !== 0];
  if (what === "write_existing") {
    if (write || (bytes.length < 64 && (grow || frozen))) return EPERM;
    for (let at = 0; at < 64; at++) bytes[at] = 9;
    return 0;
  }
  if (what === "punch_hole") {
    if (write || frozen) return EPERM;
    for (let at = 0; at < Math.min(4096, bytes.length); at++) bytes[at] = 0;
    return 0;
  }
  const size = what === "extend" ? 8 * 4096 : 0;
  if (size === bytes.length) return 0;
  if (frozen || (size > bytes.length ? grow : shrink)) return EPERM;
  if (size === 0) bytes.length = 0;
  while (bytes.length < size) bytes.push(0);
  return 0;
}
