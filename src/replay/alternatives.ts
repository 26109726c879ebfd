import { bytesToPagesCeil, mibBytes, pagesToBytes, secNs } from "../base/index.ts";
import { sumBrownout } from "../impact/index.ts";
import {
  type Alternative,
  type AlternativeVm,
  BitmapLog,
  coldReboot,
  liveMigration,
  makeMigration,
  type MigrationConfig,
  type MigrationOutcome,
  type MigrationRound,
  simulateMigration,
  suspendToDisk,
  swapVmm,
  type ValueRange,
  type WriteTrace,
} from "../migration/index.ts";
import type { Band, Costs } from "../model/index.ts";
import { type OpenFolder, readTable, traceSchema } from "../trace/index.ts";
import type { ReplayResult } from "./engine.ts";
import { frameRunsOf } from "./merge.ts";
import type { ResolvedScenario } from "./scenario/resolve.ts";
import type { TraceFacts } from "./trace-facts.ts";
import type { VmClass } from "./vm-classes.ts";

/** What else one could do with the VMs of one class. */
export interface AlternativeRow {
  readonly name: string;
  readonly vmIndex: number;
  readonly vmCount: number;
  readonly feasible: boolean;
  readonly reason: string;
  readonly replacesKernel: boolean;
  readonly stoppedNs: number;
  /** What QEMU calls downtime; undefined where nothing migrates. */
  readonly qemuDowntimeNs: number | undefined;
  readonly degradedNs: number;
  readonly totalNs: number;
  readonly hostNs: number;
  readonly movedBytes: number;
  readonly extraBytes: number;
  readonly rounds: readonly MigrationRound[] | undefined;
  readonly lostState: string;
  readonly detail: string;
}

export interface AlternativesInput {
  readonly trace: OpenFolder<"trace">;
  readonly facts: TraceFacts;
  readonly scenario: ResolvedScenario;
  readonly costs: Costs;
  readonly result: ReplayResult;
}

/** What one class of VMs is asked about. */
interface Subject {
  readonly input: AlternativesInput;
  readonly vmClass: VmClass;
  readonly writes: WriteTrace;
  readonly vm: AlternativeVm;
}

/** Moments at which the pages that were there already are listed: no writes. */
function readPresentTicks(trace: OpenFolder<"trace">, vmIndex: number): Set<number> {
  const source = trace.sources.get(traceSchema.tickTable.name);
  const present = new Set<number>();
  if (!source) return present;
  for (const { columns, nulls, rows } of readTable(traceSchema.tickTable, source)) {
    const noStart = nulls["start_ns"];
    for (let row = 0; row < rows; row++) {
      if (columns["vm_index"]![row] === vmIndex && noStart?.[row] === 1) present.add(Number(columns["time_ns"]![row]));
    }
  }
  return present;
}

function setFrames(bits: Int32Array, first: number, count: number): void {
  for (let frame = first; frame < first + count; frame++) bits[frame >>> 5] = bits[frame >>> 5]! | (1 << (frame & 31));
}

/** The pages that a VM of the trace writes, each run with the end of its tick; the engine has checked them. */
function readWrites(input: AlternativesInput, { traceVmIndex, vmIndexes }: VmClass): WriteTrace {
  const { trace, facts, scenario } = input;
  const frameCount = bytesToPagesCeil(facts.vms[traceVmIndex]!.guestBytes);
  const dataBits = new Int32Array(Math.ceil(frameCount / 32));
  const present = readPresentTicks(trace, traceVmIndex);
  const kept: { timeNs: number[]; startGfn: number[]; pageCount: number[] } = {
    timeNs: [],
    startGfn: [],
    pageCount: [],
  };
  const source = trace.sources.get(traceSchema.pageWriteTable.name);
  for (const batch of source ? readTable(traceSchema.pageWriteTable, source) : []) {
    const { timeNs, vmIndex, startGfn, pageCount } = frameRunsOf(batch);
    for (let row = 0; row < batch.rows; row++) {
      if (vmIndex[row] !== traceVmIndex) continue;
      if (present.has(timeNs[row]!)) setFrames(dataBits, startGfn[row]!, pageCount[row]!);
      else {
        kept.timeNs.push(timeNs[row]!);
        kept.startGfn.push(startGfn[row]!);
        kept.pageCount.push(pageCount[row]!);
      }
    }
  }
  const unseen = bytesToPagesCeil(scenario.vms[vmIndexes[0]!]!.config.guestBytes) - frameCount;
  return {
    timeNs: Float64Array.from(kept.timeNs),
    startGfn: Uint32Array.from(kept.startGfn),
    pageCount: Uint32Array.from(kept.pageCount),
    frameCount,
    dataBits,
    startNs: Math.min(scenario.updateAtNs, facts.spanNs),
    endNs: facts.spanNs,
    ...(scenario.migration.unseen_memory === "data" ? { unseenDataPages: unseen } : { unseenZeroPages: unseen }),
  };
}

