export { loadRecipe, type LoadedRecipe } from "./recipe/load.ts";
export { prepareRecipe, type PreparedRecipe } from "./prepare.ts";
export { synthesize, type SynthReport } from "./synthesize.ts";
export { fitRecipe } from "./twin/fit.ts";
