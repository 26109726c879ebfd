import type { Command } from "commander";

import { packageVersion } from "../context.ts";
import { printResult } from "../output.ts";
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
}
