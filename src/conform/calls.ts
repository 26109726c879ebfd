import { z } from "zod";

import { bytesToPagesCeil, FormatError } from "../base/index.ts";

/** Longest line of a recorded sequence; a call takes some 200 bytes. */
const maxLineBytes = 4096;

/** Largest file, and most pages that all calls of a sequence may ask for: they are held in memory. */
const maxFileBytes = 16 * 1024 * 1024;
const maxAskedPages = 2 ** 19;

const count = z.int().min(0);
const ret = z.int().min(-4095).max(0);
/** Where the recorder put a descriptor: its lowest free place, -1 = the call failed, -2 = no place, closed at once. */
const place = z.int().min(-2).max(1023);
const usedPlace = z.int().min(0).max(1023);
const name = z
  .string()
  .max(64)
  .refine((text) => text.isWellFormed() && !text.includes("\0"), {
    error: "no name: it holds NUL or half a character",
  });
const stage = z.int().min(1).max(9);
const offset = z.int();
const bytes = count.max(maxFileBytes);

const kinds = [
  "memfd-0",
  "memfd-1p",
  "memfd-3p-sparse",
  "memfd-sealed",
  "memfd-pages",
  "tmpfs-unlinked",
  "pipe",
  "devnull",
  "tmpfs-file",
  "memfd-hugetlb",
] as const;
export type ObjectKind = (typeof kinds)[number];
const kind = z.enum([...kinds, "retrieved", "bad-fd"]);
const fileAction = z.enum(["write_existing", "extend", "punch_hole", "truncate_0"]);
export type FileAction = z.infer<typeof fileAction>;
const badIoctl = z.enum([
  "device_unknown_nr",
  "device_size_too_small",
  "device_size_zero",
  "device_tail_nonzero",
  "session_unknown_nr",
  "session_size_too_small",
]);
export type BadIoctl = z.infer<typeof badIoctl>;

const forgery = z.enum(["same_name", "unknown_handler"]);
export type Forgery = z.infer<typeof forgery>;

const lateCall = z.enum(["create_session", "retrieve_session", "get_name", "preserve_fd", "open_second"]);
export type LateCall = z.infer<typeof lateCall>;

/** Calls on open files, wherever they come from. */
const fileCalls = [
  z.strictObject({ stage, op: z.literal("file"), what: fileAction, obj: usedPlace, kind, ret }),
  z.strictObject({ stage, op: z.literal("read"), obj: usedPlace, offset, ret, byte: z.int().min(-1).max(255) }),
  z.strictObject({
    stage,
    op: z.literal("write"),
    obj: usedPlace,
    offset: bytes,
    bytes,
    byte: z.int().min(0).max(255),
    ret,
    written: count,
  }),
  z.strictObject({ stage, op: z.literal("resize"), obj: usedPlace, size: bytes, ret }),
  z.strictObject({ stage, op: z.literal("punch"), obj: usedPlace, offset: bytes, bytes, ret }),
  z.strictObject({ stage, op: z.literal("seek"), obj: usedPlace, offset, ret }),
  z.strictObject({ stage, op: z.literal("tell"), obj: usedPlace, ret, offset }),
  z.strictObject({ stage, op: z.literal("add_seals"), obj: usedPlace, seals: count, ret }),
  z.strictObject({ stage, op: z.literal("get_seals"), obj: usedPlace, ret, seals: z.int() }),
  z.strictObject({ stage, op: z.literal("dup_file"), obj: usedPlace, ret, new_obj: place }),
  z.strictObject({ stage, op: z.literal("reopen_file"), obj: usedPlace, ret, new_obj: place }),
  z.strictObject({ stage, op: z.literal("close_file"), obj: usedPlace, ret }),
] as const;

/** What concerns the machine, not its /dev/liveupdate. */
const machineCalls = [
  z.strictObject({
    stage,
    op: z.literal("boot"),
    release: z.string().max(64),
    outcome: z.enum(["running", "panic"]),
    ret,
  }),
  z.strictObject({ stage, op: z.literal("forge"), what: forgery, ret }),
  z.strictObject({ stage, op: z.literal("kexec_file_load"), ret }),
  z.strictObject({ stage, op: z.literal("kexec_unload"), ret }),
  z.strictObject({ stage, op: z.literal("reboot"), ret }),
] as const;

