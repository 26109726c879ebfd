import { anywhere, type Bounds, boundFields } from "./bounds.ts";
import type { AroundPhase } from "./user-phases.ts";
import type { Phase, Step, Window } from "./timeline.ts";
import type { UpdateState } from "./update.ts";

const serializeSteps = new Set(["reboot-call", "liveupdate-reboot"]);

/** Where the border to the notifiers cannot be seen, they are counted to serialize; a step that goes further is kexec's. */
function phaseOf({ name }: Step): string {
  const names = name.split(" + ");
  const isSerialize = serializeSteps.has(names[0]!);
  return isSerialize && names.every((step) => serializeSteps.has(step) || step === "notify-reboot")
    ? "serialize"
    : "kexec";
}

/** What was taken for the window's start and end. */
function signOf(state: UpdateState, edge: "start" | "end"): string | null {
  const point = edge === "start" ? state.windowStart : state.windowEnd;
  if (!point) return null;
  const { file, line } = point.source;
  return `${point.clock} at ${file}:${line}`;
}

export function describeWindow(state: UpdateState, length: Bounds): Window {
  const { axes, windowStart, windowEnd } = state;
  return {
    ...boundFields("start", windowStart ? axes.position(windowStart) : anywhere),
    ...boundFields("end", windowEnd ? axes.position(windowEnd) : anywhere),
    ...boundFields("duration", length),
    startSign: signOf(state, "start"),
    endSign: signOf(state, "end"),
  };
}

/** The window's steps by phase, between what userspace did before and after. */
export function joinPhases(state: UpdateState, steps: readonly Step[], around: readonly AroundPhase[]): Phase[] {
  const { axes, tiles } = state;
  const inWindow = ["serialize", "kexec"].flatMap((name): Phase[] => {
    const own = steps.filter((step) => phaseOf(step) === name);
    if (own.length === 0) return [];
    const first = tiles.find(({ names }) => names.join(" + ") === own[0]!.name)!;
    const last = tiles.findLast(({ names }) => names.join(" + ") === own.at(-1)!.name)!;
    return [{ name, ...axes.spanFields(first.start, last.end), steps: own }];
  });
  const toPhase = ({ name, start, end, length, steps }: AroundPhase): Phase => ({
    name,
    ...boundFields("start", start),
    ...boundFields("end", end),
    ...boundFields("duration", length),
    steps,
  });
  return [
    ...around.filter(({ name }) => name === "preserve").map(toPhase),
    ...inWindow,
    ...around.filter(({ name }) => name !== "preserve").map(toPhase),
  ];
}
