import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { ToolError } from "../base/index.ts";
import { packagedFile } from "./context.ts";
import { runLuoscope } from "./run-luoscope.ts";

/** A folder of the demo and the command that makes it, without `-o` and the folder. */
interface DemoFolder {
  readonly name: string;
  readonly words: readonly string[];
}

const trace = packagedFile("traces", "vm-tcg-redis-nvme-net");

const replay = (scenario: string, ...more: readonly string[]): readonly string[] => [
  "replay",
  trace,
  "--scenario",
  packagedFile("scenarios", `${scenario}.yaml`),
  ...more,
];

/** Recorded updates ship with a checkout only. */
function recordings(): readonly string[] {
  const folder = packagedFile("recordings");
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.endsWith(".log.gz"))
    .map((name) => join(folder, name));
}

/** What the demo's folders are made by; one may use those before it, by their names in `target`. */
function demoFolders(target: string): readonly DemoFolder[] {
  const logs = recordings();
  return [
    { name: "run", words: replay("demo", "--when", "100ms", "--alternatives") },
    { name: "small-folios", words: replay("small-folios") },
    { name: "from-7.2", words: replay("out-of-7.2") },
    { name: "passthrough", words: replay("passthrough-posted") },
    { name: "difference", words: ["compare", join(target, "from-7.2"), join(target, "run")] },
    { name: "sweep", words: ["sweep", packagedFile("plans", "demo.yaml")] },
    { name: "fleet", words: ["fleet", packagedFile("fleets", "demo.yaml")] },
    ...(logs.length === 0 ? [] : [{ name: "comparison", words: ["predict", ...logs] }]),
  ];
}

/** The folders that every chart can be drawn from. */
export interface DemoData {
  /** A trace, a run, a sweep and so on: one of each kind. */
  readonly folders: readonly string[];
  /** Runs that are set beside each other, as they are called. */
  readonly runs: readonly { readonly name: string; readonly path: string }[];
}

/**
 * Makes one folder of each kind from data that ships: what is there already stays as it is.
 *
 * Errors   ToolError with the message of the command that failed
 */
export async function makeDemoFolders(
  target: string,
  { signal, progress }: { readonly signal: AbortSignal; readonly progress: (done: number, total: number) => void },
): Promise<DemoData> {
  const all = demoFolders(target);
  for (const [index, { name, words }] of all.entries()) {
    progress(index, all.length);
    const folder = join(target, name);
    if (existsSync(folder)) continue;
    const { exitCode, stderr } = await runLuoscope([...words, "-o", folder], ".", signal);
    // What differs, or breaks a promise, ends with 1: both are what the gallery shows.
    if (exitCode > 1) throw new ToolError(`luoscope ${words[0]!} failed: ${stderr.split("\n")[0]!}`, exitCode);
  }
  const at = (name: string) => join(target, name);
  return {
    folders: [
      trace,
      ...["run", "sweep", "difference", "fleet", "comparison"].map(at).filter((path) => existsSync(path)),
    ],
    runs: ["small-folios", "from-7.2", "passthrough", "run"].map((name) => ({ name, path: at(name) })),
  };
}