const call = z.discriminatedUnion("op", [
  ...machineCalls,
  ...fileCalls,
  z.strictObject({
    stage,
    op: z.literal("places"),
    sessions: z.int().min(1).max(1024),
    objects: z.int().min(1).max(1024),
    ret,
  }),
  z.strictObject({ stage, op: z.literal("open"), ret }),
  z.strictObject({ stage, op: z.literal("open_second"), ret }),
  z.strictObject({ stage, op: z.literal("close_device"), ret }),
  z.strictObject({ stage, op: z.literal("create_session"), name, ret, slot: place }),
  z.strictObject({ stage, op: z.literal("retrieve_session"), name, ret, slot: place }),
  z.strictObject({
    stage,
    op: z.literal("preserve_fd"),
    slot: usedPlace,
    obj: place,
    kind,
    new: z.int().min(0).max(1),
    pages: z.int().min(1).max(4096).optional(),
    token: count,
    ret,
  }),
  z.strictObject({
    stage,
    op: z.literal("retrieve_fd"),
    slot: usedPlace,
    token: count,
    ret,
    obj: place,
    size: z.int().min(-1),
    byte: z.int().min(-1).max(255),
  }),
  z.strictObject({ stage, op: z.literal("finish"), slot: usedPlace, reserved: count, ret }),
  z.strictObject({ stage, op: z.literal("close_session"), slot: usedPlace, ret }),
  z.strictObject({
    stage,
    op: z.literal("late"),
    what: lateCall,
    outcome: z.enum(["answered", "waits"]),
    ret,
  }),
  z.strictObject({ stage, op: z.literal("dup_session"), slot: usedPlace, ret, new_slot: place }),
  z.strictObject({ stage, op: z.literal("get_name"), slot: usedPlace, ret, name }),
  z.strictObject({ stage, op: z.literal("bad_ioctl"), what: badIoctl, slot: z.int().min(-1).max(1023), ret }),
]);

/** One recorded call: what was asked, and what the kernel answered. */
export type Call = z.infer<typeof call>;
export type FileCall = z.infer<(typeof fileCalls)[number]>;
export type MachineCall = z.infer<(typeof machineCalls)[number]>;
/** Calls that reach the kernel through /dev/liveupdate, or open and close it. */
export type DeviceCall = Exclude<Call, FileCall | MachineCall>;

const fileOps: ReadonlySet<string> = new Set(fileCalls.map(({ shape }) => shape.op.value));
const machineOps: ReadonlySet<string> = new Set(machineCalls.map(({ shape }) => shape.op.value));

export function isFileCall(call: Call): call is FileCall {
  return fileOps.has(call.op);
}

export function isMachineCall(call: Call): call is MachineCall {
  return machineOps.has(call.op);
}

function parseLine(line: string, where: string): Call {
  if (line.length > maxLineBytes) throw new FormatError(`${where}: ${line.length} characters; at most ${maxLineBytes}`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new FormatError(`${where}: no JSON`, { cause, hint: "one JSON object a line is expected" });
  }
  const parsed = call.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FormatError(`${where}: ${[...(issue?.path ?? []), issue?.message].join(": ")}`, {
    hint: "docs/conformance.md lists every call and its fields",
  });
}

/** Pages that a call may add to a file: what is written, and what preserving fills of what it grew to. */
function askedPages(call: Call): number {
  if (call.op === "write") return bytesToPagesCeil(call.offset + call.bytes);
  if (call.op === "resize") return bytesToPagesCeil(call.size);
  if (call.op === "preserve_fd") return call.pages ?? 0;
  return 0;
}

/** Reads a recorded sequence of calls, one JSON object a line; empty lines are skipped. */
export function parseCalls(text: string, path: string): { readonly line: number; readonly call: Call }[] {
  const calls: { line: number; call: Call }[] = [];
  let pages = 0;
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    const where = `${path}:${index + 1}`;
    const call = parseLine(line, where);
    pages += askedPages(call);
    if (pages > maxAskedPages) throw new FormatError(`${where}: files of more than ${maxAskedPages} pages so far`);
    calls.push({ line: index + 1, call });
  }
  if (calls.length === 0) throw new FormatError(`${path}: no calls`, { hint: "record a sequence first" });
  return calls;
}
