export {
  type Alternative,
  type AlternativeHost,
  type AlternativeVm,
  coldReboot,
  liveMigration,
  suspendToDisk,
  swapVmm,
  type ValueRange,
} from "./alternatives.ts";
export { BitmapLog, type WriteTrace } from "./bitmap-log.ts";
export { defaultMigration, makeMigration, type MigrationConfig, type MigrationMode } from "./config.ts";
export type { DirtyLog, SendLimit, TakenPages } from "./dirty-log.ts";
export type { MigrationEnd, MigrationOutcome, MigrationRound } from "./outcome.ts";
export {
  comparedIds,
  type ComparedId,
  compareRun,
  type Comparison,
  errorRatio,
  listMigrationAccuracy,
  medianBoundRatio,
  type RunComparison,
  type ScenarioAccuracy,
} from "./recorded/compare.ts";
export type { TextFile } from "./recorded/csv.ts";
export { type PredictionInputs, readInputs } from "./recorded/inputs.ts";
export { type MigrationFiles, readMigrations, type RecordedMigrations, type RecordedRun } from "./recorded/runs.ts";
export { type DirtyRates, SampledLog, type SampledGuest } from "./sampled-log.ts";
export { simulateMigration } from "./simulate.ts";
