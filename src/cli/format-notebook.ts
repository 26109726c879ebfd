import { plural } from "../analysis/format.ts";
import type { NotebookResult } from "../notebook/index.ts";

/** What running came to, as it is printed: each notebook a line, each of its problems another. */
export function formatNotebooks(results: readonly NotebookResult[], check: boolean): string {
  return results
    .flatMap(({ path, cellCount, stale, broken }) => [
      `${path}: ${plural(cellCount, "cell")}, ${stateOf(stale.length, check)}`,
      ...(check ? stale.map(({ line, what }) => `  ${path}:${line}: stale: ${what}`) : []),
      ...broken.map(({ line, what }) => `  ${path}:${line}: does not hold: ${what}`),
    ])
    .join("\n");
}

function stateOf(staleCount: number, check: boolean): string {
  if (staleCount === 0) return "outputs are fresh";
  return check ? `${plural(staleCount, "output")} stale` : `${plural(staleCount, "output")} renewed`;
}
