import type { CatalogueRows } from "../queries.ts";
import { type Figure, figure, type FigureOf } from "./figure.ts";
import { kernelWaterfallChart } from "./kernel-waterfall.ts";
import { predictedByStepChart } from "./predicted-by-step.ts";
import { residualsByDriverChart } from "./residuals-by-driver.ts";
import { scatteredBootChart } from "./scattered-boot.ts";
import type { Theme } from "./theme.ts";

/** Every answer that a report of a comparison shows, by the query's name. */
export type ComparisonRows = CatalogueRows<"comparison">;

export const figuresOfComparison: readonly FigureOf<ComparisonRows>[] = [
  figure(
    {
      id: "predicted-by-step",
      answers: "How far is the model off, step by step?",
      queries: ["predicted-by-step", "comparison-headline"],
    },
    (rows, theme) => predictedByStepChart(rows["predicted-by-step"], rows["comparison-headline"][0]!, theme),
  ),
  figure(
    {
      id: "residuals-by-driver",
      answers: "Does the model's error follow from something it is driven by?",
      queries: ["residuals-by-driver", "driver-correlations", "accuracy"],
    },
    ({ accuracy, ...rows }, theme) =>
      residualsByDriverChart(
        { residuals: rows["residuals-by-driver"], correlations: rows["driver-correlations"], accuracy },
        theme,
      ),
  ),
  figure(
    {
      id: "kernel-waterfall",
      answers: "What did a newer kernel change, recorded and predicted?",
      queries: ["kernel-waterfall"],
    },
    (rows, theme) => kernelWaterfallChart(rows["kernel-waterfall"], theme),
  ),
  figure(
    {
      id: "scattered-boot",
      answers: "How does scattered memory slow the boot down?",
      queries: ["scattered-boot", "scattered-curve"],
    },
    (rows, theme) => scatteredBootChart({ points: rows["scattered-boot"], curve: rows["scattered-curve"] }, theme),
  ),
];

/** The charts that set the model beside recordings, in their order. */
export function buildComparisonCharts(rows: ComparisonRows, theme: Theme): Figure[] {
  return figuresOfComparison.map(({ draw }) => draw(rows, theme));
}
