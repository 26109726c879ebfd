export {
  attain,
  type Attainment,
  pauseQuantile,
  type Pauses,
  ratioWithin,
  type SortedPauses,
  sortPauses,
} from "./attainment.ts";
export { allowanceNs, type Budget, type Objective, parseObjective, parseWindow, spendBudget } from "./budget.ts";
export { defaultVmRatio, loadSlos, presetNames, presetSlo, type Slo, sloField, sloPresets } from "./slo.ts";
