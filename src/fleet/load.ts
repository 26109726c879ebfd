import { loadYaml, type ReadText } from "../config/index.ts";
import { type Fleet, fleetSchema } from "./schema.ts";

/**
 * Loads and checks a fleet.
 *
 * Errors   UsageError with one line a problem: `file:line: dotted.path: what is wrong`
 */
export function loadFleet(path: string, readText: ReadText): Fleet {
  const source = { readText, what: "fleet", schema: fleetSchema, hint: "docs/fleet.md lists every key" };
  return loadYaml(path, source).value;
}
