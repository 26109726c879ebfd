import { InvariantError } from "../../base/index.ts";

/** What a column of a query's answer holds; a `?` behind it allows null. A measure is in what another column says, `1` has no unit. */
export type Kind =
  | "ns"
  | "bytes"
  | "pages"
  | "count"
  | "index"
  | "per_sec"
  | "ratio"
  | "measure"
  | "1"
  | "text"
  | "flag";
export type ColumnKind = Kind | `${Kind}?`;

/** The columns of an answer in their order. */
export type RowSpec = Readonly<Record<string, ColumnKind>>;

type ValueOf<Name extends ColumnKind> = Name extends `${infer Inner extends Kind}?`
  ? ValueOf<Inner> | null
  : Name extends "text"
    ? string
    : Name extends "flag"
      ? boolean
      : number;

/** One row of an answer, typed by its spec. */
export type RowOf<Spec extends RowSpec> = { readonly [Name in keyof Spec]: ValueOf<Spec[Name]> };

function toNumber(value: unknown): number | undefined {
  if (typeof value === "number") return Number.isFinite(value) ? value : undefined;
  if (typeof value !== "bigint") return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

function checkCell(value: unknown, kind: ColumnKind): string | number | boolean | null | undefined {
  const nullable = kind.endsWith("?");
  if (value === null) return nullable ? null : undefined;
  const inner = (nullable ? kind.slice(0, -1) : kind) as Kind;
  if (inner === "text") return typeof value === "string" ? value : undefined;
  if (inner === "flag") return typeof value === "boolean" ? value : undefined;
  return toNumber(value);
}

function show(value: unknown): string {
  return typeof value === "bigint" ? `${value}n` : (JSON.stringify(value)?.slice(0, 80) ?? "undefined");
}

/** Checks an answer's columns and cells against its spec and gives the rows as plain values. */
export function checkRows<Spec extends RowSpec>(
  query: string,
  spec: Spec,
  answer: { readonly columns: readonly string[]; readonly rows: readonly (readonly unknown[])[] },
): RowOf<Spec>[] {
  const expected = Object.keys(spec);
  if (expected.join() !== answer.columns.join()) {
    throw new InvariantError(`query ${query}: columns are ${answer.columns.join()}, expected ${expected.join()}`);
  }
  return answer.rows.map((row, rowIndex) => {
    const cells = expected.map((name, index) => {
      const cell = checkCell(row[index], spec[name]!);
      if (cell === undefined) {
        throw new InvariantError(
          `query ${query}, row ${rowIndex}, column ${name}: ${show(row[index])} is not of kind ${spec[name]}`,
        );
      }
      return [name, cell];
    });
    return Object.fromEntries(cells) as RowOf<Spec>;
  });
}
