import { gibBytes, mibBytes, msNs } from "../../src/base/index.ts";
import { type ComparisonHeader, comparisonSchema, FolderWriter, runSchema, type Table } from "../../src/trace/index.ts";

type Row = Readonly<Record<string, number | string | null>>;

export interface TinyComparisonOptions {
  /** Names of the recordings, in place of the usual ones. */
  readonly names?: readonly string[];
  readonly profileName?: string;
  /** Leave every table empty. */
  readonly empty?: boolean;
  /** How many of the updates, the first ones; all without it. */
  readonly updateCount?: number;
}

interface TinyUpdate {
  readonly name: string;
  readonly kernels: readonly [from: string, to: string];
  readonly workload: string;
  readonly cpus: number;
  readonly folios: number;
  readonly visits: number;
  readonly moved: number;
  readonly scattered?: boolean;
  readonly traced?: boolean;
  readonly fitted?: boolean;
}

const old: TinyUpdate["kernels"] = ["7.2.13", "7.2.13"];
const current: TinyUpdate["kernels"] = ["7.3.4", "7.3.4"];

/** Two kernels with one workload, one that moves pages, two scattered ones, a traced one, and one from kernel to kernel. */
const updates: readonly TinyUpdate[] = [
  { name: "old-64", kernels: old, workload: "mb=64", cpus: 1, folios: 16_384, visits: 194_860, moved: 0, fitted: true },
  { name: "new-64", kernels: current, workload: "mb=64", cpus: 1, folios: 16_384, visits: 273_844, moved: 2070 },
  { name: "new-64-still", kernels: current, workload: "mb=64", cpus: 1, folios: 16_384, visits: 270_000, moved: 0 },
  { name: "smp", kernels: current, workload: "mb=64", cpus: 8, folios: 16_384, visits: 348_762, moved: 4970 },
  { name: "hop", kernels: ["7.2.13", "7.3.4"], workload: "mb=64", cpus: 1, folios: 16_384, visits: 312_214, moved: 9 },
  {
    name: "frag-8",
    kernels: current,
    workload: "mb=32 frag=1",
    cpus: 1,
    folios: 8192,
    visits: 8192 * 8191,
    moved: 0,
    scattered: true,
  },
  {
    name: "frag-16",
    kernels: current,
    workload: "mb=64 frag=1",
    cpus: 1,
    folios: 16_384,
    visits: 16_384 * 16_383,
    moved: 0,
    scattered: true,
    fitted: true,
  },
  { name: "traced", kernels: current, workload: "mb=64", cpus: 1, folios: 16_384, visits: 9, moved: 0, traced: true },
];

interface TinyStep {
  readonly span: string;
  readonly name: string;
  readonly phase: string;
  readonly cost: string;
  readonly count: number;
  readonly unitNs: number;
  /** What the recording makes of the prediction. */
  readonly factor: number;
}

/** What the two kernels do, with numbers near to those of real ones. */
function stepsOf({ kernels, folios, visits, moved }: TinyUpdate): TinyStep[] {
  const hashes = kernels[0] === "7.2.13" && kernels[1] === "7.2.13";
  const step = (span: string, name: string, phase: string, term: readonly [string, number, number], factor: number) => {
    const [cost, count, unitNs] = term;
    return { span, name, phase, cost, count, unitNs, factor };
  };
  return [
    step("create-session", "create-session", "preserve", ["createSessionNs", 1, 7558], 0.98),
    step("preserve", "preserve-memory", "preserve", ["preservePageNs", folios + 2 * moved, 480], 1.012),
    step("load-kexec", "load-kexec", "preserve", ["loadMibNs", 24, hashes ? 36 * msNs : 1.6 * msNs], 0.99),
    step("reboot", "reboot-call + liveupdate-reboot", "serialize", ["rebootCallNs", 1, hashes ? 21_500 : 26_000], 1.01),
    hashes
      ? step("jump", "copy-image + purgatory + decompress", "kexec", ["hashPurgatoryMibNs", 25, 63 * msNs], 1.004)
      : step("jump", "copy-image + decompress", "kexec", ["copyPageNs", 6000, 22_500], 0.998),
    ...(hashes ? [] : [step("extend-scratch", "extend-scratch", "kexec", ["extendNs", 1, 3_440_000], 1.001)]),
    step("reserve", "reserve-preserved + free-memory", "kexec", ["visitRegionNs", visits, 19.5], 1.02),
    step("start-kernel", "start-kernel + restore-luo", "kexec", ["startKernelNs", 1, 302 * msNs], 0.93),
    step("retrieve", "retrieve-memory", "restore", ["retrieveFolioNs", folios, 1518], 1.003),
    step("finish", "finish-session", "finish", ["finishSessionNs", 1, 3834], 1.05),
  ];
}