function rangeOf({ baseNs, lowNs, highNs }: Band): ValueRange {
  return { base: baseNs, low: lowNs, high: highNs };
}

function kexecRange({ plan }: ReplayResult): ValueRange {
  return rangeOf(plan.phases.find(({ phase }) => phase === "kexec")!.band);
}

/** The live update itself, as the run has it: its brownout is where the VM is slower. */
function liveUpdate({ input, vmClass }: Subject): AlternativeRow {
  const { result, scenario, costs } = input;
  const index = result.classes.indexOf(vmClass);
  const vmIndex = vmClass.vmIndexes[0]!;
  const touches = result.firstTouches[index]!;
  const { prepopulate } = scenario.update.agent;
  const { fullSpeedNs } = sumBrownout(
    Float64Array.from(touches.timeNs),
    Uint32Array.from(touches.faultCount, (count) => (prepopulate ? 0 : count)),
    { from: 0, stopNs: result.blackoutStartNs },
    { faultNs: costs.refaultPageNs.unitNs, vcpuCount: vmClass.vcpuCount, scaling: scenario.service.fault_scaling },
  );
  const { overhead, vms, phases } = result.plan;
  const bytesOf = (owner: number | undefined): number =>
    overhead.filter((item) => item.vmIndex === owner).reduce((sum, item) => sum + item.overheadBytes, 0);
  const totalNs = phases.reduce((sum, { band }) => sum + band.baseNs, 0);
  return {
    name: "live-update",
    vmIndex,
    vmCount: vmClass.vmIndexes.length,
    feasible: true,
    reason: "",
    replacesKernel: true,
    stoppedNs: vms[vmIndex]!.blackout.baseNs,
    qemuDowntimeNs: undefined,
    degradedNs: fullSpeedNs,
    totalNs,
    hostNs: totalNs,
    movedBytes: 0,
    extraBytes: Math.round(bytesOf(vmIndex) + bytesOf(undefined) / vms.length),
    rounds: undefined,
    lostState: "devices that no posted series preserves are emulated, or reset",
    detail: "this run; memory: the VM's own metadata and its share of scratch, kexec image and tracker",
  };
}

function endReason({ ends, cannotTake }: Alternative, outcome: MigrationOutcome | undefined): string {
  if (ends) return "";
  if (outcome && !outcome.converged) {
    const limit = outcome.reason === "rounds" ? "its limit of rounds" : "its limit of time";
    return `does not converge: given up at ${limit}`;
  }
  return cannotTake[0] ?? "does not end";
}

interface Placing {
  readonly name: string;
  readonly totalNs: number;
  readonly hostNs: number;
  readonly outcome?: MigrationOutcome;
  readonly notes?: readonly string[];
}

function place({ vmClass }: Subject, alternative: Alternative, placing: Placing): AlternativeRow {
  const { name, totalNs, hostNs, outcome, notes = [] } = placing;
  return {
    name,
    vmIndex: vmClass.vmIndexes[0]!,
    vmCount: vmClass.vmIndexes.length,
    feasible: alternative.ends,
    reason: endReason(alternative, outcome),
    replacesKernel: alternative.replacesKernel,
    stoppedNs: Math.round(alternative.blackoutNs.base),
    qemuDowntimeNs: outcome && Math.round(outcome.qemuDowntimeNs),
    degradedNs: Math.round(alternative.degradedNs.base),
    totalNs: Math.round(totalNs),
    hostNs: Math.round(hostNs),
    movedBytes: Math.round(alternative.movedBytes),
    extraBytes: Math.round(alternative.extraMemoryBytes),
    rounds: outcome?.rounds,
    lostState: alternative.cannotTake.join("; "),
    detail: [alternative.source, ...notes].join("; "),
  };
}

/** A rate of the scenario: its defaults are nobody's measurement. */
function sayRate(bytesPerSec: number): string {
  return `${Math.round(bytesPerSec / mibBytes)} MiB/s, the scenario's or assumed`;
}

/** What the trace does not show of a migration is said. */
function noteGaps({ input, writes }: Subject, { traceRepeats }: MigrationOutcome): string[] {
  const { unseenDataPages = 0, unseenZeroPages = 0, timeNs } = writes;
  const unseenPages = unseenDataPages + unseenZeroPages;
  const kind = unseenDataPages > 0 ? "data" : "zeros";
  return [
    `link of ${sayRate(input.scenario.migration.link)}`,
    ...(timeNs.length === 0
      ? ["the trace has no page writes: a guest that writes takes longer, or does not converge"]
      : []),
    ...(traceRepeats > 0 ? [`the trace was shorter, and began again ${traceRepeats} times`] : []),
    ...(unseenPages > 0
      ? [`${pagesToBytes(unseenPages) / mibBytes} MiB beyond the trace's VM are taken for ${kind}, assumed`]
      : []),
  ];
}

