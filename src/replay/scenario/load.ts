import { checkYaml, loadYaml, type RawYaml, type ReadText, readYaml } from "../../config/index.ts";
import { type Scenario, scenarioSchema } from "./schema.ts";

const shape = { what: "scenario", schema: scenarioSchema, hint: "docs/scenario.md lists every key" };

/**
 * Loads and checks a scenario.
 *
 * Errors   UsageError with one line a problem: `file:line: dotted.path: what is wrong`
 */
export function loadScenario(path: string, readText: ReadText): Scenario {
  return loadYaml(path, { readText, ...shape }).value;
}

/** A scenario as it was written, for whoever changes parts of it before they are checked. */
export function readScenario(path: string, readText: ReadText): RawYaml {
  return readYaml(path, { readText, what: shape.what });
}

/** Checks a scenario that was made of another. */
export function checkScenario(raw: RawYaml): Scenario {
  return checkYaml(raw, shape);
}
