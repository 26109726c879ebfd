import { FormatError } from "../../../base/index.ts";
import { ByteWindow } from "../../source/byte-window.ts";
import type { InputFile } from "../../source/input.ts";
import type { InputReader } from "../../source/reader.ts";
import { showPath } from "../../text.ts";
import { directionOfCommand } from "./commands.ts";
import type { Command } from "./command-rows.ts";

/** Where the fields of a record stand; the numbers are little-endian. */
interface Layout {
  readonly version: number;
  readonly recordBytes: number;
  readonly lengthAt: number;
  readonly commandAt: number;
  /** The version is the upper byte of these two. */
  readonly versionAt: number;
  readonly sectorAt: number;
  readonly timeAt: number;
  /** Undefined where records have no response time. */
  readonly responseAt: number | undefined;
}

const layouts: readonly Layout[] = [
  {
    version: 1,
    recordBytes: 32,
    lengthAt: 4,
    commandAt: 12,
    versionAt: 14,
    sectorAt: 16,
    timeAt: 24,
    responseAt: undefined,
  },
  {
    version: 2,
    recordBytes: 40,
    lengthAt: 8,
    commandAt: 0,
    versionAt: 2,
    sectorAt: 16,
    timeAt: 24,
    responseAt: 32,
  },
];

/** Fewer records may look alike by chance. */
const leastRecords = 2;
/** A command of more is damage: SCSI's largest transfers are a fraction of it. */
const maxBytes = 2 ** 30;

function u64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * 2 ** 32 + view.getUint32(at, true);
}

function isRecord(view: DataView, at: number, layout: Layout): boolean {
  return (
    view.getUint16(at + layout.versionAt, true) === layout.version << 8 &&
    view.getUint16(at + layout.commandAt, true) < 256 &&
    view.getUint32(at + layout.lengthAt, true) <= maxBytes
  );
}

/** The layout of a file without a magic: every record of its beginning must say the same version. */
export function layoutOf({ head }: InputFile): Layout | undefined {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  return layouts.find((layout) => {
    const records = Math.floor(view.byteLength / layout.recordBytes);
    for (let index = 0; index < records; index++) {
      if (!isRecord(view, index * layout.recordBytes, layout)) return false;
    }
    return records >= leastRecords;
  });
}

function read(view: DataView, at: number, layout: Layout, command: Command): void {
  command.bytes = view.getUint32(at + layout.lengthAt, true);
  command.direction = directionOfCommand[view.getUint16(at + layout.commandAt, true)]!;
  command.sector = u64(view, at + layout.sectorAt);
  command.timeUs = u64(view, at + layout.timeAt);
  command.responseUs = layout.responseAt === undefined ? 0 : u64(view, at + layout.responseAt);
}

/** The earliest time of a file's beginning, in µs. */
export function firstUs({ head }: InputFile, { recordBytes, timeAt }: Layout): number {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  let first = Number.POSITIVE_INFINITY;
  for (let at = 0; at + recordBytes <= view.byteLength; at += recordBytes)
    first = Math.min(first, u64(view, at + timeAt));
  return first;
}

/** Gives each command to `take`, which may refuse it. */
export async function readBinary(
  file: InputFile,
  layout: Layout,
  reader: InputReader,
  take: (command: Command) => boolean,
): Promise<void> {
  const window = new ByteWindow(file, reader);
  const command: Command = { timeUs: 0, responseUs: 0, direction: 0, bytes: 0, sector: 0 };
  const { recordBytes } = layout;
  while (await window.fill(recordBytes)) {
    const { view } = window;
    for (; window.left >= recordBytes; window.at += recordBytes) {
      const isSound = isRecord(view, window.at, layout);
      if (isSound) read(view, window.at, layout, command);
      if (!isSound || !take(command)) {
        throw new FormatError(
          `${showPath(file.path)}: byte ${window.offset}: expected a record of vscsi version ${layout.version}, found other bytes`,
          { hint: "the file is damaged; copy it again" },
        );
      }
    }
  }
  if (window.left > 0)
    reader.noteTruncated(file, `the file ends inside the record that begins at byte ${window.offset}`);
}
