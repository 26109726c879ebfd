import { createHash } from "node:crypto";

import { FormatError } from "../../base/index.ts";
import { readBytes, unpackBytes } from "../read.ts";
import { readBundle } from "./bundle.ts";
import type { Evidence } from "./evidence.ts";
import { parseUnits, type Startup } from "./systemd.ts";
import { isTar } from "./tar.ts";
import { readText } from "./text.ts";

/** A list of all units of a host has some 100 KiB; JSON is not parsed beyond this. */
const maxJsonBytes = 16 * 1024 * 1024;

function readUnits(bytes: Buffer, path: string): Startup | undefined {
  if (bytes.length > maxJsonBytes || !/^\s*\[\s*\{/.test(bytes.toString("latin1", 0, 200))) return undefined;
  try {
    return parseUnits(JSON.parse(bytes.toString("utf8")), path);
  } catch {
    return undefined;
  }
}

const nothing = {
  damagedLines: 0,
  kernels: [],
  lab: undefined,
  graphs: [],
  suspend: undefined,
  marks: [],
  clocks: [],
  tscKhz: undefined,
  startup: undefined,
  remarks: [],
} satisfies Partial<Evidence>;

/**
 * Reads one file of a recording, whatever its format: its content says which it is.
 *
 * Errors   UsageError: no such file; FormatError: nothing in it is known, it is not whole or larger than 512 MiB.
 *          Single lines that are broken are counted.
 */
export function readEvidence(path: string): Evidence {
  const packed = readBytes(path);
  const sha256 = createHash("sha256").update(packed).digest("hex");
  return parseEvidence(path, unpackBytes(path, packed), sha256);
}

/** The same from bytes that are not packed. */
export function parseEvidence(path: string, bytes: Buffer, sha256: string): Evidence {
  if (isTar(bytes)) return readBundle(path, bytes, sha256);
  const startup = readUnits(bytes, path);
  if (startup) {
    const lines = startup.units.length;
    return { ...nothing, path, sha256, format: "systemd-analyze plot", lines, startup };
  }
  const text = readText(bytes, path);
  if (!text) {
    throw new FormatError(
      `${path}: no recording: no message of a kernel, no line of a trace and no LAB line is in it`,
      {
        hint: "name console logs, dmesg, ftrace's trace or the recorder's bundles; docs/recordings.md lists them",
      },
    );
  }
  return { ...nothing, ...text, path, sha256 };
}
