import type { Command } from "commander";

import { UsageError } from "../../base/index.ts";
import { packageVersion } from "../context.ts";
import { printResult } from "../output.ts";
import { resultsOf } from "../sweep-results.ts";
import { runReport } from "./report.ts";
import { openPlan } from "./sweep.ts";

interface PlanFlags {
  strict?: boolean;
  json?: boolean;
}

async function validate(path: string, flags: PlanFlags): Promise<void> {
  const { Configurations } = await import("../../plan/index.ts");
  const { plural } = await import("../../analysis/format.ts");
  const { plan, doubts } = await openPlan(path, flags.strict === true);
  const configurations = new Configurations(plan);
  const text = [
    `${path}: ${plural(plan.axes.length, "axis", "axes")}, ${plural(configurations.count, "configuration")}`,
    ...doubts.map((doubt) => `warning: ${doubt}`),
  ].join("\n");
  printResult(
    { json: { path, configuration_count: configurations.count, warnings: doubts }, text },
    flags.json === true,
  );
}

async function show(path: string, flags: PlanFlags): Promise<void> {
  const { prepareSweep } = await import("../../sweep/index.ts");
  const { describePlan } = await import("../describe-plan.ts");
  const { plan, doubts } = await openPlan(path, flags.strict === true);
  const { runs } = prepareSweep(plan, packageVersion());
  printResult(await describePlan(runs, { doubts }), flags.json === true);
}

interface ReportFlags {
  output: string;
  charts?: string;
  from?: string;
  to?: string;
  json?: boolean;
}

async function report(folder: string, flags: ReportFlags): Promise<void> {
  const { analysedKind } = await import("../../analysis/index.ts");
  const { formatReport } = await import("../format-report.ts");
  const path = resultsOf(folder);
  const kind = analysedKind(path);
  if (kind !== "sweep") {
    throw new UsageError(`${folder}: no results of a sweep there`, {
      hint: "name the folder of a sweep: `luoscope sweep PLAN -o FOLDER` makes one",
    });
  }
  const { output: target, charts, from, to } = flags;
  const made = await runReport({
    path,
    target,
    ...(charts === undefined ? {} : { svgFolder: charts, pngFolder: charts }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  });
  printResult({ json: made, text: formatReport(made) }, flags.json === true);
}

export function registerPlan(program: Command): void {
  const plan = program
    .command("plan")
    .description("plans of what-if sweeps: check, show, report")
    .enablePositionalOptions();
  const commands = [
    { name: "validate", about: "check a plan and all that it names", run: validate },
    { name: "show", about: "say what a plan would run, and how long that takes", run: show },
  ];
  for (const { name, about, run } of commands) {
    plan
      .command(name)
      .description(about)
      .argument("<plan>", "plan in YAML")
      .option("--strict", "warnings about the plan are errors")
      .option("--json", "print the result as JSON")
      .action((path: string, flags: PlanFlags) => run(path, flags));
  }
  plan
    .command("report")
    .description("write the answers of a sweep as one HTML file that works offline")
    .argument("<folder>", "folder of a sweep, or of its results")
    .option("-o, --output <file>", "HTML file to write", "out/plan.html")
    .option("--charts <folder>", "also write each chart as SVG and PNG")
    .option("--from <configuration>", "label or number of the configuration that the contributions start from")
    .option("--to <configuration>", "label or number of the one that they lead to")
    .option("--json", "print the result as JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  luoscope plan report out/sweep -o out/plan.html --charts out/charts\n  luoscope plan report out/sweep --from 0 --to 75",
    )
    .action((folder: string, flags: ReportFlags) => report(folder, flags));
}
