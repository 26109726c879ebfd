import { FormatError } from "../../base/index.ts";
import type { MigrationMode } from "../config.ts";
import type { TextFile } from "./csv.ts";

/** What a scenario's flags say of its migration. */
export interface ScenarioSpec {
  readonly mode: MigrationMode;
  readonly autoConverge: boolean;
  /** From the start of the migration until post-copy is asked for. */
  readonly postcopyDelaySec: number;
  /** Guest memory; 0 where the flags do not say. */
  readonly memoryGib: number;
}

const modes: readonly MigrationMode[] = ["precopy", "stop-copy", "postcopy"];

function readNumber(value: string, path: string, line: number): number {
  const number = Number(value);
  if (value !== "" && Number.isFinite(number) && number >= 0) return number;
  throw new FormatError(`${path}:${line}: ${JSON.stringify(value.slice(0, 40))} is no number`, {
    hint: "a flag is a line `name: number`",
  });
}

/** What one flag adds; flags that are not read add nothing. */
function readFlag(flag: string, value: string, { path, line }: { path: string; line: number }): Partial<ScenarioSpec> {
  if (flag === "memory") return { memoryGib: readNumber(value, path, line) };
  if (flag === "auto-converge") return { autoConverge: readNumber(value, path, line) > 0 };
  if (flag.startsWith("postcopy-sleep")) return { postcopyDelaySec: readNumber(value, path, line) };
  if (!flag.startsWith("migration-mode")) return {};
  const mode = modes[readNumber(value, path, line)];
  if (mode === undefined) {
    throw new FormatError(`${path}:${line}: there is no migration mode ${value.slice(0, 40)}`, {
      hint: "0 is pre-copy, 1 stop-and-copy, 2 post-copy",
    });
  }
  return { mode };
}

/**
 * Scenarios by name, of a file of `== NAME` heads with `flag: number` lines; scenarios without a migration are left out.
 *
 * Errors   FormatError for a flag that is read and no number, or a mode that there is not
 */
export function parseSpecs({ path, text }: TextFile): Map<string, ScenarioSpec> {
  const found = new Map<string, Partial<ScenarioSpec>>();
  let name = "";
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const head = /^==(.*)$/.exec(line);
    if (head) name = head[1]!.trim();
    // A flag's name may hold colons, its value does not.
    const colon = line.lastIndexOf(":");
    if (head || colon < 0 || name === "") continue;
    const flag = readFlag(line.slice(0, colon).trim(), line.slice(colon + 1).trim(), { path, line: index + 1 });
    found.set(name, { ...found.get(name), ...flag });
  }
  const specs = new Map<string, ScenarioSpec>();
  for (const [scenario, { mode, autoConverge = false, postcopyDelaySec = 0, memoryGib = 0 }] of found) {
    if (mode !== undefined) specs.set(scenario, { mode, autoConverge, postcopyDelaySec, memoryGib });
  }
  return specs;
}
