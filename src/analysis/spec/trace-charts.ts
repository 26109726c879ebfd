import type { CatalogueRows } from "../queries.ts";
import { dirtyHeatmapChart } from "./dirty-heatmap.ts";
import { figure, type FigureOf } from "./figure.ts";
import { workingSetChart } from "./working-set.ts";

export const figuresOfTrace: readonly FigureOf<CatalogueRows<"trace">>[] = [
  figure(
    {
      id: "dirty-heatmap",
      answers: "Where in a guest's memory are pages written, and when?",
      queries: ["dirty-heatmap", "written-memory", "trace-marks"],
    },
    (rows, theme) =>
      dirtyHeatmapChart(
        { cells: rows["dirty-heatmap"], facts: rows["written-memory"][0], marks: rows["trace-marks"] },
        theme,
      ),
  ),
  figure(
    {
      id: "working-set",
      answers: "How much memory do guests write in a window of time?",
      queries: ["working-set-curve"],
    },
    (rows, theme) => workingSetChart(rows["working-set-curve"], theme),
  ),
];
