import { loadYaml, type ReadText } from "../../config/index.ts";
import { type Scenario, scenarioSchema } from "./schema.ts";

/**
 * Loads and checks a scenario.
 *
 * Errors   UsageError with one line a problem: `file:line: dotted.path: what is wrong`
 */
export function loadScenario(path: string, readText: ReadText): Scenario {
  const source = { readText, what: "scenario", schema: scenarioSchema, hint: "docs/scenario.md lists every key" };
  return loadYaml(path, source).value;
}
