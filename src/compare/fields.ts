import type { Json } from "../base/index.ts";

/** Longest text of a field that is kept: enough to see a difference. */
const maxFieldText = 200;
const maxFields = 10_000;

function textOf(value: Json | undefined): string {
  const text = typeof value === "string" ? value : JSON.stringify(value ?? null);
  return text.length <= maxFieldText ? text : `${text.slice(0, maxFieldText)}…`;
}

/** The parts of a list go by the name that they have, where they have one: adding one must not change all behind it. */
function nameOf(item: Json, index: number): string {
  if (typeof item === "object" && item !== null && !Array.isArray(item)) {
    const { name, id } = item as { readonly name?: Json; readonly id?: Json };
    const own = name ?? id;
    if (typeof own === "string") return own;
  }
  return String(index);
}

function collect(value: Json | undefined, path: string, into: Map<string, string>): void {
  if (into.size >= maxFields) return;
  if (Array.isArray(value)) {
    for (const [index, item] of (value as readonly Json[]).entries()) {
      collect(item, `${path}[${nameOf(item, index)}]`, into);
    }
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) collect(item, path === "" ? key : `${path}.${key}`, into);
  } else into.set(path, textOf(value));
}

/** A document's leaves by dotted path. */
export function flattenFields(value: Json): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  collect(value, "", fields);
  return fields;
}
