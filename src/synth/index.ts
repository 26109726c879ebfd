export { loadRecipe, type LoadedRecipe } from "./recipe/load.ts";
export { prepareRecipe, type PreparedRecipe } from "./prepare.ts";
export { type SynthEffects, synthesize, type SynthReport } from "./synthesize.ts";
export { fitRecipe, type FitOptions } from "./twin/fit.ts";
