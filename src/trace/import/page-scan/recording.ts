import { z } from "zod";

import { FormatError } from "../../../base/index.ts";
import { quote, showPath } from "../../text.ts";
import type { InputFile } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";

/** Frame numbers are 32 bits wide, so a VM has at most 16 TiB. */
const maxGuestBytes = 2 ** 44;

const recordingSchema = z.strictObject({
  name: z.string().min(1).optional(),
  guest_bytes: z.int().positive().max(maxGuestBytes).multipleOf(4096).optional(),
  vcpu_count: z.int().min(1).max(65_535).optional(),
  source: z.string().optional(),
  licence: z.string().optional(),
});

/** What the recorder's files do not say about a recording; every part of it may be missing. */
export type Recording = z.infer<typeof recordingSchema>;

const maxRecordingBytes = 64 * 1024;

function parse(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new FormatError(`${showPath(path)}: expected JSON, found ${quote(text)}`, { cause: error });
  }
}

export async function readRecording(file: InputFile | undefined, reader: InputReader): Promise<Recording> {
  if (!file) return {};
  const result = recordingSchema.safeParse(parse(await reader.text(file, maxRecordingBytes), file.path));
  if (result.success) return result.data;
  const problems = result.error.issues.map((issue) => `${issue.path.join(".") || "the file"}: ${issue.message}`);
  throw new FormatError(`${showPath(file.path)}: ${problems.join("; ")}`, {
    hint: "allowed are name, guest_bytes, vcpu_count, source and licence",
  });
}
