import type { Side } from "../formats/evidence.ts";
import { anywhere, between, both, boundFields, type Bounds, isExact } from "./bounds.ts";
import { userSteps } from "./functions.ts";
import { preserveLengths, restoreLengths } from "./lengths.ts";
import { sideOf } from "./parts.ts";
import type { Step, TimelineMark } from "./timeline.ts";
import type { UpdateState } from "./update.ts";

/** What userspace did before the reboot call or behind it. */
export interface AroundPhase {
  readonly name: string;
  readonly start: Bounds;
  readonly end: Bounds;
  readonly length: Bounds;
  readonly steps: readonly Step[];
}

/** Steps of a phase, those of the lab joined with what a trace says of the same. */
function joinTraced(steps: readonly Step[], traced: readonly Step[]): Step[] {
  const joined = steps.map((step) => {
    const found = traced.find(({ name }) => name === step.name);
    if (!found) return step;
    const { detail = found.name, ...calls } = found;
    return { ...step, children: [...(step.children ?? []), { ...calls, name: detail }] };
  });
  const known = new Set(steps.map(({ name }) => name));
  return [...joined, ...traced.filter(({ name }) => !known.has(name))];
}

/** From when the old userspace may have begun to preserve to the reboot call. */
function beforeWindow({ parts, axes, windowStart }: UpdateState): Bounds {
  const init = parts.old?.signs.get("initNs");
  const lowNs = init ? axes.position(axes.old.printk(init)).lowNs : Number.NEGATIVE_INFINITY;
  return { lowNs, highNs: windowStart ? axes.position(windowStart).highNs : Number.POSITIVE_INFINITY };
}

/** Moments that userspace noted, on the timeline. */
export function listMarks({ parts, axes }: Pick<UpdateState, "parts" | "axes">): TimelineMark[] {
  return parts.marks.flatMap((mark) => {
    const point = axes[mark.side].monotonic(mark);
    if (!point) return [];
    return [{ name: mark.name, ...boundFields("at", axes.position(point)), clock: point.clock, source: mark.source }];
  });
}

/** Where a mark lies; anywhere without it. */
function markAt({ parts, axes }: UpdateState, side: Side, pattern: RegExp): Bounds {
  const mark = parts.marks.findLast((mark) => mark.side === side && pattern.test(mark.name));
  const point = mark && axes[side].monotonic(mark);
  return point ? axes.position(point) : anywhere;
}

export function aroundPhases(state: UpdateState): AroundPhase[] {
  const { parts, axes, windowEnd, restored, lab } = { ...state, lab: state.parts.lab };
  const traced = parts.graphs.flatMap((graph) => userSteps(axes, graph, sideOf(graph)));
  const ofPhase = (name: string): Step[] => traced.filter(({ phase }) => phase === name).map(({ step }) => step);
  const start = windowEnd ? axes.position(windowEnd) : anywhere;
  const end = restored ? axes.position(restored) : both(markAt(state, "new", /resumed|restore-end/), atLeast(start));
  const after = lab ? restoreLengths(lab, { lowNs: start.lowNs, highNs: end.highNs }) : { restore: [], finish: [] };
  const begin = markAt(state, "old", /^preserve-start/);
  const preserved = markAt(state, "old", /^preserve-end/);
  const before = joinTraced(lab ? preserveLengths(lab, beforeWindow(state)) : [], ofPhase("preserve"));
  const phases: AroundPhase[] = [
    { name: "preserve", start: begin, end: preserved, length: between(begin, preserved), steps: before },
    { name: "restore", start, end, length: between(start, end), steps: joinTraced(after.restore, ofPhase("restore")) },
    { name: "finish", ...unknownEdges, steps: joinTraced(after.finish, ofPhase("finish")) },
    { name: "systemd", ...unknownEdges, steps: systemdSteps(state) },
  ];
  return phases.filter(({ steps, length }) => steps.length > 0 || (isExact(length) && Number.isFinite(length.lowNs)));
}

function atLeast({ lowNs }: Bounds): Bounds {
  return { ...anywhere, lowNs };
}

const unknownEdges = { start: anywhere, end: anywhere, length: anywhere };

/** What systemd says of its start, by the new kernel's CLOCK_MONOTONIC. */
function systemdSteps({ parts, axes }: UpdateState): Step[] {
  const { startup } = parts;
  if (!startup) return [];
  const { source } = startup;
  let ns = 0;
  const steps = startup.parts.flatMap(({ name, ns: lengthNs }): Step[] => {
    const start = axes.new.monotonic({ ns, source });
    const end = axes.new.monotonic({ ns: (ns += lengthNs), source });
    return start && end ? [{ name, ...axes.spanFields(start, end), clock: start.clock, source }] : [];
  });
  const units = startup.units.flatMap((unit): Step[] => {
    const start = axes.new.monotonic({ ns: unit.startNs, source: unit.source });
    const end = axes.new.monotonic({ ns: unit.endNs, source: unit.source });
    return start && end
      ? [{ name: unit.name, ...axes.spanFields(start, end), clock: start.clock, source: unit.source }]
      : [];
  });
  return [...steps, ...units];
}
