import { createHash } from "node:crypto";

import { canonicalJson, type Json } from "../base/index.ts";
import { blackoutPhases, type CostId, costAt, costCatalogue, costIds, type PlannedStep } from "../model/index.ts";
import { type Cell, type FolderWriter, runSchema, type Table } from "../trace/index.ts";
import { type Brownout, measureBrownout } from "./brownout.ts";
import type { ReplayResult } from "./engine.ts";
import type { Profile } from "../profile/index.ts";
import type { ResolvedScenario } from "./scenario/resolve.ts";
import { writeWarnings } from "./run-warnings.ts";
import type { TraceFacts } from "./trace-facts.ts";
import { type ServiceContent, writeServiceTables } from "./write-service.ts";

/** Everything that a run folder is written from. */
export interface RunContent {
  readonly facts: TraceFacts;
  readonly scenario: ResolvedScenario;
  readonly profile: Profile;
  readonly result: ReplayResult;
  readonly service: Omit<ServiceContent, "changedPages" | "scenario">;
}

export type Push = (table: Table, row: Readonly<Record<string, Cell>>) => void;

export function sha256Of(value: Json): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

const phaseCode = (phase: string): number => runSchema.phaseLabels.findIndex((label) => label === phase);

/** When each phase starts on the host's clock; preserve has its own start, the others follow each other. */
function phaseStarts({ plan, preserveStartNs, blackoutStartNs }: ReplayResult): Map<string, number> {
  const starts = new Map<string, number>();
  let nextNs = blackoutStartNs;
  for (const { phase, band } of plan.phases) {
    if (phase === "preserve") {
      starts.set(phase, preserveStartNs);
      continue;
    }
    starts.set(phase, nextNs);
    nextNs += band.baseNs;
  }
  return starts;
}

function writeVms(push: Push, { scenario, result }: RunContent): void {
  for (const [index, vm] of scenario.vms.entries()) {
    const planned = result.plan.vms[index]!;
    const counts = result.plan.counts.vms[index]!;
    push(runSchema.runVmTable, {
      name: vm.config.name,
      trace_vm_index: vm.traceVmIndex,
      guest_bytes: vm.config.guestBytes,
      vcpu_count: vm.config.vcpuCount,
      folio_count: counts.folioCount,
      hole_pages: counts.holePageCount,
      migrated_pages: counts.migratedPageCount,
      pause_ns: result.blackoutStartNs + planned.pauseNs,
      resume_ns: result.blackoutStartNs + planned.resumeNs,
      blackout_ns: planned.blackout.baseNs,
      low_ns: planned.blackout.lowNs,
      high_ns: planned.blackout.highNs,
    });
  }
}

function writeDevices(push: Push, { scenario, facts }: RunContent): void {
  for (const { vmIndex, config, traceDeviceIndex } of scenario.devices) {
    push(runSchema.runDeviceTable, {
      vm_index: vmIndex ?? null,
      name: config.name,
      kind: config.kind,
      treatment: runSchema.treatmentLabels.indexOf(config.treatment),
      trace_device_index: traceDeviceIndex ?? null,
    });
  }
  for (const { vmIndex, name, kind } of facts.devices) {
    push(runSchema.traceDeviceTable, { trace_vm_index: vmIndex, name, kind });
  }
  for (const { timeNs, name } of facts.marks) push(runSchema.runMarkTable, { trace_time_ns: timeNs, name });
}

function writePhases(push: Push, { result }: RunContent, brownout: Brownout): void {
  const starts = phaseStarts(result);
  for (const { phase, band } of result.plan.phases) {
    const startNs = starts.get(phase)!;
    push(runSchema.phaseTable, {
      phase: phaseCode(phase),
      start_ns: startNs,
      end_ns: startNs + band.baseNs,
      low_ns: band.lowNs,
      high_ns: band.highNs,
      in_blackout: blackoutPhases.has(phase) ? 1 : 0,
    });
  }
  for (const { phase, stepNs } of result.plan.phases) {
    for (const [step, ns] of stepNs) {
      push(runSchema.phaseStepTable, { phase: phaseCode(phase), step, step_ns: ns });
    }
  }
  if (brownout.durationNs === 0) return;
  const startNs = result.blackoutStartNs + result.blackoutNs;
  push(runSchema.phaseTable, {
    phase: phaseCode("brownout"),
    // Guests touch their memory again while sessions are finished; the table's order is by start.
    start_ns: Math.max(startNs, starts.get("finish")!),
    end_ns: startNs + brownout.durationNs,
    low_ns: brownout.durationNs,
    high_ns: brownout.durationNs,
    in_blackout: 0,
  });
}

