import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";

import { extract } from "tar-stream";
import { openPromise } from "yauzl";

import { FormatError, ToolError } from "../../base/index.ts";
import { quote, showPath } from "../text.ts";
import { type Codec, unpack } from "./codec.ts";
import { beyondLimit } from "./limits.ts";
import type { UnpackGuard } from "./unpack-guard.ts";

/** A packed file that may be an archive. */
interface ArchiveFile {
  readonly path: string;
  readonly location: string;
  readonly bytes: number;
  readonly codec: Codec;
  readonly head: Uint8Array;
}

export interface ArchiveOptions {
  readonly guard: UnpackGuard;
  /** A folder to put members into. */
  readonly spool: () => string;
}

/** A member that was written out; its name is the archive's and is never used as a path. */
export interface ArchiveMember {
  readonly name: string;
  readonly location: string;
}

/** POSIX ustar, and GNU's form of it: the magic stands at byte 257. */
function isTar(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(257, 262)).toString("latin1") === "ustar";
}

/** APPNOTE 6.3.10, 4.3.7: a local file header. */
function isZip(head: Uint8Array): boolean {
  return head[0] === 0x50 && head[1] === 0x4b && head[2] === 3 && head[3] === 4;
}

export function isArchive(head: Uint8Array): boolean {
  return isTar(head) || isZip(head);
}

function refuse(file: ArchiveFile, what: string, cause?: unknown): FormatError {
  return new FormatError(`${showPath(file.path)}: ${what}`, {
    hint: "unpack it yourself and name the files",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** Writes members out under numbers, so that no name of theirs can lead anywhere. */
class MemberWriter {
  readonly #file: ArchiveFile;
  readonly #options: ArchiveOptions;
  /** One for all members, as those of a hostile archive may share the same packed bytes. */
  readonly #count: (bytes: number) => void;
  readonly members: ArchiveMember[] = [];

  constructor(file: ArchiveFile, options: ArchiveOptions) {
    this.#file = file;
    this.#options = options;
    this.#count = options.guard.follow(file.path, file.bytes);
  }

  checkName(name: string): void {
    const isEscape = name.startsWith("/") || /^[A-Za-z]:/.test(name) || name.split(/[/\\]/).includes("..");
    if (isEscape) throw refuse(this.#file, `member ${quote(name)} leads out of the archive`);
  }

  refuseKind(name: string, kind: string): never {
    throw refuse(this.#file, `member ${quote(name)} is ${kind} and no plain file`);
  }

  /** Writes a member out; `expectedCrc32` is what the archive says of its content. */
  async add(name: string, content: AsyncIterable<Uint8Array>, expectedCrc32?: number): Promise<void> {
    const { guard, spool } = this.#options;
    if (this.members.length === guard.limits.files) throw beyondLimit(showPath(this.#file.path), "files", guard.limits);
    const location = join(spool(), `${this.members.length}-${this.#file.bytes}`);
    const count = this.#count;
    let crc = 0;
    await pipeline(
      content,
      async function* counted(source: AsyncIterable<Uint8Array>) {
        for await (const chunk of source) {
          count(chunk.length);
          if (expectedCrc32 !== undefined) crc = crc32(chunk, crc);
          yield chunk;
        }
      },
      createWriteStream(location, { flags: "wx" }),
    );
    if (expectedCrc32 !== undefined && crc !== expectedCrc32) {
      throw refuse(this.#file, `member ${quote(name)} is damaged: its CRC-32 differs from the archive's`);
    }
    this.members.push({ name, location });
  }
}

async function extractTar(file: ArchiveFile, members: MemberWriter): Promise<void> {
  const reader = extract();
  const feeding = pipeline(unpack(file.codec, createReadStream(file.location)), reader);
  // Its error comes out of the loop too, and must not count as unhandled until then.
  feeding.catch(() => undefined);
  for await (const entry of reader) {
    const { name, type } = entry.header;
    members.checkName(name);
    if (type === "directory") entry.resume();
    else if (type === "file" || type === "contiguous-file") await members.add(name, entry as AsyncIterable<Uint8Array>);
    else members.refuseKind(name, `of the kind ${quote(type ?? "none")}`);
  }
  await feeding;
}

/** Mode bits of a Unix file in a ZIP's external attributes: what kind of file it is. */
const unixKinds: Readonly<Record<number, string>> = { 0o12: "a symlink", 0o2: "a device", 0o6: "a device" };

async function extractZip(file: ArchiveFile, members: MemberWriter): Promise<void> {
  const zip = await openPromise(file.location, { strictFileNames: false });
  try {
    for await (const entry of zip.eachEntry()) {
      members.checkName(entry.fileName);
      const kind = unixKinds[(entry.externalFileAttributes >>> 28) & 0o17];
      if (kind !== undefined) members.refuseKind(entry.fileName, kind);
      if (entry.isEncrypted()) members.refuseKind(entry.fileName, "encrypted");
      if (entry.fileName.endsWith("/")) continue;
      await members.add(entry.fileName, await zip.openReadStreamPromise(entry), entry.crc32);
    }
  } finally {
    zip.close();
  }
}

/**
 * Writes the members of a tar (packed or not) or a zip into the spool folder.
 *
 * Errors   FormatError for names that lead out of the archive, links, devices, encrypted or damaged members, and beyond a
 *          limit
 */
export async function extractArchive(file: ArchiveFile, options: ArchiveOptions): Promise<readonly ArchiveMember[]> {
  const members = new MemberWriter(file, options);
  try {
    await (isTar(file.head) ? extractTar(file, members) : extractZip(file, members));
  } catch (error) {
    if (error instanceof ToolError) throw error;
    throw refuse(file, `damaged archive: ${(error as Error).message}`, error);
  }
  return members.members;
}
