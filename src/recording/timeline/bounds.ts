/** A number of ns that is known to lie between two others; ±Infinity where one of them is not known. */
export interface Bounds {
  readonly lowNs: number;
  readonly highNs: number;
}

export const anywhere: Bounds = { lowNs: Number.NEGATIVE_INFINITY, highNs: Number.POSITIVE_INFINITY };

export function exactly(ns: number): Bounds {
  return { lowNs: ns, highNs: ns };
}

export function isExact({ lowNs, highNs }: Bounds): boolean {
  return lowNs === highNs;
}

export function sum(left: Bounds, right: Bounds): Bounds {
  return { lowNs: left.lowNs + right.lowNs, highNs: left.highNs + right.highNs };
}

/** Both hold; where they contradict each other, the first one stands. */
export function both(first: Bounds, second: Bounds): Bounds {
  const lowNs = Math.max(first.lowNs, second.lowNs);
  const highNs = Math.min(first.highNs, second.highNs);
  return lowNs <= highNs ? { lowNs, highNs } : first;
}

/** Length from one moment to a later one. */
export function between(start: Bounds, end: Bounds): Bounds {
  return { lowNs: Math.max(0, end.lowNs - start.highNs), highNs: Math.max(0, end.highNs - start.lowNs) };
}

/** `startNs`, and where it is not exact `startLowNs` and `startHighNs`, null where not known. */
export type BoundFields<Name extends string> = { readonly [Key in `${Name}Ns`]: number | null } & {
  readonly [Key in `${Name}LowNs` | `${Name}HighNs`]?: number | null;
};

export function boundFields<Name extends string>(name: Name, bounds: Bounds): BoundFields<Name> {
  const known = (ns: number): number | null => (Number.isSafeInteger(Math.round(ns)) ? Math.round(ns) : null);
  const fields = isExact(bounds)
    ? { [`${name}Ns`]: known(bounds.lowNs) }
    : { [`${name}Ns`]: null, [`${name}LowNs`]: known(bounds.lowNs), [`${name}HighNs`]: known(bounds.highNs) };
  return fields as BoundFields<Name>;
}
