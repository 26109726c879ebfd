import { FormatError, gibBytes, mibBytes, UsageError } from "../../base/index.ts";

/** What a source may ask of memory, disk and time before it is stopped: sources come from strangers. */
export interface ImportLimits {
  /** Unpacked bytes of all sources together. */
  readonly unpackedBytes: number;
  /** Unpacked bytes for each packed one, once a file has unpacked to more than 64 MiB. */
  readonly unpackRatio: number;
  readonly lineBytes: number;
  /** Rows of a table. */
  readonly rows: number;
  /** Arrays and objects inside each other in JSON, messages inside each other in Protobuf. */
  readonly nesting: number;
  /** Files of a folder or an archive. */
  readonly files: number;
}

export const defaultLimits: ImportLimits = {
  unpackedBytes: 1024 * gibBytes,
  // A log of one line again and again packs about 300:1 with gzip, whose most is 1032:1.
  unpackRatio: 400,
  lineBytes: 64 * 1024,
  rows: 2 ** 32,
  nesting: 64,
  files: 256,
};

/** Unpacked bytes that are never held against the ratio: small files of one letter are no danger. */
export const freeUnpackedBytes = 64 * mibBytes;

const names: Readonly<Record<string, keyof ImportLimits>> = {
  unpacked_bytes: "unpackedBytes",
  unpack_ratio: "unpackRatio",
  line_bytes: "lineBytes",
  rows: "rows",
  nesting: "nesting",
  files: "files",
};

/** Limits from texts like `unpack_ratio=1000`. */
export function parseLimits(texts: readonly string[]): ImportLimits {
  const limits = { ...defaultLimits };
  for (const text of texts) {
    const [, name, value] = /^([a-z_]+)=(\d{1,15})$/.exec(text) ?? [];
    const limit = name === undefined ? undefined : names[name];
    if (limit === undefined || Number(value) === 0) {
      throw new UsageError(`limit ${JSON.stringify(text)}: expected a name and a whole number above 0`, {
        hint: `names: ${Object.keys(names).join(", ")}; for example unpack_ratio=1000`,
      });
    }
    limits[limit] = Number(value);
  }
  return limits;
}

/** The error of a source that goes beyond a limit. */
export function beyondLimit(place: string, limit: keyof ImportLimits, limits: ImportLimits): FormatError {
  const name = Object.keys(names).find((key) => names[key] === limit)!;
  return new FormatError(`${place}: beyond the limit ${name} of ${limits[limit]}`, {
    hint: `raise it with --limit ${name}=NUMBER if you trust the source`,
  });
}
