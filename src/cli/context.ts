import { readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";

import { FormatError, UsageError } from "../base/index.ts";

/** Longest text file (scenario, profile, query) that is read: larger ones are a mistake. */
const maxTextBytes = 4 * 1024 * 1024;

/** Root of the package: the folder with package.json, profiles and scenarios. */
export const packageRoot: string = fileURLToPath(new URL("../..", import.meta.url));

export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
  return version;
}

/**
 * Reads a text file of the user's, unpacked where its name ends in .gz; a file that is missing, a folder or too large is
 * named as such.
 */
export function readText(path: string, maxBytes: number = maxTextBytes): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (!stat) throw new UsageError(`${path}: no such file`, { hint: "check the path" });
  if (!stat.isFile()) throw new UsageError(`${path}: not a file`, { hint: "name a file in it" });
  if (stat.size > maxBytes) throw new UsageError(`${path}: ${stat.size} bytes; at most ${maxBytes} are read`);
  const bytes = readFileSync(path);
  return (path.endsWith(".gz") ? unpack(bytes, path, maxBytes) : bytes).toString("utf8");
}

function unpack(bytes: Buffer, path: string, maxBytes: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: maxBytes });
  } catch (cause) {
    throw new FormatError(`${path}: cannot be unpacked`, {
      cause,
      hint: `a whole gzip file of at most ${maxBytes} bytes unpacked is expected`,
    });
  }
}

/** Path of a file that ships with the package. */
export function packagedFile(...parts: string[]): string {
  return join(packageRoot, ...parts);
}

/** Profiles that ship with the package. */
export const shippedProfiles = ["published-x86", "qemu-icount-7.3", "qemu-icount-7.2"] as const;

/** A profile by its name (of those that ship) or by the path of a YAML or JSON file. */
export function profilePath(nameOrPath: string): string {
  const isPath = /\.(ya?ml|json)$/.test(nameOrPath) || nameOrPath.includes("/") || isAbsolute(nameOrPath);
  return isPath ? nameOrPath : packagedFile("profiles", `${nameOrPath.replaceAll(/[^\w.-]/g, "_")}.yaml`);
}
