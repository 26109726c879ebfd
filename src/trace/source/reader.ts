import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

import { FormatError, InterruptedError, ToolError, UsageError } from "../../base/index.ts";
import { showPath } from "../text.ts";
import { unpack } from "./codec.ts";
import type { InputFile } from "./input.ts";
import type { UnpackGuard } from "./unpack-guard.ts";

export interface ReadEffects {
  progress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** What was read of a file, for the header's list of inputs. */
export interface InputHash {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** A source that ended too early. */
export interface Truncation {
  readonly file: string;
  readonly detail: string;
}

const chunkBytes = 256 * 1024;

/** What Node and xz-decompress say of packed data that ends too early. */
function isTruncation(error: Error): boolean {
  return (
    (error as NodeJS.ErrnoException).code === "Z_BUF_ERROR" || /ended unexpectedly|error code 8$/.test(error.message)
  );
}

/**
 * Reads source files in pieces, hashes them on the way, reports progress and stops when told to.
 *
 * Errors   InterruptedError on abort; FormatError for damaged packed data and beyond a limit; UsageError when a file
 *          cannot be read. Packed data that ends too early gives what was whole and is noted in `truncations`
 */
export class InputReader {
  readonly guard: UnpackGuard;
  readonly #effects: ReadEffects;
  readonly #spool: () => string;
  readonly #hashes = new Map<string, InputHash>();
  readonly #truncations = new Map<string, Truncation>();
  /** Refuses what ends too early: for recordings whose parts say how much there must be. */
  wholeOnly = false;
  #spooled = 0;
  #doneBytes = 0;
  #totalBytes: number;

  constructor(files: readonly InputFile[], guard: UnpackGuard, spool: () => string, effects: ReadEffects = {}) {
    this.guard = guard;
    this.#effects = effects;
    this.#spool = spool;
    this.#totalBytes = files.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  /** Tells that a file will be read once more than the others, so that progress ends at its total. */
  expectAgain(file: InputFile): void {
    this.#totalBytes += file.bytes;
  }

  hashes(): InputHash[] {
    return [...this.#hashes.values()];
  }

  get truncations(): readonly Truncation[] {
    return [...this.#truncations.values()];
  }

  /** Notes that a file ends in the middle of something; what was whole is kept. */
  noteTruncated(file: InputFile, detail: string): void {
    if (!this.#truncations.has(file.path)) this.#truncations.set(file.path, { file: file.name, detail });
  }

  async *#packedChunks(file: InputFile): AsyncGenerator<Uint8Array> {
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const chunk of createReadStream(file.location, { highWaterMark: chunkBytes })) {
      const piece = chunk as Uint8Array;
      hash.update(piece);
      bytes += piece.byteLength;
      this.#doneBytes += piece.byteLength;
      this.#effects.progress?.(Math.min(this.#doneBytes, this.#totalBytes), this.#totalBytes);
      yield piece;
    }
    this.#hashes.set(file.path, { file: file.name, bytes, sha256: hash.digest("hex") });
  }

  async *#unpacked(file: InputFile, isLenient: boolean): AsyncGenerator<Uint8Array> {
    const count = this.guard.follow(file.path, file.bytes);
    for await (const chunk of unpack(file.codec, this.#packedChunks(file), isLenient)) {
      // Little packed text may unpack to very much, so that the raw side alone would look too rarely.
      if (this.#effects.signal?.aborted) throw new InterruptedError();
      if (file.codec !== "none") count(chunk.byteLength);
      yield chunk;
    }
  }

  /** A file's unpacked bytes. */
  async *chunks(file: InputFile): AsyncGenerator<Uint8Array> {
    let given = 0;
    try {
      try {
        for await (const chunk of this.#unpacked(file, false)) {
          yield chunk;
          given += chunk.byteLength;
        }
        return;
      } catch (error) {
        if (this.wholeOnly || file.codec === "none" || !isTruncation(error as Error)) throw error;
        this.noteTruncated(file, `the ${file.codec} data ends too early`);
      }
      yield* this.#restOf(file, given);
    } catch (error) {
      throw this.#explain(file, error);
    }
  }

  /** The bytes behind the first `given` ones, of a file that is known to end too early. */
  async *#restOf(file: InputFile, given: number): AsyncGenerator<Uint8Array> {
    if (file.codec === "xz") return;
    this.expectAgain(file);
    let skipped = 0;
    for await (const chunk of this.#unpacked(file, true)) {
      const start = Math.min(given - skipped, chunk.byteLength);
      skipped += start;
      if (start < chunk.byteLength) yield chunk.subarray(start);
    }
  }

  #explain(file: InputFile, error: unknown): unknown {
    if (error instanceof ToolError) return error;
    const { code, message } = error as NodeJS.ErrnoException;
    const isCodec = code?.startsWith("Z_") === true || code?.startsWith("ZSTD_") === true || file.codec === "xz";
    if (isCodec && file.codec !== "none") {
      return new FormatError(`${showPath(file.path)}: expected whole ${file.codec} data, found: ${message}`, {
        hint: "the file is truncated or damaged; copy it again",
        cause: error,
      });
    }
    if (code === undefined) return error;
    return new UsageError(`${showPath(file.path)}: cannot be read: ${message}`, { cause: error });
  }

  /** A small file as a whole. */
  async whole(file: InputFile, maxBytes: number): Promise<Buffer> {
    const parts: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of this.chunks(file)) {
      bytes += chunk.byteLength;
      if (bytes > maxBytes) throw new FormatError(`${showPath(file.path)}: expected at most ${maxBytes} bytes`);
      parts.push(chunk);
    }
    return Buffer.concat(parts);
  }

  /** A small text file as a whole. */
  async text(file: InputFile, maxBytes: number): Promise<string> {
    const bytes = await this.whole(file, maxBytes);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch (error) {
      throw new FormatError(`${showPath(file.path)}: expected UTF-8 text, found other bytes`, { cause: error });
    }
  }

  /** A path for what must lie on disk while the import runs. */
  spoolPath(): string {
    return join(this.#spool(), `spool-${++this.#spooled}`);
  }

  /** Path of a file with the unpacked bytes, for formats that are read from several places at a time. */
  async unpackedPath(file: InputFile): Promise<string> {
    if (file.codec === "none") {
      // Hashes the file on the way.
      for await (const chunk of this.chunks(file)) void chunk;
      return file.location;
    }
    const path = this.spoolPath();
    await pipeline(this.chunks(file), createWriteStream(path, { flags: "wx" }));
    return path;
  }
}
