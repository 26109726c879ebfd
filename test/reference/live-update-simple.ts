// A second model of /dev/liveupdate and the files behind it: lists, loops and numbers written out, one page of rules.
// It shares nothing with src/model, goes over the kexec as plain objects, and is slow. Histories must agree with it.
import type { Call, FileCall } from "../../src/conform/calls.ts";

const [EPERM, ENOENT, EIO, E2BIG, EBADF, EBUSY] = [-1, -2, -5, -7, -9, -16];
const [EEXIST, ENODEV, EINVAL, ESPIPE] = [-17, -19, -22, -29];

interface Inode {
  type: "memfd" | "tmpfs" | "pipe" | "null" | "hugetlb";
  bytes: number[];
  seals: number;
  frozen: boolean;
}
/** An open file. */
interface File {
  inode: Inode;
  at: number;
}
interface Entry {
  token: number;
  file: File;
  seals: number;
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
  /** It found a session block without entries. */
  panicked = false;
  private isOpen = false;
  private isForged = false;
  private hasImage = false;
  private blocks = 0;
  private sessions: Session[] = [];
  private slots: (Session | null)[] = Array(8).fill(null);
  private objects: (File | null)[] = Array(12).fill(null);
  private readonly tmpfs: Inode = { type: "tmpfs", bytes: [], seals: 1, frozen: false };

  /** The next kernel, with what was in outgoing sessions that are open. */
  kexec(): SimpleLiveUpdate {
    const next = new SimpleLiveUpdate();
    for (const session of this.sessions) {
      if (session.incoming) continue;
      const entries = session.entries.map(({ token, seals, file: { inode, at } }) => ({
        token,
        file: { inode: { ...inode, seals, bytes: [...inode.bytes], frozen: false }, at },
        seals,
        given: false,
      }));
      next.sessions.push({ name: session.name, incoming: true, taken: false, entries });
    }
    const count = next.sessions.length;
    next.panicked = count > 0 && this.blocks > Math.ceil(count / 51);
    return next;
  }

  answer(call: Call): Answer {
    if (call.op === "open" || call.op === "open_second") {
      if (this.isOpen) return { ret: EBUSY };
      if (this.isForged) return { ret: EIO };
      this.isOpen = true;
      return { ret: 0 };
    }
    if (call.op === "create_session") {
      if (call.name === "") return { ret: EINVAL, slot: -1 };
      if (new TextEncoder().encode(call.name).length > 63) return { ret: EINVAL, slot: -1 };
      const outgoing = this.sessions.filter(({ incoming }) => !incoming);
      while (this.blocks * 51 < outgoing.length + 1) this.blocks++;
      for (const session of outgoing) {
        if (session.name === call.name) return { ret: EEXIST, slot: -1 };
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
    if (call.op === "late") {
      // It was recorded only once the sessions were frozen.
      return call.what === "open_second" ? { outcome: "answered", ret: EBUSY } : { outcome: "waits", ret: 0 };
    }
    if (call.op === "close_device") this.isOpen = false;
    if (call.op === "forge") this.isForged = true;
    if (call.op === "places") {
      this.slots = Array(call.sessions).fill(null);
      this.objects = Array(call.objects).fill(null);
    }
    if (call.op === "boot") return { ret: 0, outcome: this.panicked ? "panic" : "running" };
    if (call.op === "reboot") return { ret: this.hasImage ? 0 : EINVAL };
    if (call.op === "kexec_file_load" || call.op === "kexec_unload") this.hasImage = call.op === "kexec_file_load";
    if (call.op === "bad_ioctl") return { ret: call.what === "device_tail_nonzero" ? E2BIG : EINVAL };
    if ("slot" in call) return this.answerSession(call, this.slots[call.slot]!);
    if ("obj" in call) return this.answerFile(call, this.objects[call.obj]!);
    return { ret: 0 };
  }

  private answerSession(
    call: Extract<
      Call,
      { op: "preserve_fd" | "retrieve_fd" | "finish" | "close_session" | "dup_session" | "get_name" }
    >,
    session: Session,
  ): Answer {
    if (call.op === "get_name") return { ret: 0, name: session.name };
    if (call.op === "close_session") {
      this.slots[call.slot] = null;
      if (!this.slots.includes(session)) this.drop(session);
      return { ret: 0 };
    }
    if (call.op === "dup_session") return { ret: 0, new_slot: this.keep(session) };
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
        const { bytes } = entry.file.inode;
        return {
          ret: 0,
          obj: this.place(entry.file),
          size: bytes.length,
          byte: bytes[bytes.length > 4096 ? 4096 : 0] ?? -1,
        };
      }
      return { ret: ENOENT, ...none };
    }
    let file: File | null = null;
    if (call.new === 1) file = { inode: this.create(call.kind, call.pages ?? 1), at: 0 };
    else if (call.kind !== "bad-fd") file = this.objects[call.obj]!;
    const obj = call.new === 1 ? this.place(file!) : call.obj;
    return { obj, ret: this.preserve(session, file, call.token) };
  }

  private preserve(session: Session, file: File | null, token: number): number {
    if (session.incoming) return EINVAL;
    for (const entry of session.entries) if (entry.token === token) return EEXIST;
    if (file === null) return EBADF;
    const { inode } = file;
    if (inode.type !== "memfd") return ENOENT;
    for (const other of this.sessions) {
      for (const entry of other.entries) {
        if (entry.file.inode === inode && (!other.incoming || entry.given)) return EBUSY;
      }
    }
    inode.frozen = true;
    session.entries.push({ token, file, seals: inode.seals, given: false });
    return 0;
  }

