import { type ProtoFields, wire } from "../../source/protobuf.ts";
import type { Sequence } from "./sequence.ts";

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

const maxDepth = 32;

/** A whole number, as text where a double would not hold it. */
function whole(fields: ProtoFields, hasSign: boolean): Json {
  const value = hasSign ? fields.signed : fields.unsigned;
  return Number.isSafeInteger(value) ? value : fields.exact;
}

/** DebugAnnotation.NestedValue, which older writers use. */
function nestedValue(fields: ProtoFields, depth: number): Json {
  const keys: string[] = [];
  const values: Json[] = [];
  let kind = 0;
  let single: Json = null;
  while (fields.next()) {
    if (fields.field === 1) kind = fields.low;
    else if (fields.field === 2) keys.push(fields.text);
    else if (fields.field === 3 || fields.field === 4)
      values.push(depth > 0 ? nestedValue(fields.inner(), depth - 1) : "…");
    else if (fields.field === 5) single = whole(fields, true);
    else if (fields.field === 6) single = fields.double;
    else if (fields.field === 7) single = fields.low !== 0;
    else if (fields.field === 8) single = fields.text;
  }
  if (kind === 1) return Object.fromEntries(keys.map((key, index) => [key, values[index] ?? null]));
  return kind === 2 ? values : single;
}

/** One debug_annotation.proto: its name and its value. */
export function readAnnotation(fields: ProtoFields, sequence: Sequence, depth = maxDepth): [string, Json] {
  let name = "";
  let value: Json = null;
  let entries: { [name: string]: Json } | undefined;
  let list: Json[] | undefined;
  while (fields.next()) {
    switch (fields.field) {
      case 1:
        name = sequence.annotationNames.get(fields.unsigned) ?? `name ${fields.unsigned}`;
        break;
      case 10:
        name = fields.text;
        break;
      case 2:
        value = fields.low !== 0;
        break;
      case 3:
        value = whole(fields, false);
        break;
      case 4:
        value = whole(fields, true);
        break;
      case 5:
        value = fields.double;
        break;
      case 6:
      case 9:
        value = fields.text;
        break;
      case 7:
        value = `0x${(fields.high >>> 0).toString(16)}${(fields.low >>> 0).toString(16).padStart(8, "0")}`.replace(
          /^0x0+(?=.)/,
          "0x",
        );
        break;
      case 8:
        value = nestedValue(fields.inner(), depth);
        break;
      case 17:
        value = sequence.annotationTexts.get(fields.unsigned) ?? null;
        break;
      case 11: {
        const [key, entry] = depth > 0 ? readAnnotation(fields.inner(), sequence, depth - 1) : ["…", null];
        entries ??= {};
        entries[key] = entry;
        break;
      }
      case 12:
        (list ??= []).push(depth > 0 ? readAnnotation(fields.inner(), sequence, depth - 1)[1] : null);
        break;
      default:
    }
  }
  return [name, entries ?? list ?? value];
}

/** The fields of any message by their numbers, for events that nobody here knows; texts where bytes are readable. */
export function rawFields(fields: ProtoFields): { [name: string]: Json } {
  const raw: { [name: string]: Json } = {};
  while (fields.next()) {
    const key = `${fields.field}`;
    const value = fields.type === wire.bytes ? readable(fields) : whole(fields, fields.type === wire.varint);
    const before = raw[key];
    if (before === undefined) raw[key] = value;
    else if (Array.isArray(before)) before.push(value);
    else raw[key] = [before, value];
  }
  return raw;
}

function readable(fields: ProtoFields): string {
  const { text } = fields;
  // eslint-disable-next-line no-control-regex
  if (!/[\u0000-\u0008\u000e-\u001f\ufffd]/.test(text)) return text;
  return `0x${Buffer.from(fields.bytes.subarray(fields.start, Math.min(fields.end, fields.start + 64))).toString("hex")}`;
}
