export {
  baseConfiguration,
  type Configuration,
  Configurations,
  labelOfConfiguration,
  scenarioOf,
  sha256Of,
} from "./configurations.ts";
export { planShape } from "./frozen.ts";
export { bootInput, type DrawnInput, listInputs, scenarioValue, valueAt, withCosts } from "./inputs.ts";
export { listDoubts, loadPlan, type PlanReaders } from "./load.ts";
export { RunList, runKinds, type RunSpec, type Shares } from "./runs.ts";
export type { Plan } from "./types.ts";
