import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { styleText } from "node:util";

import { ToolError } from "../base/index.ts";

/** What a command found: one object for JSON, and the same for people. */
export interface CommandResult {
  readonly json: unknown;
  readonly text: string;
}

export function printResult(result: CommandResult, asJson: boolean): void {
  process.stdout.write(asJson ? `${JSON.stringify(result.json, undefined, 2)}\n` : `${result.text}\n`);
}

/** A file's content, as it is; standard output stays open. */
export async function copyToStdout(path: string): Promise<void> {
  await pipeline(createReadStream(path), process.stdout, { end: false });
}

/** Errors of the file system that are the user's to mend, and how. */
const systemHints: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full; free some space or name another output folder",
  EDQUOT: "the disk quota is used up; free some space or name another output folder",
  EACCES: "the file may not be read or the folder not written; check permissions",
  EPERM: "the file may not be changed; check permissions",
  EROFS: "the file system is read-only; name another output folder",
  ENOENT: "check the path",
  ENOTDIR: "a part of the path is a file",
  EEXIST: "a part of the path is a file, or the file is there already",
  EISDIR: "a file was expected, and this is a folder",
  EMFILE: "too many open files; raise the limit (ulimit -n)",
};

export interface Failure {
  readonly kind: string;
  readonly message: string;
  readonly hint?: string;
  readonly exitCode: number;
}

/** What to tell the user about anything that was thrown. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof ToolError) {
    const { name, message, hint, exitCode } = error;
    return { kind: name, message, exitCode, ...(hint === undefined ? {} : { hint }) };
  }
  const { code, message, stack } = error as NodeJS.ErrnoException;
  const hint = code === undefined ? undefined : systemHints[code];
  if (hint !== undefined) return { kind: "SystemError", message, hint, exitCode: 2 };
  return {
    kind: "InvariantError",
    message: stack ?? String(error),
    hint: "this is a defect of luoscope; please report it with the command line",
    exitCode: 5,
  };
}

export function printFailure(failure: Failure, asJson: boolean): void {
  if (asJson) {
    const { exitCode, ...facts } = failure;
    process.stdout.write(`${JSON.stringify({ error: { ...facts, exit_code: exitCode } }, undefined, 2)}\n`);
  }
  const label = styleText("red", "error:", { stream: process.stderr });
  process.stderr.write(`${label} ${failure.message}\n`);
  if (failure.hint !== undefined) process.stderr.write(`hint: ${failure.hint}\n`);
}