function writeStep(push: Push, { work, band }: PlannedStep, startNs: number, endNs: number): void {
  push(runSchema.stepTable, {
    name: work.name,
    phase: phaseCode(work.phase),
    lifecycle_row: work.lifecycleRow,
    vm_index: work.vmIndex ?? null,
    start_ns: startNs,
    end_ns: endNs,
    low_ns: band.lowNs,
    high_ns: band.highNs,
    detail: work.detail,
  });
}

function writeTerms(push: Push, step: PlannedStep, index: number, profile: Profile): void {
  for (const { cost, count } of step.work.terms) {
    const constant = profile.costs[cost];
    push(runSchema.costTermTable, {
      step_index: index,
      cost,
      unit_count: count,
      unit_ns: constant.unitNs,
      total_ns: count * constant.unitNs,
      low_ns: count * costAt(constant, "low"),
      high_ns: count * costAt(constant, "high"),
      source: constant.source,
      assumed: constant.assumed ? 1 : 0,
    });
  }
}

/** Writes steps with their terms; returns the constants that were paid. */
function writeSteps(push: Push, content: RunContent, brownout: Brownout): Set<CostId> {
  const { result, profile } = content;
  const starts = phaseStarts(result);
  const used = new Set<CostId>();
  const steps = result.plan.phases.flatMap(({ phase, steps: planned }) =>
    planned.map((step) => ({
      step,
      startNs: starts.get(phase)! + step.startNs,
      endNs: starts.get(phase)! + step.endNs,
    })),
  );
  for (const step of brownout.steps) {
    const resumeNs = result.blackoutStartNs + result.plan.vms[step.work.vmIndex!]!.resumeNs;
    steps.push({ step, startNs: resumeNs, endNs: resumeNs + step.endNs });
  }
  for (const [index, { step, startNs, endNs }] of steps.entries()) {
    writeStep(push, step, startNs, endNs);
    writeTerms(push, step, index, profile);
    for (const { cost, count } of step.work.terms) if (count > 0) used.add(cost);
  }
  return used;
}

function writeOverhead(push: Push, { result }: RunContent): void {
  for (const { kind, vmIndex, overheadBytes, detail } of result.plan.overhead) {
    push(runSchema.memoryOverheadTable, {
      kind: runSchema.overheadLabels.indexOf(kind),
      vm_index: vmIndex ?? null,
      overhead_bytes: overheadBytes,
      detail,
    });
  }
}

function writeCosts(push: Push, { profile }: RunContent, used: ReadonlySet<CostId>): void {
  for (const id of costIds) {
    const { unitNs, lowNs, highNs, source, assumed } = profile.costs[id];
    push(runSchema.costTable, {
      cost: id,
      unit_ns: unitNs,
      low_ns: lowNs,
      high_ns: highNs,
      per: costCatalogue[id].per,
      source,
      assumed: assumed ? 1 : 0,
      used: used.has(id) ? 1 : 0,
    });
  }
}

/** Writes every table of a run but those that the engine streams (dirty_tick, device_event). */
export function writeRunTables(out: FolderWriter<"run">, content: RunContent): void {
  const push: Push = (table, row) => out.table(table).push(row);
  const brownout = measureBrownout(content.result, content.scenario, content.profile.costs);
  writeVms(push, content);
  writeDevices(push, content);
  writePhases(push, content, brownout);
  const used = writeSteps(push, content, brownout);
  writeOverhead(push, content);
  writeCosts(push, content, used);
  const { scenario, result, service } = content;
  writeServiceTables(
    out,
    { ...service, scenario, changedPages: result.changedPages },
    {
      measured: brownout,
      resumeNs: (vmIndex) => result.blackoutStartNs + result.plan.vms[vmIndex]!.resumeNs,
    },
  );
  writeWarnings(push, content, used);
}
