import { FormatError, pageBytes } from "../base/index.ts";
import {
  type FileObject,
  HugetlbMemfd,
  LiveUpdate,
  NullDevice,
  PipeFile,
  seal,
  type Session,
  ShmemFile,
  ShmemInode,
} from "../model/index.ts";
import type { BadIoctl, Call, FileAction, ObjectKind } from "./calls.ts";

const sessionPlaces = 8;
const objectPlaces = 12;
const memfdByte = 7;
const writtenByte = 9;
const writtenBytes = 64;
const extendedBytes = 8 * pageBytes;

/** The answer to a call, as far as it is recorded. */
export type Answer = Readonly<Record<string, number | string>>;

/** What a call of malformed shape looks like to the kernel. */
const badIoctls = {
  device_unknown_nr: { nr: 0x02, sizeBytes: 72, tailIsZero: true },
  device_size_too_small: { nr: 0x00, sizeBytes: 8, tailIsZero: true },
  device_size_zero: { nr: 0x01, sizeBytes: 0, tailIsZero: true },
  device_tail_nonzero: { nr: 0x00, sizeBytes: 104, tailIsZero: false },
  session_unknown_nr: { nr: 0x7f, sizeBytes: 104, tailIsZero: false },
  session_size_too_small: { nr: 0x40, sizeBytes: 4, tailIsZero: true },
} as const satisfies Record<BadIoctl, object>;

/** Descriptors as the recorder keeps them: each at the lowest free place. */
class Places<T> {
  readonly #held: (T | undefined)[];

  constructor(count: number) {
    this.#held = Array.from({ length: count }, () => undefined);
  }

  /** The place it was put at, or -2. */
  put(value: T): number {
    const place = this.#held.indexOf(undefined);
    if (place < 0) return -2;
    this.#held[place] = value;
    return place;
  }

  at(place: number): T | undefined {
    return this.#held[place];
  }

  clear(place: number): void {
    this.#held[place] = undefined;
  }
}

function memfd(seals: number, pages: { readonly sizeBytes: number; readonly writtenPage?: number }): ShmemFile {
  const inode = new ShmemInode();
  inode.truncate(pages.sizeBytes);
  if (pages.writtenPage !== undefined) {
    inode.write({ offsetBytes: pages.writtenPage * pageBytes, bytes: pageBytes }, memfdByte);
  }
  inode.seals = seals;
  return new ShmemFile(inode, { linked: false });
}

/**
 * The program that made the recorded calls, run against the model: it opens files, keeps descriptors and asks.
 *
 * A descriptor that the program had no place for is closed at once, as the recorder did.
 */
export class Program {
  readonly #device: LiveUpdate;
  /** All files of that name are one. */
  readonly #tmpfs = new ShmemInode();
  readonly #sessions = new Places<Session>(sessionPlaces);
  readonly #objects = new Places<FileObject>(objectPlaces);

  constructor(device: LiveUpdate) {
    this.#device = device;
  }

  /** Answers one call. Errors: FormatError where the call names a descriptor that is not there. */
  answer(call: Call): Answer {
    switch (call.op) {
      case "open":
      case "open_second":
        return { ret: this.#device.open() };
      case "create_session":
        return this.#keepSession(this.#device.createSession(call.name));
      case "retrieve_session":
        return this.#keepSession(this.#device.retrieveSession(call.name));
      case "preserve_fd":
        return this.#preserve(call);
      case "retrieve_fd":
        return this.#retrieve(call.slot, call.token);
      case "finish":
        return { ret: this.#session(call.slot).finish(call.reserved) };
      case "close_session":
        this.#session(call.slot).close();
        this.#sessions.clear(call.slot);
        return { ret: 0 };
      case "get_name": {
        const name = this.#session(call.slot).getName();
        return typeof name === "number" ? { ret: name, name: "" } : { ret: 0, name };
      }
      case "file":
        return { ret: changeFile(this.#object(call.obj), call.what) };
      case "bad_ioctl": {
        const fd = call.what.startsWith("device") ? "device" : "session";
        if (fd === "session") this.#session(call.slot);
        return { ret: this.#device.checkIoctl(fd, badIoctls[call.what]) };
      }
      case "kexec_file_load":
        return { ret: 0 };
      case "reboot":
        return { ret: 0 };
    }
  }

  #session(place: number): Session {
    const session = this.#sessions.at(place);
    if (session) return session;
    throw new FormatError(`session place ${place} holds nothing here`);
  }

  #object(place: number): FileObject {
    const object = this.#objects.at(place);
    if (object) return object;
    throw new FormatError(`object place ${place} holds nothing here`);
  }

  #keepSession(session: Session | number): Answer {
    if (typeof session === "number") return { ret: session, slot: -1 };
    const slot = this.#sessions.put(session);
    if (slot < 0) session.close();
    return { ret: 0, slot };
  }

  #preserve(call: Extract<Call, { op: "preserve_fd" }>): Answer {
    const session = this.#session(call.slot);
    if (call.kind === "bad-fd") return { obj: -1, ret: session.preserve(undefined, call.token) };
    if (call.new === 0) return { obj: call.obj, ret: session.preserve(this.#object(call.obj), call.token) };
    if (call.kind === "retrieved") throw new FormatError("a retrieved file cannot be new");
    const file = this.#create(call.kind);
    const obj = this.#objects.put(file);
    return { obj, ret: session.preserve(file, call.token) };
  }

  #retrieve(slot: number, token: number): Answer {
    const file = this.#session(slot).retrieve(token);
    if (typeof file === "number") return { ret: file, obj: -1, size: -1, byte: -1 };
    if (!(file instanceof ShmemFile)) throw new FormatError("only memfds come back");
    const { sizeBytes: size } = file.inode;
    const byte = file.inode.byteAt(size > pageBytes ? pageBytes : 0) ?? -1;
    return { ret: 0, obj: this.#objects.put(file), size, byte };
  }

  #create(kind: ObjectKind): FileObject {
    const sealable = { sizeBytes: 0, writtenPage: 0 };
    switch (kind) {
      case "memfd-0":
        return memfd(seal.seal, { sizeBytes: 0 });
      case "memfd-1p":
        return memfd(0, sealable);
      case "memfd-3p-sparse":
        return memfd(seal.seal, { sizeBytes: 3 * pageBytes, writtenPage: 1 });
      case "memfd-sealed":
        return memfd(seal.shrink | seal.grow | seal.write, sealable);
      case "pipe":
        return new PipeFile();
      case "devnull":
        return new NullDevice();
      case "tmpfs-file":
        return new ShmemFile(this.#tmpfs, { linked: true });
      case "memfd-hugetlb":
        return new HugetlbMemfd();
    }
  }
}

function changeFile(file: FileObject, action: FileAction): number {
  switch (action) {
    case "write_existing":
      return file.write({ offsetBytes: 0, bytes: writtenBytes }, writtenByte);
    case "extend":
      return file.truncate(extendedBytes);
    case "punch_hole":
      return file.punchHole({ offsetBytes: 0, bytes: pageBytes });
    case "truncate_0":
      return file.truncate(0);
  }
}
