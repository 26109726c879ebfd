import type { Phase, Step, Timeline } from "./timeline/timeline.ts";

/** Phases of an update without a VMM. */
export type UpdatePhase = "preserve" | "serialize" | "kexec" | "restore" | "finish";

/** A stretch of an update whose length a recording tells, and the model's steps in it, in order. */
export interface MeasuredSpan {
  readonly phase: UpdatePhase;
  readonly steps: readonly string[];
  readonly ns: number;
}

const updatePhases: ReadonlySet<string> = new Set<UpdatePhase>(["preserve", "serialize", "kexec", "restore", "finish"]);

function isUpdatePhase(name: string): name is UpdatePhase {
  return updatePhases.has(name);
}

function stepNames({ name }: Step): readonly string[] {
  return name.split(" + ");
}

interface PlacedStep {
  readonly phase: UpdatePhase;
  readonly step: Step;
}

/** Whether time that belongs to no step may lie between two moments. */
function hasHole({ unattributed }: Timeline, startNs: number, endNs: number): boolean {
  return unattributed.intervals.some((hole) => (hole.startNs ?? startNs) < endNs && (hole.endNs ?? endNs) > startNs);
}

/** Steps whose borders are not known are taken together, up to the next border that is. */
function joinUnknown(placed: readonly PlacedStep[], timeline: Timeline): MeasuredSpan[] {
  const spans: MeasuredSpan[] = [];
  let open: PlacedStep[] = [];
  for (const one of placed) {
    open.push(one);
    if (one.step.endNs === null) continue;
    const { endNs } = one.step;
    const { startNs } = open[0]!.step;
    // A stretch that begins nowhere has no length, and one with a hole is longer than its steps.
    if (startNs !== null && endNs >= startNs && !hasHole(timeline, startNs, endNs)) {
      spans.push({ phase: open[0]!.phase, steps: open.flatMap(({ step }) => stepNames(step)), ns: endNs - startNs });
    }
    open = [];
  }
  return spans;
}

/** A step that runs in two stretches makes them one. */
function joinShared(spans: readonly MeasuredSpan[]): MeasuredSpan[] {
  const joined: MeasuredSpan[] = [];
  for (const span of spans) {
    const index = joined.findIndex(({ steps }) => steps.some((name) => span.steps.includes(name)));
    if (index < 0) joined.push(span);
    else {
      const first = joined[index]!;
      const steps = [...new Set([...first.steps, ...span.steps])];
      joined[index] = { ...first, steps, ns: first.ns + span.ns };
    }
  }
  return joined;
}

function between({ phases }: Timeline): PlacedStep[] {
  return phases.flatMap(({ name, steps }) =>
    name === "serialize" || name === "kexec" ? steps.map((step) => ({ phase: name, step })) : [],
  );
}

/** Lengths that a caller measured by itself, wherever they lie. */
function ownLengths({ name, steps }: Phase): MeasuredSpan[] {
  if (!isUpdatePhase(name) || name === "serialize" || name === "kexec") return [];
  return steps.flatMap((step) => {
    const { durationNs } = step;
    return durationNs === null ? [] : [{ phase: name, steps: stepNames(step), ns: durationNs }];
  });
}

/**
 * What a recording times: between the reboot call and the new userspace the finest stretches with borders that are known,
 * before and after it what callers measured.
 */
export function measuredSpans(timeline: Timeline): readonly MeasuredSpan[] {
  return [...timeline.phases.flatMap(ownLengths), ...joinShared(joinUnknown(between(timeline), timeline))];
}
