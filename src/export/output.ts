import { randomUUID } from "node:crypto";
import { existsSync, lstatSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

import { UsageError } from "../base/index.ts";

interface Aside {
  /** What is written, to be renamed when it is whole. */
  readonly path: string;
  /** The topmost folder that had to be made for it. */
  readonly firstMade: string | undefined;
}

function createAside(target: string): Aside {
  const parent = dirname(resolve(target));
  const firstMade = mkdirSync(parent, { recursive: true });
  return { path: join(parent, `.${basename(resolve(target))}-${randomUUID().slice(0, 8)}`), firstMade };
}

function discard({ path, firstMade }: Aside): void {
  rmSync(path, { recursive: true, force: true });
  if (firstMade === undefined) return;
  // Only empty folders: somebody else may have put something there in the meantime.
  for (let folder = dirname(path); folder.startsWith(firstMade); folder = dirname(folder)) {
    if (!existsSync(folder)) continue;
    if (readdirSync(folder).length > 0) return;
    rmdirSync(folder);
  }
}

/**
 * Gives `write` the name of a file beside the target and moves that into place when it is done, so that nobody ever finds
 * half a file, and nothing is left after a failure.
 *
 * Errors   UsageError if the target is there already and is not to be replaced, or is no file
 */
export async function writeFileAside<Result>(
  target: string,
  { overwrite = false }: { readonly overwrite?: boolean | undefined },
  write: (path: string) => Promise<Result>,
): Promise<Result> {
  const found = lstatSync(target, { throwIfNoEntry: false });
  if (found && !found.isFile()) {
    throw new UsageError(`${target}: exists and is not a file`, { hint: "name another file" });
  }
  if (found && !overwrite) {
    throw new UsageError(`${target}: exists already`, { hint: "name another file, or add --overwrite" });
  }
  const aside = createAside(target);
  try {
    const result = await write(aside.path);
    renameSync(aside.path, target);
    return result;
  } catch (error) {
    discard(aside);
    throw error;
  }
}

/** Name of the file that makes a folder one of ours. */
export const manifestName = "export.json";

/** Refuses to replace a folder that holds anything but an earlier export. */
function checkReplaceable(target: string, isOurs: (name: string) => boolean): void {
  if (!existsSync(target)) return;
  if (!lstatSync(target).isDirectory()) {
    throw new UsageError(`${target}: exists and is not a folder`, { hint: "name another output folder" });
  }
  const names = readdirSync(target);
  if (names.length > 0 && !names.includes(manifestName)) {
    throw new UsageError(`${target}: exists and is not an export`, { hint: "name another output folder" });
  }
  const stranger = names.find((name) => !isOurs(name));
  if (stranger === undefined) return;
  throw new UsageError(
    `${target}: holds ${JSON.stringify(stranger)}, which is no part of an export and would be lost`,
    {
      hint: "move it away, or name another output folder",
    },
  );
}

/** As `writeFileAside`, for a folder: an earlier export is replaced, anything else is refused. */
export async function writeFolderAside<Result>(
  target: string,
  isOurs: (name: string) => boolean,
  write: (folder: string) => Promise<Result>,
): Promise<Result> {
  checkReplaceable(target, isOurs);
  const aside = createAside(target);
  const old = `${aside.path}.old`;
  try {
    mkdirSync(aside.path);
    const result = await write(aside.path);
    if (existsSync(target)) renameSync(target, old);
    try {
      renameSync(aside.path, target);
    } catch (error) {
      if (existsSync(old)) renameSync(old, target);
      throw error;
    }
    rmSync(old, { recursive: true, force: true });
    return result;
  } catch (error) {
    discard(aside);
    throw error;
  }
}
