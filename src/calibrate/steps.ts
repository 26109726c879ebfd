import {
  type CostId,
  type CostTerm,
  createSessionTerms,
  deserializeTerms,
  type FileCounts,
  finishSessionTerms,
  kexecStages,
  type KeyRun,
  loadKexec,
  preserveFileTerms,
  retrieveFileTerms,
  retrieveSessionTerms,
  serializeStages,
} from "../model/index.ts";
import type { BeforeUpdate } from "../recording/index.ts";
import { configOf, countsOf } from "./config.ts";

/** How often each constant is paid. */
export type TermCounts = ReadonlyMap<CostId, number>;

/** Everything that an update pays for, by the model's own steps and by file. */
export interface UpdateSteps {
  /** By the names of the model's steps. */
  readonly steps: ReadonlyMap<string, TermCounts>;
  readonly preserveFiles: readonly TermCounts[];
  readonly retrieveFiles: readonly TermCounts[];
}

export function sumTerms(lists: readonly (TermCounts | readonly CostTerm[])[]): TermCounts {
  const sums = new Map<CostId, number>();
  for (const list of lists) {
    const entries =
      list instanceof Map ? list : (list as readonly CostTerm[]).map(({ cost, count }) => [cost, count] as const);
    for (const [cost, count] of entries) if (count !== 0) sums.set(cost, (sums.get(cost) ?? 0) + count);
  }
  return sums;
}

/** Those of some steps that are paid for at all, and what is paid in them. */
export function paidIn(
  { steps: names }: { readonly steps: readonly string[] },
  { steps }: UpdateSteps,
): { readonly paid: readonly string[]; readonly terms: TermCounts } {
  const paid = names.filter((name) => (steps.get(name)?.size ?? 0) > 0);
  return { paid, terms: sumTerms(paid.map((name) => steps.get(name)!)) };
}

/** Numbers 0, 1, … below a count. */
function upTo(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/**
 * The model's steps of a recorded workload: its sessions and files one after the other, without a VMM.
 *
 * Source   the lifecycle table of docs/model.md; the same terms as those of planUpdate()
 */
export function stepsOf(
  before: BeforeUpdate,
  placement: { files: readonly FileCounts[]; keys: readonly KeyRun[]; regionVisitCount?: number },
): UpdateSteps {
  const { workload } = before;
  const { files } = placement;
  const config = configOf(before);
  const counts = countsOf(before, config, placement);
  const sessions = upTo(workload.sessions);
  const preserveFiles = files.map((file, index) => sumTerms([preserveFileTerms(file, before.files[index]!.file)]));
  const retrieveFiles = files.map((file) => sumTerms([retrieveFileTerms(file, config.host.numaNodeCount)]));
  const steps = new Map<string, TermCounts>([
    ["create-session", sumTerms(sessions.map(createSessionTerms))],
    ["preserve-memory", sumTerms(preserveFiles)],
    ["load-kexec", sumTerms([loadKexec(config.host, counts, "preserve").terms])],
  ]);
  for (const stage of [...serializeStages(config, counts), ...kexecStages(config, counts)]) {
    for (const work of stage.jobs.flat())
      steps.set(work.name, sumTerms([steps.get(work.name) ?? new Map(), work.terms]));
  }
  steps.set("open-and-deserialize", sumTerms([deserializeTerms(counts)]));
  steps.set("retrieve-session", sumTerms(sessions.map(retrieveSessionTerms)));
  steps.set("retrieve-memory", sumTerms(retrieveFiles));
  steps.set("finish-session", sumTerms(sessions.map(() => finishSessionTerms(workload.files))));
  return { steps, preserveFiles, retrieveFiles };
}
