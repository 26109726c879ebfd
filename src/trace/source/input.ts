import { closeSync, createReadStream, openSync, readdirSync, readSync, type Stats, statSync } from "node:fs";
import { basename, join } from "node:path";

import { FormatError, ToolError, UsageError } from "../../base/index.ts";
import { quote, showPath } from "../text.ts";
import { extractArchive, isArchive } from "./archive.ts";
import { type Codec, detectCodec, unpack, unpackHead } from "./codec.ts";
import { beyondLimit, type ImportLimits } from "./limits.ts";
import type { UnpackGuard } from "./unpack-guard.ts";

/** A source file before it is read: where it is, and its first bytes, unpacked, for detection by content. */
export interface InputFile {
  /** What people know it as: its path, or the archive's path and the member's name. */
  readonly path: string;
  readonly name: string;
  /** The file to read. */
  readonly location: string;
  readonly bytes: number;
  readonly codec: Codec;
  readonly head: Uint8Array;
  /** The last unpacked bytes, where the format says only there what it holds (Parquet), or the file is not packed. */
  readonly tail: Uint8Array;
  /** False for a file that was only found in a folder, so that a file of no known kind may be passed over. */
  readonly named: boolean;
}

/** Unpacked bytes at a file's beginning by which its format is found. */
const headBytes = 64 * 1024;

function explain(path: string, error: unknown): UsageError {
  return new UsageError(`${showPath(path)}: cannot be read: ${(error as Error).message}`, { cause: error });
}

function readPart(path: string, start: number): Uint8Array {
  const buffer = new Uint8Array(headBytes);
  const file = openSync(path, "r");
  try {
    return buffer.subarray(0, readSync(file, buffer, 0, headBytes, start));
  } finally {
    closeSync(file);
  }
}

function statInput(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw explain(path, error);
  }
}

/** Packed as something that is not read here. */
const strangePackers: readonly (readonly [string, readonly number[]])[] = [
  ["bzip2", [0x42, 0x5a, 0x68]],
  ["lz4", [0x04, 0x22, 0x4d, 0x18]],
  ["7z", [0x37, 0x7a, 0xbc, 0xaf]],
  ["rar", [0x52, 0x61, 0x72, 0x21]],
];

/** Refuses what nobody could tell the format of, with the reason. */
function checkHead(path: string, codec: Codec, head: Uint8Array): void {
  const packer = strangePackers.find(([, magic]) => magic.every((byte, index) => head[index] === byte))?.[0];
  if (packer !== undefined) {
    throw new FormatError(`${showPath(path)}: packed by ${packer}, which is not read`, { hint: "unpack it first" });
  }
  if (head.length > 0 || codec === "none") return;
  throw new FormatError(`${showPath(path)}: expected whole ${codec} data, found none that can be unpacked`, {
    hint: "the file is truncated or damaged; copy it again",
  });
}

/** Parquet keeps the names of its columns at its end; no other format's packed files are read twice. */
async function readTail(
  { location, path, bytes, codec, head }: Pick<InputFile, "location" | "path" | "bytes" | "codec" | "head">,
  guard: UnpackGuard,
): Promise<Uint8Array> {
  if (codec === "none") return readPart(location, Math.max(bytes - headBytes, 0));
  let tail = Buffer.alloc(0);
  if (Buffer.from(head.subarray(0, 4)).toString("latin1") !== "PAR1") return tail;
  const count = guard.follow(path, bytes);
  try {
    for await (const chunk of unpack(codec, createReadStream(location))) {
      count(chunk.byteLength);
      tail = Buffer.concat([tail, chunk]).subarray(-headBytes);
    }
  } catch (error) {
    if (error instanceof ToolError) throw error;
    // Damaged: the real reading says what is wrong.
  }
  return tail;
}

async function openInput(
  location: string,
  path: string,
  { named, guard }: { readonly named: boolean; readonly guard: UnpackGuard },
): Promise<InputFile> {
  const { size } = statInput(location);
  let packed: Uint8Array;
  try {
    packed = readPart(location, 0);
  } catch (error) {
    throw explain(path, error);
  }
  const codec = detectCodec(packed);
  const head = await unpackHead(codec, packed, headBytes);
  checkHead(path, codec, head);
  const tail = await readTail({ location, path, bytes: size, codec, head }, guard);
  return { path, name: basename(path), location, bytes: size, codec, head, tail, named };
}

function folderFiles(path: string, limits: ImportLimits): string[] {
  const files = readdirSync(path)
    .filter((name) => !name.startsWith("."))
    .sort()
    .map((name) => join(path, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  if (files.length > limits.files) throw beyondLimit(showPath(path), "files", limits);
  return files;
}

/** What opening needs besides the paths. */
export interface OpenOptions {
  readonly guard: UnpackGuard;
  /** A folder to put members of archives into; made when it is needed, and the caller's to remove. */
  readonly spool: () => string;
}

async function openWithMembers(location: string, named: boolean, options: OpenOptions): Promise<InputFile[]> {
  const file = await openInput(location, location, { named, guard: options.guard });
  if (!isArchive(file.head)) return [file];
  const members = await extractArchive(file, options);
  const opened = await Promise.all(
    members.map((member) =>
      openInput(member.location, `${location}:${member.name}`, { named: false, guard: options.guard }),
    ),
  );
  const inside = opened.find(({ head }) => isArchive(head));
  if (!inside) return opened;
  throw new FormatError(`${showPath(inside.path)}: an archive inside an archive`, {
    hint: "unpack the outer one first",
  });
}

/** Opens what the user named: plain files, the plain files right inside folders, and the members of archives. */
export async function openInputs(paths: readonly string[], options: OpenOptions): Promise<InputFile[]> {
  if (paths.length === 0) throw new UsageError("no input was named", { hint: "name a folder or files" });
  const files: InputFile[] = [];
  for (const path of paths) {
    const stats = statInput(path);
    if (!stats.isDirectory() && !stats.isFile()) {
      throw new UsageError(`${showPath(path)}: neither a file nor a folder`);
    }
    const locations = stats.isDirectory() ? folderFiles(path, options.guard.limits) : [path];
    for (const location of locations) files.push(...(await openWithMembers(location, stats.isFile(), options)));
  }
  return files;
}

/** A file's unpacked beginning as text, one character a byte. */
export function headText({ head }: InputFile): string {
  return Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString("latin1");
}

/** The first line of a file's unpacked head; undefined where the head holds no whole line. */
export function firstLine(file: InputFile): string | undefined {
  const end = file.head.indexOf(10);
  return end < 0 ? undefined : Buffer.from(file.head.buffer, file.head.byteOffset, end).toString("latin1");
}

/** A file's name without the ends that say what it is and how it is packed. */
export function stem({ name }: InputFile): string {
  return name.replace(/\.(gz|xz|zst|zlib)$/, "").replace(/(?!^)\.[^.]*$/, "");
}

/** Names input files in a message. */
export function listInputs(files: readonly InputFile[]): string {
  return files.map((file) => `${showPath(file.name)} (${quote(firstLine(file) ?? "")})`).join(", ");
}
