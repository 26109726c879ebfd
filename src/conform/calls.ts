import { z } from "zod";

import { FormatError } from "../base/index.ts";

/** Longest line of a recorded sequence; a call takes some 200 bytes. */
const maxLineBytes = 4096;

const count = z.int().min(0);
const ret = z.int().min(-4095).max(0);
/** Where the recorder put a descriptor: its lowest free place, -1 = the call failed, -2 = no place, closed at once. */
const place = z.int().min(-2).max(1023);
const usedPlace = z.int().min(0).max(1023);
const name = z.string().max(64);
const stage = z.int().min(1).max(2);

const kinds = [
  "memfd-0",
  "memfd-1p",
  "memfd-3p-sparse",
  "memfd-sealed",
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

const call = z.discriminatedUnion("op", [
  z.strictObject({ stage, op: z.literal("open"), ret }),
  z.strictObject({ stage, op: z.literal("open_second"), ret }),
  z.strictObject({ stage, op: z.literal("create_session"), name, ret, slot: place }),
  z.strictObject({ stage, op: z.literal("retrieve_session"), name, ret, slot: place }),
  z.strictObject({
    stage,
    op: z.literal("preserve_fd"),
    slot: usedPlace,
    obj: place,
    kind,
    new: z.int().min(0).max(1),
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
  z.strictObject({ stage, op: z.literal("get_name"), slot: usedPlace, ret, name }),
  z.strictObject({ stage, op: z.literal("file"), what: fileAction, obj: usedPlace, kind, ret }),
  z.strictObject({ stage, op: z.literal("bad_ioctl"), what: badIoctl, slot: z.int().min(-1).max(1023), ret }),
  z.strictObject({ stage, op: z.literal("kexec_file_load"), ret }),
  z.strictObject({ stage, op: z.literal("reboot"), ret }),
]);

/** One recorded call: what was asked, and what the kernel answered. */
export type Call = z.infer<typeof call>;

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

/** Reads a recorded sequence of calls, one JSON object a line; empty lines are skipped. */
export function parseCalls(text: string, path: string): { readonly line: number; readonly call: Call }[] {
  const calls: { line: number; call: Call }[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    if (line.trim() === "") continue;
    calls.push({ line: index + 1, call: parseLine(line, `${path}:${index + 1}`) });
  }
  if (calls.length === 0) throw new FormatError(`${path}: no calls`, { hint: "record a sequence first" });
  return calls;
}
