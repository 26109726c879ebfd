import { displayText, formatBytes, formatCount, formatNs, plural } from "../analysis/format.ts";
import type { PreparedRecipe, SynthReport } from "../synth/index.ts";
import { formatTable } from "./table.ts";

export interface ListedRecipe {
  readonly name: string;
  readonly duration_ns: number;
  readonly vm_count: number;
  readonly description: string;
}

export function formatRecipes(recipes: readonly ListedRecipe[]): string {
  const rows = recipes.map((recipe) => [
    recipe.name,
    formatNs(recipe.duration_ns),
    formatCount(recipe.vm_count),
    displayText(recipe.description, 200),
  ]);
  return formatTable(["recipe", "time", "VMs", "what it makes"], rows, [false, true, true]);
}

/** What a recipe would make. */
export function formatExpected({ recipe, rows }: PreparedRecipe): string {
  const { name, seed, duration, vms } = recipe.value;
  const tables = Object.entries(rows)
    .filter(([, count]) => count > 0)
    .map(([table, count]) => [table, formatCount(count)]);
  return [
    `${displayText(name, 200)}: ${plural(vms.length, "VM")}, ${formatNs(duration)}, seed ${seed}; nothing was written`,
    "",
    formatTable(["table", "rows expected"], tables, [false, true]),
  ].join("\n");
}

/** What was made. */
export function formatSynth(report: SynthReport): string {
  const tables = report.tables
    .filter(({ rows }) => rows > 0)
    .map(({ table, rows, bytes }) => [table, formatCount(rows), formatBytes(bytes)]);
  const warnings = report.warnings.map(
    ({ code, rows, detail }) => `warning: ${code}: ${displayText(detail, 400)} (${plural(rows, "row")})`,
  );
  const name = displayText(report.header.name, 200);
  return [
    `${report.target}: trace ${name}, ${formatNs(report.span_ns)}, seed ${report.seed}`,
    "",
    formatTable(["table", "rows", "size"], tables, [false, true, true]),
    ...(warnings.length > 0 ? ["", ...warnings] : []),
  ].join("\n");
}
