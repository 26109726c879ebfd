import { createHash } from "node:crypto";
import { closeSync, createReadStream, openSync, readdirSync, readSync, type Stats, statSync } from "node:fs";
import { basename, join } from "node:path";
import { pipeline, Readable } from "node:stream";
import { constants, createGunzip, gunzipSync } from "node:zlib";

import { FormatError, InterruptedError, ToolError, UsageError } from "../../base/index.ts";
import { quote, showPath } from "../text.ts";

/** A source file before it is read: where it is, and its first bytes, unpacked, for detection by content. */
export interface InputFile {
  readonly path: string;
  readonly name: string;
  readonly bytes: number;
  readonly gzip: boolean;
  readonly head: Uint8Array;
  /** False for a file that was only found in a folder, so that a file of no known kind may be passed over. */
  readonly named: boolean;
}

export interface ReadEffects {
  progress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

const headBytes = 4096;
const chunkBytes = 256 * 1024;
/** A recording is a handful of files; a folder with more is surely the wrong one. */
const maxFolderFiles = 64;

function readHead(path: string): Uint8Array {
  const buffer = new Uint8Array(headBytes);
  const file = openSync(path, "r");
  try {
    return buffer.subarray(0, readSync(file, buffer, 0, headBytes, 0));
  } finally {
    closeSync(file);
  }
}

/** The beginning of a packed file; nothing where it is damaged, as the real reading then says what is wrong. */
function unpackHead(head: Uint8Array): Uint8Array {
  try {
    return gunzipSync(head, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 4 * 1024 * 1024 });
  } catch {
    return new Uint8Array(0);
  }
}

function statInput(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new UsageError(`${showPath(path)}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

function openInput(path: string, named: boolean): InputFile {
  const { size } = statInput(path);
  let raw: Uint8Array;
  try {
    raw = readHead(path);
  } catch (error) {
    throw new UsageError(`${showPath(path)}: cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const gzip = raw[0] === 0x1f && raw[1] === 0x8b;
  return { path, name: basename(path), bytes: size, gzip, head: gzip ? unpackHead(raw) : raw, named };
}

function folderFiles(path: string): string[] {
  const files = readdirSync(path)
    .filter((name) => !name.startsWith("."))
    .sort()
    .map((name) => join(path, name))
    .filter((file) => statSync(file, { throwIfNoEntry: false })?.isFile());
  if (files.length > maxFolderFiles) {
    throw new UsageError(`${showPath(path)}: ${files.length} files, a recording has at most ${maxFolderFiles}`, {
      hint: "name the recording's own folder, or its files one by one",
    });
  }
  return files;
}

/** Opens what the user named: plain files, and the plain files right inside folders. */
export function openInputs(paths: readonly string[]): InputFile[] {
  if (paths.length === 0) throw new UsageError("no input was named", { hint: "name a folder or files" });
  return paths.flatMap((path) => {
    const stats = statInput(path);
    if (stats.isDirectory()) return folderFiles(path).map((file) => openInput(file, false));
    if (!stats.isFile()) throw new UsageError(`${showPath(path)}: neither a file nor a folder`);
    return [openInput(path, true)];
  });
}

/** The first line of a file's unpacked head; undefined where the head holds no whole line. */
export function firstLine(file: InputFile): string | undefined {
  const end = file.head.indexOf(10);
  return end < 0 ? undefined : Buffer.from(file.head.buffer, file.head.byteOffset, end).toString("latin1");
}

/** What was read of a file, for the header's list of inputs. */
export interface InputHash {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Reads source files in pieces, hashes them on the way, reports progress and stops when told to.
 *
 * Errors   InterruptedError on abort; FormatError for damaged gzip; UsageError when a file cannot be read
 */
export class InputReader {
  readonly #effects: ReadEffects;
  readonly #hashes = new Map<string, InputHash>();
  #doneBytes = 0;
  #totalBytes: number;

  constructor(files: readonly InputFile[], effects: ReadEffects) {
    this.#effects = effects;
    this.#totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Tells that a file will be read once more than the others, so that progress ends at its total. */
  expectAgain(file: InputFile): void {
    this.#totalBytes += file.bytes;
  }

  hashes(): InputHash[] {
    return [...this.#hashes.values()];
  }

  async *#rawChunks(file: InputFile): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of createReadStream(file.path, { highWaterMark: chunkBytes })) {
      if (this.#effects.signal?.aborted) throw new InterruptedError();
      const piece = chunk as Uint8Array;
      hash.update(piece);
      bytes += piece.byteLength;
      this.#doneBytes += piece.byteLength;
      this.#effects.progress?.(Math.min(this.#doneBytes, this.#totalBytes), this.#totalBytes);
      yield piece;
    }
    this.#hashes.set(file.path, { file: file.name, bytes, sha256: hash.digest("hex") });
  }

  /** A file's unpacked bytes. */
  async *chunks(file: InputFile): AsyncGenerator<Uint8Array> {
    try {
      if (!file.gzip) {
        yield* this.#rawChunks(file);
        return;
      }
      const gunzip = createGunzip({ chunkSize: chunkBytes });
      // The callback is only there because pipeline wants one: the error comes out of the loop below.
      pipeline(Readable.from(this.#rawChunks(file)), gunzip, () => undefined);
      for await (const chunk of gunzip) {
        // Little packed text may unpack to very much, so that the raw side alone would look too rarely.
        if (this.#effects.signal?.aborted) throw new InterruptedError();
        yield chunk as Uint8Array;
      }
    } catch (error) {
      throw this.#explain(file, error);
    }
  }

  #explain(file: InputFile, error: unknown): unknown {
    if (error instanceof ToolError) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code?.startsWith("Z_")) {
      return new FormatError(`${showPath(file.path)}: expected whole gzip data, found: ${message}`, {
        hint: "the file is truncated or damaged; copy it again",
        cause: error,
      });
    }
    if (code === undefined) return error;
    return new UsageError(`${showPath(file.path)}: cannot be read: ${message}`, { cause: error });
  }

  /** A small file as a whole. */
  async text(file: InputFile, maxBytes: number): Promise<string> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of this.chunks(file)) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new FormatError(`${showPath(file.path)}: expected at most ${maxBytes} bytes`);
      parts.push(chunk);
    }
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.concat(parts));
    } catch (error) {
      throw new FormatError(`${showPath(file.path)}: expected UTF-8 text, found other bytes`, { cause: error });
    }
  }
}

/** Names input files in a message. */
export function listInputs(files: readonly InputFile[]): string {
  return files.map((file) => `${showPath(file.name)} (${quote(firstLine(file) ?? "")})`).join(", ");
}
