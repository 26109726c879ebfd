import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/** Recordings that lie beside the repository, when this is a workplace that has them. */
export const besideFolder = join("..", "shared", "recordings");

/** Name of a recording by the path of its log. */
export const nameOf = (path: string): string => basename(path, ".log.gz");

export function listLogs(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((file) => file.endsWith(".log.gz"))
    .sort()
    .map((file) => join(folder, file));
}

/** Every recording of this repository, those that no fit sees included. */
export const ownLogs: readonly string[] = ["", "held-out", "hooked"].flatMap((part) =>
  listLogs(join("recordings", part)),
);
