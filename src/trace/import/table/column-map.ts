import { UsageError } from "../../../base/index.ts";
import type { TimeUnit } from "../../source/columnar/column-values.ts";

/** Which column of a source is meant: by its number, from 0, or by its name in the header. */
export type ColumnRef = { readonly number: number } | { readonly name: string };

/** What the columns of a table of page writes are. */
export interface ColumnMap {
  readonly time: { readonly unit: TimeUnit; readonly ref: ColumnRef };
  readonly place: { readonly kind: "gfn" | "vpage" | "address"; readonly ref: ColumnRef };
  readonly extent?: { readonly kind: "n_pages" | "bytes"; readonly ref: ColumnRef } | undefined;
  readonly tick?: ColumnRef | undefined;
  readonly vm?: ColumnRef | undefined;
  readonly event?: ColumnRef | undefined;
}

const hint =
  "as t_us=2,gfn=3,n_pages=4, by number from 1 or by name: a time (t_ns, t_us, t_ms, t_s), a place (gfn, vpage, address), " +
  "and where the table has them n_pages or bytes, tick, vm and event";

function refuse(text: string, expected: string): never {
  throw new UsageError(`--columns ${JSON.stringify(text)}: expected ${expected}`, { hint });
}

function refOf(text: string): ColumnRef {
  if (!/^\d{1,6}$/.test(text)) return { name: text };
  return Number(text) > 0 ? { number: Number(text) - 1 } : refuse(text, "column numbers from 1 up");
}

/** The one of `names` that is in the map; several would say different things of the same. */
function oneOf<Name extends string>(
  found: ReadonlyMap<string, ColumnRef>,
  names: readonly Name[],
  text: string,
): { readonly name: Name; readonly ref: ColumnRef } | undefined {
  const given = names.filter((name) => found.has(name));
  if (given.length > 1) refuse(text, `one of ${names.join(", ")}`);
  const [name] = given;
  return name === undefined ? undefined : { name, ref: found.get(name)! };
}

const units = { t_ns: "ns", t_us: "us", t_ms: "ms", t_s: "s" } as const;
const known = [...Object.keys(units), "gfn", "vpage", "address", "n_pages", "bytes", "tick", "vm", "event"];

/**
 * Reads what a user says of a table's columns.
 *
 * Errors   UsageError for names that are not known, twice there, or missing
 */
export function parseColumnMap(text: string): ColumnMap {
  const found = new Map<string, ColumnRef>();
  for (const part of text.split(",")) {
    const [, name, column] = /^\s*([a-z_]+)\s*=\s*(.*?)\s*$/s.exec(part) ?? [];
    if (name === undefined || column === undefined || column === "" || !known.includes(name)) {
      refuse(text, `NAME=COLUMN with one of ${known.join(", ")}`);
    }
    if (found.has(name)) refuse(text, `${name} once`);
    found.set(name, refOf(column));
  }
  const time = oneOf(found, ["t_ns", "t_us", "t_ms", "t_s"], text) ?? refuse(text, "a time");
  const place = oneOf(found, ["gfn", "vpage", "address"], text) ?? refuse(text, "a place");
  const extent = oneOf(found, ["n_pages", "bytes"], text);
  return {
    time: { unit: units[time.name], ref: time.ref },
    place: { kind: place.name, ref: place.ref },
    extent: extent && { kind: extent.name, ref: extent.ref },
    tick: found.get("tick"),
    vm: found.get("vm"),
    event: found.get("event"),
  };
}

/** What a cell of a table is to the importer. */
export type CellRole = "time" | "place" | "extent" | "tick" | "vm" | "event";

/** The number of each column that is read, or the first one that is missing. */
type Resolved =
  | { readonly columns: ReadonlyMap<CellRole, number>; readonly missing?: undefined }
  | { readonly columns?: undefined; readonly missing: ColumnRef };

/** The columns that are read, each with its number in a table of these names. */
export function resolveColumns(map: ColumnMap, names: readonly string[]): Resolved {
  const refs: readonly (readonly [CellRole, ColumnRef | undefined])[] = [
    ["time", map.time.ref],
    ["place", map.place.ref],
    ["extent", map.extent?.ref],
    ["tick", map.tick],
    ["vm", map.vm],
    ["event", map.event],
  ];
  const columns = new Map<CellRole, number>();
  for (const [role, ref] of refs) {
    if (!ref) continue;
    const number = "number" in ref ? ref.number : names.indexOf(ref.name);
    if (number < 0 || number >= names.length) return { missing: ref };
    columns.set(role, number);
  }
  return { columns };
}

export function showRef(ref: ColumnRef): string {
  return "number" in ref ? `column ${ref.number + 1}` : `column ${JSON.stringify(ref.name.slice(0, 80))}`;
}

export function usesNames(map: ColumnMap): boolean {
  return [map.time.ref, map.place.ref, map.extent?.ref, map.tick, map.vm, map.event].some(
    (ref) => ref && "name" in ref,
  );
}
