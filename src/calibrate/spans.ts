import type { MeasuredSpan, UpdatePhase } from "../recording/index.ts";

/** A stretch of an update that is predicted as a whole, since no log of the lab's divides it: the model's steps in it. */
export interface Span {
  /** The same whatever is paid in it. */
  readonly id: string;
  readonly phase: UpdatePhase;
  readonly steps: readonly string[];
}

/** Every step of an update is in one of these, in order. */
export const spans: readonly Span[] = [
  { id: "create-session", phase: "preserve", steps: ["create-session"] },
  { id: "preserve", phase: "preserve", steps: ["preserve-memory"] },
  { id: "load-kexec", phase: "preserve", steps: ["load-kexec"] },
  {
    id: "reboot",
    phase: "serialize",
    steps: ["reboot-call", "liveupdate-reboot", "notify-reboot", "shutdown-device"],
  },
  { id: "syscore", phase: "kexec", steps: ["syscore-shutdown"] },
  { id: "jump", phase: "kexec", steps: ["stop-cpus", "copy-image", "purgatory", "decompress"] },
  { id: "setup-arch", phase: "kexec", steps: ["setup-arch", "map-memory"] },
  { id: "extend-scratch", phase: "kexec", steps: ["extend-scratch"] },
  { id: "init-memmap", phase: "kexec", steps: ["init-memmap"] },
  { id: "reserve", phase: "kexec", steps: ["reserve-preserved", "free-memory"] },
  {
    id: "boot",
    phase: "kexec",
    steps: ["start-kernel", "restore-luo", "start-cpus", "init-deferred", "initcalls", "unpack-initrd"],
  },
  { id: "start-userspace", phase: "kexec", steps: ["start-userspace"] },
  { id: "open", phase: "restore", steps: ["open-and-deserialize"] },
  { id: "retrieve-session", phase: "restore", steps: ["retrieve-session"] },
  { id: "retrieve", phase: "restore", steps: ["retrieve-memory"] },
  { id: "finish", phase: "finish", steps: ["finish-session"] },
];

/** Steps that a recording shows for others: the model's map-memory is a part of what messages call setup_arch(). */
const partOf: Readonly<Record<string, string>> = { "map-memory": "setup-arch" };

/** The model's steps in a measured stretch, those included that no sign divides from them. */
export function modelSteps({ steps }: Pick<MeasuredSpan, "steps">): readonly string[] {
  return [...steps, ...Object.keys(partOf).filter((name) => steps.includes(partOf[name]!))];
}

/**
 * How long a stretch took: the measured ones in it, if together they hold each of its steps that is paid for, and none
 * reaches out of it.
 */
export function measuredNs(
  { steps }: Span,
  measured: readonly MeasuredSpan[],
  paid: readonly string[],
): number | undefined {
  const touching = measured
    .map((each) => ({ names: modelSteps(each), ns: each.ns }))
    .filter(({ names }) => names.some((name) => steps.includes(name)));
  const names = touching.flatMap((each) => each.names);
  if (touching.length === 0 || names.some((name) => !steps.includes(name))) return undefined;
  if (paid.some((name) => !names.includes(name))) return undefined;
  return touching.reduce((sum, { ns }) => sum + ns, 0);
}
