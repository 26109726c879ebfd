import { FormatError, pageBytes } from "../base/index.ts";
import {
  errno,
  type FileObject,
  JumpPendingError,
  type LiveUpdate,
  OutgoingSession,
  seal,
  type Session,
  ShmemFile,
  ShmemInode,
} from "../model/index.ts";
import type { Answer } from "./answer.ts";
import {
  type BadIoctl,
  type Call,
  type DeviceCall,
  isFileCall,
  isMachineCall,
  type LateCall,
  type MachineCall,
} from "./calls.ts";
import { answerOnFile, createFile } from "./files.ts";
import { Places } from "./places.ts";

/** Places of recorders that do not say how many they have. */
const sessionPlaces = 8;
const objectPlaces = 12;

/** One that no recorder uses otherwise. */
const lateToken = 2 ** 40;

/** What a call of malformed shape looks like to the kernel. */
const badIoctls = {
  device_unknown_nr: { nr: 0x02, sizeBytes: 72, tailIsZero: true },
  device_size_too_small: { nr: 0x00, sizeBytes: 8, tailIsZero: true },
  device_size_zero: { nr: 0x01, sizeBytes: 0, tailIsZero: true },
  device_tail_nonzero: { nr: 0x00, sizeBytes: 104, tailIsZero: false },
  session_unknown_nr: { nr: 0x7f, sizeBytes: 104, tailIsZero: false },
  session_size_too_small: { nr: 0x40, sizeBytes: 4, tailIsZero: true },
} as const satisfies Record<BadIoctl, object>;

/**
 * The program that made the recorded calls, run against the model: it opens files, keeps descriptors and asks.
 *
 * A descriptor that the program had no place for is closed at once, as the recorder did.
 */
export class Program {
  readonly #device: LiveUpdate;
  /** All files of that name are one. */
  readonly #tmpfs = new ShmemInode(seal.seal);
  #sessions = new Places<Session>("session", sessionPlaces);
  #objects = new Places<FileObject>("object", objectPlaces);
  #hasImage = false;

  constructor(device: LiveUpdate) {
    this.#device = device;
  }

  /** Answers one call. Errors: FormatError where the call names a descriptor that is not there. */
  answer(call: Call): Answer {
    if (isFileCall(call)) return answerOnFile(call, this.#objects);
    if (isMachineCall(call)) return this.#answerKexec(call);
    switch (call.op) {
      case "places":
        this.#sessions = new Places("session", call.sessions);
        this.#objects = new Places("object", call.objects);
        return { ret: 0 };
      case "open":
      case "open_second":
        return { ret: this.#device.open() };
      case "close_device":
        this.#device.close();
        return { ret: 0 };
      case "create_session":
        return this.#keepSession(this.#device.createSession(call.name));
      case "retrieve_session":
        return this.#keepSession(this.#device.retrieveSession(call.name));
      case "late":
        return this.#answerLate(call.what);
      case "preserve_fd":
      case "retrieve_fd":
      case "finish":
      case "dup_session":
      case "close_session":
      case "get_name":
      case "bad_ioctl":
        return this.#answerSession(call);
    }
  }

  /** Without an image the reboot call refuses before anything is frozen [LUO-40]. */
  #answerKexec({ op }: MachineCall): Answer {
    if (op === "reboot") return { ret: this.#hasImage ? 0 : errno.EINVAL };
    if (op !== "boot" && op !== "forge") this.#hasImage = op === "kexec_file_load";
    return { ret: 0 };
  }

  #answerSession(
    call: Extract<DeviceCall, { slot: number }> & {
      op: Exclude<DeviceCall["op"], "create_session" | "retrieve_session">;
    },
  ): Answer {
    switch (call.op) {
      case "preserve_fd":
        return this.#preserve(call);
      case "retrieve_fd":
        return this.#retrieve(call.slot, call.token);
      case "finish":
        return { ret: this.#sessions.at(call.slot).finish(call.reserved) };
      case "dup_session":
        return { ret: 0, new_slot: this.#sessions.put(this.#sessions.at(call.slot)) };
      case "close_session": {
        const session = this.#sessions.at(call.slot);
        if (this.#sessions.clear(call.slot)) session.close();
        return { ret: 0 };
      }
      case "get_name": {
        const name = this.#sessions.at(call.slot).getName();
        return typeof name === "number" ? { ret: name, name: "" } : { ret: 0, name };
      }
      case "bad_ioctl": {
        const fd = call.what.startsWith("device") ? "device" : "session";
        if (fd === "session") this.#sessions.at(call.slot);
        return { ret: this.#device.checkIoctl(fd, badIoctls[call.what]) };
      }
    }
  }

  /** A call that another process makes while the reboot call goes on. */
  #answerLate(what: LateCall): Answer {
    try {
      const ret = this.#callLate(what);
      return { outcome: "answered", ret };
    } catch (error) {
      if (error instanceof JumpPendingError) return { outcome: "waits", ret: 0 };
      throw error;
    }
  }

  #callLate(what: LateCall): number {
    const outgoing = this.#sessions.held().find((session) => session instanceof OutgoingSession);
    if (!outgoing) throw new FormatError("there is no session that is handed over");
    switch (what) {
      case "create_session":
        return Number(this.#device.createSession(outgoing.name));
      case "retrieve_session":
        return Number(this.#device.retrieveSession("nobody"));
      case "get_name":
        return typeof outgoing.getName() === "string" ? 0 : errno.EINVAL;
      case "preserve_fd":
        return outgoing.preserve(undefined, lateToken);
      case "open_second":
        return this.#device.open();
    }
  }

  #keepSession(session: Session | number): Answer {
    if (typeof session === "number") return { ret: session, slot: -1 };
    const slot = this.#sessions.put(session);
    if (slot < 0) session.close();
    return { ret: 0, slot };
  }

  #preserve(call: Extract<Call, { op: "preserve_fd" }>): Answer {
    const session = this.#sessions.at(call.slot);
    if (call.kind === "bad-fd") return { obj: -1, ret: session.preserve(undefined, call.token) };
    if (call.new === 0) return { obj: call.obj, ret: session.preserve(this.#objects.at(call.obj), call.token) };
    if (call.kind === "retrieved") throw new FormatError("a retrieved file cannot be new");
    const file = createFile(call.kind, call.pages ?? 1, this.#tmpfs);
    const obj = this.#objects.put(file);
    return { obj, ret: session.preserve(file, call.token) };
  }

  #retrieve(slot: number, token: number): Answer {
    const file = this.#sessions.at(slot).retrieve(token);
    if (typeof file === "number") return { ret: file, obj: -1, size: -1, byte: -1 };
    if (!(file instanceof ShmemFile)) throw new FormatError("only memfds come back");
    const { sizeBytes: size } = file.inode;
    const byte = file.inode.byteAt(size > pageBytes ? pageBytes : 0) ?? -1;
    return { ret: 0, obj: this.#objects.put(file), size, byte };
  }
}