/** One migration over a log of its own: the log forgets what was sent. */
function migrate(subject: Subject, name: string, given: Partial<MigrationConfig>): AlternativeRow {
  const { scenario } = subject.input;
  const {
    bandwidth,
    link,
    downtime_limit: downtimeLimitNs,
    channels,
    max_time: maxNs,
    max_rounds: maxRounds,
  } = scenario.migration;
  const config = makeMigration({
    maxBytesPerSec: bandwidth,
    linkBytesPerSec: link,
    channels,
    channelBytesPerSec: link,
    downtimeLimitNs,
    maxNs,
    maxRounds,
    ...given,
  });
  const outcome = simulateMigration(new BitmapLog(subject.writes), config);
  const totalNs = Math.round(outcome.totalNs);
  const hostNs = totalNs * subject.vmClass.vmIndexes.length;
  return place(subject, liveMigration(outcome, subject.vm), {
    name,
    totalNs,
    hostNs,
    outcome,
    notes: noteGaps(subject, outcome),
  });
}

function suspend(subject: Subject): AlternativeRow {
  const { input, vm, vmClass } = subject;
  const host = {
    kexecNs: kexecRange(input.result),
    coldBootNs: { low: 0, base: 0, high: 0 },
    diskBytesPerSec: input.scenario.migration.disk,
  };
  const alone = suspendToDisk(vm, host);
  // All VMs of the host share its disk.
  const all = suspendToDisk({ ...vm, dataPages: vm.dataPages * vmClass.vmIndexes.length }, host);
  return place(
    subject,
    { ...alone, blackoutNs: all.blackoutNs },
    {
      name: "suspend-and-kexec",
      notes: [`disk of ${sayRate(input.scenario.migration.disk)}`],
      totalNs: all.blackoutNs.base,
      hostNs: all.blackoutNs.base,
    },
  );
}

function reboot(subject: Subject): AlternativeRow {
  const { input } = subject;
  const kexecNs = kexecRange(input.result);
  const firmwareNs = input.scenario.migration.firmware;
  const coldBootNs = {
    low: kexecNs.low + firmwareNs,
    base: kexecNs.base + firmwareNs,
    high: kexecNs.high + firmwareNs,
  };
  const alternative = coldReboot({ kexecNs, coldBootNs, diskBytesPerSec: 1 });
  const totalNs = alternative.blackoutNs.base;
  return place(subject, alternative, {
    name: "cold-reboot",
    totalNs,
    hostNs: totalNs,
    notes: [`firmware takes ${firmwareNs / secNs} s, the scenario's or assumed`],
  });
}

function swap(subject: Subject): AlternativeRow {
  const alternative = swapVmm("cpr-transfer");
  const totalNs = alternative.blackoutNs.base;
  return place(subject, alternative, { name: "vmm-swap", totalNs, hostNs: totalNs * subject.vmClass.vmIndexes.length });
}

function makeSubject(input: AlternativesInput, vmClass: VmClass): Subject {
  const { config } = input.scenario.vms[vmClass.vmIndexes[0]!]!;
  const writes = readWrites(input, vmClass);
  const passthroughCount = config.devices.filter(({ treatment }) => treatment !== "emulated").length;
  const vm = {
    dataPages: new BitmapLog(writes).populatedPages,
    passthroughCount,
    migratableCount: input.scenario.migration.migratable_devices ? passthroughCount : 0,
  };
  return { input, vmClass, writes, vm };
}

/**
 * What else one could do instead of the update, at its moment, with the same memory trace: one row an alternative and
 * class of VMs.
 *
 * Cost   the trace's page writes in memory, 16 bytes a row; each migration is replayed tick by tick
 */
export function listAlternatives(input: AlternativesInput): AlternativeRow[] {
  return input.result.classes.flatMap((vmClass) => {
    const subject = makeSubject(input, vmClass);
    return [
      liveUpdate(subject),
      migrate(subject, "pre-copy", {}),
      migrate(subject, "pre-copy-auto-converge", { autoConverge: true }),
      migrate(subject, "post-copy", { mode: "postcopy", postcopyAtNs: 0 }),
      migrate(subject, "stop-and-copy", { mode: "stop-copy" }),
      swap(subject),
      suspend(subject),
      reboot(subject),
    ];
  });
}