function lengths(predictedNs: number, recordedNs: number | null): Row {
  return {
    predicted_ns: Math.round(predictedNs),
    low_ns: Math.max(0, Math.round(predictedNs * 0.98 - 30_000)),
    high_ns: Math.round(predictedNs * 1.02 + 30_000),
    recorded_ns: recordedNs === null ? null : Math.round(recordedNs),
  };
}

function updateRow(update: TinyUpdate): Row {
  const { name, kernels, workload, cpus, folios, visits, moved, scattered, traced, fitted } = update;
  return {
    name,
    kernel_from: kernels[0],
    kernel_to: kernels[1],
    workload,
    cpu_count: cpus,
    node_count: cpus > 4 ? 2 : 1,
    ram_bytes: 4 * gibBytes,
    session_count: 1,
    file_count: 1,
    folio_count: folios,
    key_count: folios + 72,
    region_count: scattered ? folios : 12,
    region_visit_count: visits,
    moved_pages: moved,
    image_bytes: 24 * mibBytes,
    initrd_bytes: 5 * mibBytes,
    scattered: scattered ? 1 : 0,
    traced: traced ? 1 : 0,
    fitted: fitted ? 1 : 0,
  };
}

type Push = (table: Table, row: Row) => void;

function pushUpdate(push: Push, update: TinyUpdate, index: number, firstStep: number): number {
  const steps = stepsOf(update);
  push(comparisonSchema.updateTable, updateRow(update));
  const sums: Record<string, [predictedNs: number, recordedNs: number]> = {};
  for (const [offset, { span, name, phase, cost, count, unitNs, factor }] of steps.entries()) {
    const predictedNs = count * unitNs;
    // The reading that gets lost is the one of a step that no sum needs.
    const recordedNs = span === "finish" && update.name === "hop" ? null : predictedNs * factor;
    push(comparisonSchema.comparedStepTable, {
      update_index: index,
      span,
      name,
      phase: runSchema.phaseLabels.indexOf(phase as never),
      ...lengths(predictedNs, recordedNs),
    });
    push(comparisonSchema.comparedTermTable, {
      step_index: firstStep + offset,
      cost,
      unit_count: count,
      unit_ns: unitNs,
      total_ns: count * unitNs,
    });
    for (const quantity of quantitiesOf(span, phase)) {
      const [predicted, recorded] = (sums[quantity] ??= [0, 0]);
      sums[quantity] = [predicted + predictedNs, recorded + (recordedNs ?? 0)];
    }
  }
  for (const [code, quantity] of comparisonSchema.quantityLabels.entries()) {
    const [predictedNs, recordedNs] = sums[quantity]!;
    const row = lengths(predictedNs, recordedNs + 12_000);
    push(comparisonSchema.quantityTable, { update_index: index, quantity: code, ...row });
  }
  return steps.length;
}

function quantitiesOf(span: string, phase: string): string[] {
  if (span === "preserve" || span === "retrieve") return span === "retrieve" ? ["retrieve", "blackout"] : ["preserve"];
  return phase === "kexec" || phase === "serialize" ? ["reboot_to_userspace", "blackout"] : [];
}

/** Writes a small, plausible comparison: what predicting a few recordings would give, without recordings. */
export function writeTinyComparison(target: string, options: TinyComparisonOptions = {}): ComparisonHeader {
  const writer = new FolderWriter("comparison", target);
  for (const table of comparisonSchema.comparisonTables) writer.table(table);
  const push: Push = (table, row) => writer.table(table).push(row);
  const named = updates
    .slice(0, options.updateCount)
    .map((update, index) => ({ ...update, name: options.names?.[index] ?? update.name }));
  if (!options.empty) {
    let stepCount = 0;
    for (const [index, update] of named.entries()) stepCount += pushUpdate(push, update, index, stepCount);
    const note = (name: string, index: number | null, detail: string) =>
      push(comparisonSchema.noteTable, { name, update_index: index, detail });
    for (const [index, { name, traced }] of named.entries()) {
      if (traced) note(name, index, "traced: recorded times of ioctls carry the tracer's cost, which is not predicted");
    }
    note(options.names?.at(-1) ?? "cut", null, "the log lacks the first kernel's Memory: line");
  }
  const hash = (digit: string): string => digit.repeat(64);
  return writer.finish({
    luoscope_version: "0.1.0",
    profile: { name: options.profileName ?? "baseline", sha256: hash("c") },
    recordings: (options.empty ? [] : named).map(({ name }, index) => ({ name, sha256: hash(String(index)) })),
  });
}
