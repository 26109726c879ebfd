import { type Json, UsageError } from "../base/index.ts";

/** A key, the number of an item, or all items of a list. */
export type PathPart = string | number | typeof everyItem;

/** `[*]` */
export const everyItem: unique symbol = Symbol("*");

const partPattern = /([A-Za-z_]\w*)|\[(\d{1,4}|\*)\]/y;

/** "vms[*].devices[0].treatment" as its parts; undefined if it is no such path. */
export function parsePath(text: string): readonly PathPart[] | undefined {
  const parts: PathPart[] = [];
  let at = 0;
  while (at < text.length) {
    if (parts.length > 0 && text[at] === ".") at++;
    partPattern.lastIndex = at;
    const match = partPattern.exec(text);
    if (!match || (match[1] !== undefined && parts.length > 0 && text[at - 1] !== ".")) return undefined;
    parts.push(match[1] ?? (match[2] === "*" ? everyItem : Number(match[2])));
    at = partPattern.lastIndex;
  }
  return parts.length > 0 && typeof parts[0] === "string" ? parts : undefined;
}

function isRecord(value: Json | undefined): value is { readonly [key: string]: Json | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function setInList(list: readonly Json[], part: PathPart, change: (item: Json) => Json): Json {
  if (part === everyItem) return list.map(change);
  const index = part as number;
  if (index < list.length) return list.map((item, at) => (at === index ? change(item) : item));
  throw new UsageError(`there is no item ${index}: the list has ${list.length}`);
}

/**
 * A copy of a value in which something else stands at a path; maps on the way to it are made where there are none.
 *
 * Errors   UsageError if the path leads through something that has no parts, or beyond a list
 */
export function setPath(value: Json | undefined, path: readonly PathPart[], to: Json): Json {
  const [part, ...rest] = path;
  if (part === undefined) return to;
  const change = (item: Json | undefined): Json => setPath(item, rest, to);
  if (typeof part === "string") {
    if (value !== undefined && !isRecord(value)) throw new UsageError(`${part}: what it would be a key of is no map`);
    return { ...value, [part]: change(value?.[part]) };
  }
  if (!Array.isArray(value)) throw new UsageError(`${part === everyItem ? "[*]" : `[${part}]`}: not behind a list`);
  return setInList(value as readonly Json[], part, change);
}

/** What stands at a path, of `[*]` the first item; undefined if nothing does. */
export function getPath(value: Json | undefined, path: readonly PathPart[]): Json | undefined {
  let current = value;
  for (const part of path) {
    if (typeof part === "string") current = isRecord(current) ? current[part] : undefined;
    else current = Array.isArray(current) ? (current as readonly Json[])[part === everyItem ? 0 : part] : undefined;
  }
  return current;
}
