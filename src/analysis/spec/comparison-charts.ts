import type { CatalogueRows } from "../queries.ts";
import { kernelWaterfallChart } from "./kernel-waterfall.ts";
import { predictedByStepChart } from "./predicted-by-step.ts";
import { residualsByDriverChart } from "./residuals-by-driver.ts";
import { scatteredBootChart } from "./scattered-boot.ts";
import type { Chart, Theme } from "./theme.ts";

/** Every answer that a report of a comparison shows, by the query's name. */
export type ComparisonRows = CatalogueRows<"comparison">;

/** The charts that set the model beside recordings, in their order. */
export function buildComparisonCharts(rows: ComparisonRows, theme: Theme): Chart[] {
  const headline = rows["comparison-headline"][0]!;
  const residuals = rows["residuals-by-driver"];
  const correlations = rows["driver-correlations"];
  return [
    predictedByStepChart(rows["predicted-by-step"], headline, theme),
    residualsByDriverChart({ residuals, correlations, accuracy: rows.accuracy }, theme),
    kernelWaterfallChart(rows["kernel-waterfall"], theme),
    scatteredBootChart({ points: rows["scattered-boot"], curve: rows["scattered-curve"] }, theme),
  ];
}
