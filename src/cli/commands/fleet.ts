import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";

import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import type { Fleet } from "../../fleet/index.ts";
import { packageVersion, profilePath, readText, shippedProfiles } from "../context.ts";
import { printResult } from "../output.ts";
import { createProgress } from "../progress.ts";
import { collectNames, readSlos } from "./slo.ts";

interface FleetFlags {
  profile?: string;
  slo?: readonly string[];
  output?: string;
  chart?: string;
  svg?: string;
  png?: string;
  dryRun?: boolean;
  json?: boolean;
}

/** Other promises than the file's, where they are asked for. */
async function withSlos(fleet: Fleet, named: readonly string[] | undefined): Promise<Fleet> {
  return named === undefined ? fleet : { ...fleet, slo: await readSlos(named) };
}

async function loadInputs(path: string, flags: FleetFlags) {
  const { loadFleet } = await import("../../fleet/index.ts");
  const { parseProfile } = await import("../../profile/index.ts");
  const fleet = await withSlos(loadFleet(path, readText), flags.slo);
  const profileFile = profilePath(flags.profile ?? fleet.profile);
  return { fleet, profile: parseProfile(readText(profileFile), profileFile) };
}

/** Checks the file, its inventories and the profile, and plans nothing. */
async function dryRun(path: string, flags: FleetFlags): Promise<void> {
  const { fleet, profile } = await loadInputs(path, flags);
  const { countFleet } = await import("../../fleet/index.ts");
  const { plural } = await import("../../analysis/format.ts");
  const counts = countFleet(fleet);
  const json = { fleet: fleet.name, profile: profile.name, ...counts };
  const text = `${path}: ${plural(counts.host_count, "host")} of ${plural(counts.host_kind_count, "kind")}, ${plural(counts.vm_count, "VM")} of ${plural(counts.vm_class_count, "size")}; every key is known`;
  printResult({ json, text }, flags.json === true);
}

async function ask(path: string, flags: FleetFlags) {
  const { openDatabase, runCatalogueQuery, writeFleetCharts } = await import("../../analysis/index.ts");
  const database = await openDatabase({ kind: "fleet", path });
  try {
    const answer = {
      headline: await runCatalogueQuery(database, "fleet-headline"),
      kinds: await runCatalogueQuery(database, "fleet-kinds"),
      slos: await runCatalogueQuery(database, "fleet-slos"),
      batches: await runCatalogueQuery(database, "fleet-batches"),
      refusals: await runCatalogueQuery(database, "fleet-refusals"),
      unplaced: await runCatalogueQuery(database, "fleet-unplaced"),
      stays: await runCatalogueQuery(database, "fleet-stays"),
      pauses: flags.json === true ? await runCatalogueQuery(database, "fleet-pause-ecdf") : [],
      notes: await runCatalogueQuery(database, "fleet-notes"),
    };
    await writeFleetCharts(database, { chart: flags.chart, svgFolder: flags.svg, pngFolder: flags.png });
    return answer;
  } finally {
    database.close();
  }
}

async function runFleetCommand(path: string, flags: FleetFlags, signal: AbortSignal): Promise<void> {
  if (flags.chart !== undefined && ![".svg", ".png"].includes(extname(flags.chart))) {
    throw new UsageError(`--chart ${flags.chart}: expected a name that ends in .svg or .png`);
  }
  if (flags.dryRun === true) {
    await dryRun(path, flags);
    return;
  }
  const inputs = await loadInputs(path, flags);
  const { runFleet } = await import("../../fleet/index.ts");
  const folder = mkdtempSync(join(tmpdir(), "luoscope-"));
  try {
    const target = flags.output ?? join(folder, "fleet");
    const progress = createProgress("rolling out");
    const effects = { progress: (done: number, total: number) => progress.update(done, total), signal };
    try {
      await runFleet({ ...inputs, target, luoscopeVersion: packageVersion() }, effects);
    } finally {
      progress.end();
    }
    const answer = await ask(target, flags);
    const { formatFleet } = await import("../format-fleet.ts");
    printResult({ json: answer, text: formatFleet(answer) }, flags.json === true);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function registerFleet(program: Command, signal: AbortSignal): void {
  program
    .command("fleet")
    .description("roll an update out over a whole fleet, and say how long that takes and what it costs")
    .argument("<fleet>", "fleet in YAML")
    .option("-o, --output <folder>", "also keep the answer, for questions")
    .option(
      "-p, --profile <name>",
      `cost profile: ${shippedProfiles.join(", ")}, or a YAML file (default: the fleet's)`,
    )
    .option(
      "--slo <name>",
      "hold it against other SLOs than the fleet's: a preset, or a YAML file; may be given several times",
      collectNames,
    )
    .option("--chart <file>", "also write the rollout's chart, as .svg or .png")
    .option("--svg <folder>", "also write every chart as SVG")
    .option("--png <folder>", "also write every chart as PNG")
    .option("--dry-run", "only check the file and its inventories")
    .addHelpText("after", "\nExample:\n  luoscope fleet fleets/demo.yaml -o out/fleet --chart out/fleet.svg")
    .action((path: string, flags: FleetFlags) => runFleetCommand(path, flags, signal));
}
