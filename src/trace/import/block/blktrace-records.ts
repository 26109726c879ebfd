import { FormatError } from "../../../base/index.ts";
import { showPath } from "../../text.ts";
import type { ByteWindow } from "../../source/byte-window.ts";
import type { InputFile } from "../../source/input.ts";
import { TickTimes } from "../tick-times.ts";

/** The magic's last byte is the version. */
const magic = 0x6561_7407;
const recordBytes = 48;

/** Categories, in the upper half of `action`. */
export const categories = {
  write: 1 << 1,
  flush: 1 << 2,
  passThrough: 1 << 9,
  notify: 1 << 10,
  discard: 1 << 13,
} as const;

/** What a record tells that is no step of a request. */
export const notes = { process: 0, timestamp: 1, message: 2 } as const;

/** Whether the bytes begin with a record; undefined where they do not, else their byte order. */
function orderOf(view: DataView, at: number): "little" | "big" | undefined {
  if (view.byteLength < at + recordBytes) return undefined;
  if (view.getUint32(at, true) === magic) return "little";
  return view.getUint32(at) === magic ? "big" : undefined;
}

export function isBlktrace({ head }: InputFile): boolean {
  return orderOf(new DataView(head.buffer, head.byteOffset, head.byteLength), 0) !== undefined;
}

/**
 * Walks over the records of a binary trace.
 *
 * Shape    after `next` the record's fields stand here until the next call; its further bytes lie in `bytes` from `start` to
 *          `end`; `wanted` is how many bytes must be at hand where `next` finds no whole record
 */
export class BlktraceRecords {
  readonly #file: InputFile;
  readonly window: ByteWindow;
  readonly #times = TickTimes.ofNs();
  #isLittle: boolean | undefined;
  wanted = recordBytes;
  /** Number of the record, from 1. */
  row = 0;
  sequence = 0;
  second = 0;
  nanosecond = 0;
  sector = 0;
  size = 0;
  category = 0;
  action = 0;
  major = 0;
  minor = 0;
  cpu = 0;
  error = 0;
  start = 0;
  end = 0;

  constructor(file: InputFile, window: ByteWindow) {
    this.#file = file;
    this.window = window;
  }

  next(): boolean {
    const { window } = this;
    this.wanted = recordBytes;
    if (window.left < recordBytes) return false;
    const { view, at } = window;
    const isLittle = (this.#isLittle ??= orderOf(view, at) === "little");
    if (view.getUint32(at, isLittle) !== magic) this.#refuse();
    const moreBytes = view.getUint16(at + 46, isLittle);
    this.wanted = recordBytes + moreBytes;
    if (window.left < this.wanted) return false;
    this.row++;
    this.#read(view, at, isLittle);
    this.start = at + recordBytes;
    this.end = this.start + moreBytes;
    window.at = this.end;
    return true;
  }

  #read(view: DataView, at: number, isLittle: boolean): void {
    const [high, low] = isLittle ? [4, 0] : [0, 4];
    this.sequence = view.getUint32(at + 4, isLittle);
    this.#times.set(view.getUint32(at + 8 + high, isLittle), view.getUint32(at + 8 + low, isLittle));
    this.second = this.#times.second;
    this.nanosecond = this.#times.nanosecond;
    this.sector = view.getUint32(at + 16 + high, isLittle) * 2 ** 32 + view.getUint32(at + 16 + low, isLittle);
    this.size = view.getUint32(at + 24, isLittle);
    const action = view.getUint32(at + 28, isLittle);
    this.category = action >>> 16;
    // The eighth bit says that a control group's id stands in front of the further bytes.
    this.action = action & 0xffff;
    const device = view.getUint32(at + 36, isLittle);
    this.major = device >>> 20;
    this.minor = device & 0xf_ffff;
    this.cpu = view.getUint32(at + 40, isLittle);
    this.error = view.getUint16(at + 44, isLittle);
  }

  #refuse(): never {
    const { view, at, offset } = this.window;
    const found = view.getUint32(at, this.#isLittle).toString(16).padStart(8, "0");
    throw new FormatError(
      `${showPath(this.#file.path)}: byte ${offset}: expected the magic ${magic.toString(16)} of a record, found ${found}`,
      { hint: "the file is damaged, or of another version of blktrace than 7" },
    );
  }
}
