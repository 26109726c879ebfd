import { formatCount, plural } from "../format.ts";
import type { Layer, Theme } from "./theme.ts";

/** What an answer depends on, as the legend names it. */
export const factorNames = { axis: "axis of the plan", measured: "measured input", assumed: "assumed input" } as const;

type FactorKind = keyof typeof factorNames;

export function factorKind(row: { readonly factor_kind: string; readonly assumed: boolean }): FactorKind {
  if (row.factor_kind === "axis") return "axis";
  return row.assumed ? "assumed" : "measured";
}

export function factorColour(kinds: readonly FactorKind[], theme: Theme): Layer {
  const present = (Object.keys(factorNames) as FactorKind[]).filter((kind) => kinds.includes(kind));
  return {
    field: "kind",
    type: "nominal",
    scale: { domain: present.map((kind) => factorNames[kind]), range: present.map((kind) => theme.factors[kind]!) },
    legend: { title: null, symbolType: "circle", symbolSize: 70, symbolOpacity: 1 },
  };
}

/** What an estimate rests on, and what it had to leave out. */
export function usedWords(
  { used_count: used, left_out_count: left }: { readonly used_count: number; readonly left_out_count: number },
  noun: string,
  many: string,
): string {
  return `${plural(used, noun, many)}${left > 0 ? `, ${formatCount(left)} left out` : ""}`;
}
