import type { Command } from "commander";

import { printResult } from "../output.ts";

async function listKernels({ json }: { json?: boolean }): Promise<void> {
  const { hopOutcome, kernelFeatures, kernelVersions, postedSeries } = await import("../../model/index.ts");
  const { formatKernels } = await import("../format-kernels.ts");
  const kernels = kernelVersions.map((version) => kernelFeatures(version));
  const hops = kernels.flatMap((from) =>
    kernels.map((to) => ({ from: from.version, to: to.version, ...hopOutcome(from, to) })),
  );
  const text = formatKernels({ kernels, hops, series: postedSeries });
  printResult({ json: { kernels, hops, series: postedSeries }, text }, json === true);
}

export function registerKernels(program: Command): void {
  program
    .command("kernels")
    .description("show which kernels are modelled, and what becomes of VMs from one into another")
    .addHelpText("after", "\nExample:\n  luoscope kernels")
    .action(listKernels);
}
