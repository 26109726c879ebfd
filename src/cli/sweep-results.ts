import { existsSync } from "node:fs";
import { join } from "node:path";

/** The folder of a sweep's results: the sweep's own folder and the results in it are as good as each other. */
export function resultsOf(path: string): string {
  const inside = join(path, "results");
  return !existsSync(join(path, "sweep.json")) && existsSync(join(inside, "sweep.json")) ? inside : path;
}
