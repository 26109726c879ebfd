import { type CostId, costCatalogue } from "../../model/index.ts";
import type { StepTerm } from "../measurement.ts";

/** A constant that is paid in a step, with what the model knows of it; a run may have one that the model has not. */
export function termOf(cost: string, ns: number, per = ""): StepTerm {
  if (!Object.hasOwn(costCatalogue, cost)) return { cost, per, rule: "", ns };
  const { per: known, rule } = costCatalogue[cost as CostId];
  return { cost, per: known, rule, ns };
}
