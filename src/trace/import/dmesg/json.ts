import { FormatError } from "../../../base/index.ts";
import { showPath } from "../../text.ts";
import type { InputFile } from "../../source/input.ts";
import { type JsonItem, jsonObject, readJsonItems } from "../../source/json.ts";
import type { Moment } from "../clock.ts";
import type { ImportContext } from "../importer.ts";
import { isBanner, Messages } from "./messages.ts";
import { KernelTimes } from "./text.ts";

const maxSecond = 2 ** 32;
const encoder = new TextEncoder();

/** Seconds with the kernel's six digits, as a moment. */
export function momentOfSeconds(seconds: unknown): Moment | undefined {
  if (typeof seconds !== "number" || !(seconds >= 0 && seconds < maxSecond)) return undefined;
  const us = Math.round(seconds * 1e6);
  return { second: Math.floor(us / 1e6), nanosecond: (us % 1e6) * 1000 };
}

/** Reads messages from `dmesg -J`: `{"dmesg": [{"pri": 6, "time": 1.234567, "msg": "…"}, …]}`. */
export async function readDmesgJson(file: InputFile, context: ImportContext) {
  const messages = new Messages(context);
  const times = new KernelTimes(file, context);
  let rows = 0;
  const readItem = ({ value, key, number, line }: JsonItem): void => {
    const item = jsonObject(value);
    const text = item?.["msg"];
    const moment = momentOfSeconds(item?.["time"]);
    if (key !== "dmesg" || typeof text !== "string" || !moment) {
      throw new FormatError(
        `${showPath(file.path)}: line ${line}, item ${number}: expected a message with "time" in seconds and "msg"`,
        { hint: "write it with dmesg -J, without another --time-format" },
      );
    }
    rows++;
    const bytes = encoder.encode(text);
    const ns = times.toNs(moment, rows, isBanner(bytes, 0, bytes.length));
    messages.take({ ns, threadId: -1, cpu: -1 }, bytes, 0, bytes.length);
  };
  await readJsonItems(file, context.reader, readItem);
  messages.close();
  if (rows > 0) {
    context.warnings.add("columns-dropped", 1, `${file.name}: no place in the format: facility and level of messages`);
  }
  return {
    source: { file: file.name, rows, kept_rows: rows, dropped: [] },
    spanNs: times.highestNs,
    keptRows: rows,
    vagueRows: 0,
    banners: times.banners,
  };
}
