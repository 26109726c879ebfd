/** What the page shows; all of it stands behind `#` in the address, so that a link opens the same view. */
export interface State {
  /** Number of the dataset, and of one that is set beside it. */
  readonly dataset: number;
  readonly other: number | undefined;
  /** Window of time, ns; undefined for all. */
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly vm: number;
  /** What is brushed: time in ns, and memory in frames or another measure. */
  readonly brushFrom: number | undefined;
  readonly brushTo: number | undefined;
  readonly brushFirst: number | undefined;
  readonly brushEnd: number | undefined;
  readonly sql: string;
}

/** Nothing brushed. */
export const noBrush = {
  brushFrom: undefined,
  brushTo: undefined,
  brushFirst: undefined,
  brushEnd: undefined,
} as const;

const keys: Readonly<Record<string, Exclude<keyof State, "sql">>> = {
  d: "dataset",
  e: "other",
  from: "from",
  to: "to",
  vm: "vm",
  bf: "brushFrom",
  bt: "brushTo",
  mf: "brushFirst",
  me: "brushEnd",
};

const start: State = {
  dataset: 0,
  other: undefined,
  from: undefined,
  to: undefined,
  vm: 0,
  ...noBrush,
  sql: "",
};

/** Longest statement that an address carries. */
const mostSqlChars = 4000;

/** Reads the part of an address behind `#`; what is none is left out. */
export function readState(hash: string): State {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const numbers = Object.entries(keys).flatMap(([key, name]) => {
    const value = Number(given.get(key) ?? Number.NaN);
    return Number.isFinite(value) && value >= 0 ? [[name, value]] : [];
  });
  return { ...start, ...Object.fromEntries(numbers), sql: (given.get("sql") ?? "").slice(0, mostSqlChars) } as State;
}

export function writeState(state: State): string {
  const given = new URLSearchParams();
  for (const [key, name] of Object.entries(keys)) {
    const value = state[name];
    if (value !== undefined && value !== start[name]) given.set(key, String(Math.round(value)));
  }
  if (state.sql !== "") given.set("sql", state.sql.slice(0, mostSqlChars));
  return `#${given.toString()}`;
}
