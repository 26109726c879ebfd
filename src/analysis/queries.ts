import { comparisonCatalogue } from "./comparison-queries.ts";
import type { AnalysedKind } from "./db/facts.ts";
import { differenceCatalogue } from "./difference-queries.ts";
import type { RowOf } from "./db/row-spec.ts";
import { fleetCatalogue } from "./fleet-queries.ts";
import { runCatalogue } from "./run-queries.ts";
import { serviceCatalogue } from "./service-queries.ts";
import { sensitivityCatalogue } from "./sensitivity-queries.ts";
import { sweepCatalogue } from "./sweep-queries.ts";
import { traceCatalogue } from "./trace-queries.ts";

export type { CatalogueQuery } from "./catalogue-query.ts";

/** Every question, by its name; no two kinds of folder share one. */
export const catalogue = {
  ...runCatalogue,
  ...serviceCatalogue,
  ...comparisonCatalogue,
  ...sweepCatalogue,
  ...sensitivityCatalogue,
  ...fleetCatalogue,
  ...differenceCatalogue,
  ...traceCatalogue,
};

interface QueryNames {
  readonly run: keyof typeof runCatalogue | keyof typeof serviceCatalogue;
  readonly comparison: keyof typeof comparisonCatalogue;
  readonly sweep: keyof typeof sweepCatalogue | keyof typeof sensitivityCatalogue;
  readonly fleet: keyof typeof fleetCatalogue;
  readonly difference: keyof typeof differenceCatalogue;
  readonly trace: keyof typeof traceCatalogue;
}

export type QueryName<Kind extends AnalysedKind = AnalysedKind> = QueryNames[Kind];
export type CatalogueSpec<Name extends QueryName> = (typeof catalogue)[Name]["columns"];
export type CatalogueRow<Name extends QueryName> = RowOf<CatalogueSpec<Name>>;

/** The answers to some questions, by the question's name. */
export type AnswersTo<Name extends QueryName> = { readonly [Each in Name]: readonly CatalogueRow<Each>[] };

/** The answers to every question that a folder of the kind can be asked. */
export type CatalogueRows<Kind extends AnalysedKind> = AnswersTo<QueryName<Kind>>;

const names: { readonly [Kind in AnalysedKind]: readonly QueryName<Kind>[] } = {
  run: [...Object.keys(runCatalogue), ...Object.keys(serviceCatalogue)] as QueryName<"run">[],
  comparison: Object.keys(comparisonCatalogue) as QueryName<"comparison">[],
  sweep: [...Object.keys(sweepCatalogue), ...Object.keys(sensitivityCatalogue)] as QueryName<"sweep">[],
  fleet: Object.keys(fleetCatalogue) as QueryName<"fleet">[],
  difference: Object.keys(differenceCatalogue) as QueryName<"difference">[],
  trace: Object.keys(traceCatalogue) as QueryName<"trace">[],
};

export function queryNames<Kind extends AnalysedKind>(kind: Kind): readonly QueryName<Kind>[] {
  return names[kind];
}

/** The kind of folder that a question is put to; undefined if there is no question of that name. */
export function kindOfQuery(name: string): AnalysedKind | undefined {
  return (Object.keys(names) as AnalysedKind[]).find((kind) => (names[kind] as readonly string[]).includes(name));
}
