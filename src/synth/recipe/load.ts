import { type LoadedYaml, loadYaml, type ReadText } from "../../config/index.ts";
import { type Recipe, recipeSchema } from "./schema.ts";

/** A recipe with the places of its values and the folder that its paths are relative to. */
export interface LoadedRecipe extends LoadedYaml<Recipe> {
  readonly path: string;
}

/**
 * Loads and checks a recipe.
 *
 * Errors   UsageError with one line a problem: `file:line: dotted.path: what is wrong`
 */
export function loadRecipe(path: string, readText: ReadText): LoadedRecipe {
  const source = { readText, what: "recipe", schema: recipeSchema, hint: "docs/synth.md lists every key" };
  return { ...loadYaml(path, source), path };
}
