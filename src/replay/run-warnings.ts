import type { CostId } from "../model/index.ts";
import { runSchema } from "../trace/index.ts";
import type { Push, RunContent } from "./write-run.ts";

interface Warning {
  readonly code: string;
  readonly rows: number;
  readonly detail: string;
}

/** Share of the blackout from which on scattered memory is worth a warning. */
const scatteredRatio = 0.1;

/** Lone pieces cost the new kernel a scan over all pieces below them, for each key [KHO-05]. */
function scatteredWarning({ result, profile }: RunContent): Warning[] {
  const { regionVisitCount, runs } = result.plan.counts;
  const ratio = (regionVisitCount * profile.costs.visitRegionNs.unitNs) / result.blackoutNs;
  if (ratio < scatteredRatio) return [];
  const detail = `Preserved memory lies in ${runs.length} pieces: stepping over them takes ${Math.round(ratio * 100)} % of the blackout, and grows with their number times the number of folios.`;
  return [{ code: "memory-scattered", rows: runs.length, detail }];
}

function modelWarnings({ result, facts, scenario }: RunContent): Warning[] {
  const warnings: Warning[] = [];
  const late = result.blackoutStartNs - scenario.updateAtNs;
  if (scenario.preserveLeadNs !== undefined && late > 0) {
    warnings.push({
      code: "preserve-late",
      rows: 1,
      detail: `Preserving was not done when the update was asked for; the blackout starts ${late} ns later.`,
    });
  }
  if (result.blackoutStartNs + result.blackoutNs > facts.spanNs) {
    warnings.push({
      code: "trace-too-short",
      rows: 1,
      detail: "The trace ends before the blackout's length has passed: device events and brownout are incomplete.",
    });
  }
  if (result.missingTicks > 0) {
    warnings.push({
      code: "tick-missing",
      rows: result.missingTicks,
      detail: "Page writes whose tick has no row in table tick.",
    });
  }
  return warnings;
}

/** What nothing is said of, since the trace does not have it. */
function listMissing({ result, scenario, service }: RunContent): Warning[] {
  const warnings: Warning[] = [];
  if (service.activity.every(({ requests }) => requests.count === 0)) {
    warnings.push({
      code: "no-requests",
      rows: 1,
      detail: "The trace has no requests to devices around the update: nothing is said of latency.",
    });
  }
  if (service.activity.every(({ packets }) => packets.count === 0)) {
    warnings.push({
      code: "no-packets",
      rows: 1,
      detail: "The trace has no packets around the update: nothing is said of losses and reconnections.",
    });
  }
  if (result.firstTouches.every(({ timeNs }) => timeNs.length === 0)) {
    warnings.push({
      code: "no-page-writes",
      rows: 1,
      detail: "The trace has no page writes after the update: nothing is said of the brownout.",
    });
  }
  if (result.neverCompleted > 0 && scenario.service.service_time !== undefined) {
    warnings.push({
      code: "service-time-assumed",
      rows: result.neverCompleted,
      detail: "Requests without a completion in the trace are taken to need the scenario's service.service_time.",
    });
  } else if (result.neverCompleted > 0) {
    warnings.push({
      code: "io-never-completed",
      rows: result.neverCompleted,
      detail: "Requests without a completion in the trace are not counted as in flight.",
    });
  }
  return warnings;
}

/** Writes the doubts about a run: from the trace, the scenario, the profile and the model. */
export function writeWarnings(push: Push, content: RunContent, used: ReadonlySet<CostId>): void {
  const { facts, scenario, profile } = content;
  const assumed = [...used].filter((id) => profile.costs[id].assumed);
  const rows = [
    ...facts.warnings.map((warning) => ({ origin: "trace", ...warning })),
    ...scenario.assumptions.map((assumption) => ({ origin: "scenario", rows: 1, ...assumption })),
    ...[...scatteredWarning(content), ...modelWarnings(content), ...listMissing(content)].map((warning) => ({
      origin: "model",
      ...warning,
    })),
  ];
  if (assumed.length > 0) {
    rows.push({
      origin: "profile",
      code: "constants-assumed",
      rows: assumed.length,
      detail: `${assumed.length} of the ${used.size} constants that this run uses are assumed and not measured.`,
    });
  }
  for (const row of rows) push(runSchema.runWarningTable, row);
}