  private answerFile(call: FileCall, file: File): Answer {
    const { inode } = file;
    const { bytes, seals, frozen } = inode;
    if (call.op === "file") return { ret: change(inode, call.what) };
    if (call.op === "close_file") this.objects[call.obj] = null;
    if (call.op === "dup_file") return { ret: 0, new_obj: this.place(file) };
    if (call.op === "reopen_file") return { ret: 0, new_obj: this.place({ inode, at: 0 }) };
    if (call.op === "read") return { ret: 0, byte: bytes[call.offset] ?? -1 };
    if (call.op === "tell") return { ret: 0, offset: file.at };
    if (call.op === "seek" && call.offset < 0) return { ret: EINVAL };
    if (call.op === "seek") file.at = call.offset;
    if (call.op === "get_seals") return { ret: 0, seals };
    if (call.op === "add_seals") {
      if ((seals & 1) !== 0) return { ret: EPERM };
      if ((call.seals & 8) !== 0 && (seals & 8) === 0 && frozen && bytes.length > 0) return { ret: EBUSY };
      inode.seals |= call.seals;
    }
    if (call.op === "resize") return { ret: resize(inode, call.size) };
    if (call.op === "punch") return { ret: punch(inode, call.offset, call.bytes) };
    if (call.op === "write") {
      const ret = write(inode, call.offset, call.bytes, call.byte);
      return { ret, written: ret < 0 ? 0 : call.bytes };
    }
    return { ret: 0 };
  }

  private drop(session: Session): void {
    this.sessions = this.sessions.filter((other) => other !== session);
    if (session.incoming) return;
    for (const { file } of session.entries) file.inode.frozen = false;
    const left = this.sessions.filter(({ incoming }) => !incoming).length;
    while (this.blocks > Math.ceil(left / 51)) this.blocks--;
  }

  private keep(session: Session): number {
    for (let slot = 0; slot < this.slots.length; slot++) {
      if (this.slots[slot] !== null) continue;
      this.slots[slot] = session;
      return slot;
    }
    if (!this.slots.includes(session)) this.drop(session);
    return -2;
  }

  private place(file: File): number {
    for (let obj = 0; obj < this.objects.length; obj++) {
      if (this.objects[obj] !== null) continue;
      this.objects[obj] = file;
      return obj;
    }
    return -2;
  }

  private create(kind: string, pages: number): Inode {
    const seven = (): number[] => Array<number>(4096).fill(7);
    const zero = (): number[] => Array<number>(4096).fill(0);
    const memfd = (seals: number, bytes: number[]): Inode => ({ type: "memfd", bytes, seals, frozen: false });
    if (kind === "memfd-0") return memfd(1, []);
    if (kind === "memfd-1p") return memfd(0, seven());
    if (kind === "memfd-3p-sparse") return memfd(1, [...zero(), ...seven(), ...zero()]);
    if (kind === "memfd-sealed") return memfd(2 + 4 + 8, seven());
    if (kind === "tmpfs-unlinked") return memfd(1, []);
    if (kind === "memfd-pages") {
      const bytes: number[] = [];
      for (let at = 0; at < pages * 4096; at++) bytes.push(1 + Math.floor(at / 4096) + pages);
      return memfd(0, bytes);
    }
    if (kind === "tmpfs-file") return this.tmpfs;
    const type = kind === "pipe" ? "pipe" : kind === "devnull" ? "null" : "hugetlb";
    return { type, bytes: [], seals: 0, frozen: false };
  }
}

function change(inode: Inode, what: string): number {
  if (inode.type === "pipe") return what === "write_existing" ? ESPIPE : what === "punch_hole" ? EBADF : EINVAL;
  if (inode.type === "null") return what === "write_existing" ? 0 : what === "punch_hole" ? ENODEV : EINVAL;
  if (inode.type === "hugetlb") return what === "write_existing" || what === "extend" ? EINVAL : 0;
  if (what === "write_existing") return write(inode, 0, 64, 9);
  if (what === "punch_hole") return punch(inode, 0, 4096);
  return resize(inode, what === "extend" ? 8 * 4096 : 0);
}

function write({ bytes, seals, frozen }: Inode, from: number, count: number, byte: number): number {
  if ((seals & (8 | 16)) !== 0) return EPERM;
  if (from + count > bytes.length && (frozen || (seals & 4) !== 0)) return EPERM;
  while (bytes.length < from) bytes.push(0);
  for (let at = from; at < from + count; at++) bytes[at] = byte;
  return 0;
}

function punch({ bytes, seals, frozen }: Inode, from: number, count: number): number {
  if (frozen || (seals & (8 | 16)) !== 0) return EPERM;
  for (let at = from; at < Math.min(from + count, bytes.length); at++) bytes[at] = 0;
  return 0;
}

function resize({ bytes, seals, frozen }: Inode, size: number): number {
  if (size === bytes.length) return 0;
  if (frozen || (seals & (size > bytes.length ? 4 : 2)) !== 0) return EPERM;
  if (size < bytes.length) bytes.length = size;
  while (bytes.length < size) bytes.push(0);
  return 0;
}
