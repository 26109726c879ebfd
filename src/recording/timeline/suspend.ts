import type { Call, NamedMoment } from "../formats/evidence.ts";
import type { KernelLog } from "../formats/kernel-log.ts";
import { Axes } from "./axes.ts";
import { exactly } from "./bounds.ts";
import { callStep, chainBackward } from "./children.ts";
import { KernelAxis, type Point } from "./kernel-axis.ts";
import type { Parts } from "./parts.ts";
import { describeHoles, type Tile } from "./tiles.ts";
import type { Phase, Step, Timeline } from "./timeline.ts";

/** They only enclose others, which say more. */
const wrappers = new Set(["suspend_enter"]);

/** What the kernel did from begin to end, and what it did within. */
interface Action {
  readonly call: Call;
  readonly parts: readonly Call[];
}

/** `CPU_OFF[3]` is one of many CPU_OFF. */
function kindOf(name: string): string {
  return name.replace(/\[-?\d+\]$/, "");
}

/** Actions that follow each other, with those inside; one that begins before another ended, and ends later, is left out. */
function sortActions(calls: readonly Call[]): { actions: Action[]; misplaced: Call[] } {
  const actions: { call: Call; parts: Call[] }[] = [];
  const misplaced: Call[] = [];
  const sorted = calls
    .filter(({ name }) => !wrappers.has(kindOf(name)))
    .sort((left, right) => left.startNs - right.startNs || right.endNs - left.endNs);
  for (const call of sorted) {
    const last = actions.at(-1);
    if (!last || call.startNs >= last.call.endNs) actions.push({ call, parts: [] });
    else if (call.endNs <= last.call.endNs) last.parts.push(call);
    else misplaced.push(call);
  }
  return { actions, misplaced };
}

/** The same from messages alone: each says that something begins, or that it has ended. */
function actionsOf(log: KernelLog): Call[] {
  const actions: Call[] = [];
  let open: NamedMoment | undefined;
  let lastNs = log.first.ns;
  const close = (name: string, start: { ns: number; source: Call["source"] }, endNs: number): void => {
    if (endNs > start.ns) actions.push({ name, startNs: start.ns, endNs, source: start.source });
  };
  for (const { name: sign, ns, source } of log.suspend) {
    const [name, what] = sign.split(" ") as [string, string];
    if (open) close(open.name, open, what === "end" && open.name !== name ? lastNs : lastCpu(log, open, ns));
    if (what === "begin") open = { name, ns, source };
    else {
      if (open?.name !== name) close(name, { ns: lastNs, source }, ns);
      open = undefined;
    }
    lastNs = Math.max(lastNs, ns);
  }
  const last = log.cpus.at(-1)?.ns ?? log.last.ns;
  if (open) close(open.name, open, last);
  else if (log.suspend.length === 0 && log.cpus.length > 0) close("CPU_OFF", log.cpus[0]!, last);
  return actions;
}

/** CPUs go one after the other; what comes after the last of them is something else. */
function lastCpu(log: KernelLog, open: NamedMoment, endNs: number): number {
  if (!open.name.startsWith("CPU_")) return endNs;
  return log.cpus.findLast(({ ns }) => ns >= open.ns && ns <= endNs)?.ns ?? endNs;
}

interface Context {
  readonly axes: Axes;
  readonly devices: readonly Call[];
  readonly log: KernelLog | undefined;
}

function pointsOf({ axes }: Context, { startNs, endNs, source }: Call): { start: Point; end: Point } {
  return { start: axes.old.printk({ ns: startNs, source }), end: axes.old.printk({ ns: endNs, source }) };
}

function toStep(context: Context, { call, parts }: Action): Step {
  const { axes, devices, log } = context;
  const within = ({ startNs, endNs }: Call): boolean => startNs >= call.startNs && endNs <= call.endNs;
  const cpus = kindOf(call.name).startsWith("CPU_") && log ? log.cpus : [];
  const children = [
    ...parts.map((part) => callStep(axes, axes.old, part)),
    ...devices.filter(within).map((device) => callStep(axes, axes.old, device)),
    ...chainBackward(
      axes,
      axes.old,
      cpus.filter(({ ns }) => ns > call.startNs && ns <= call.endNs),
      pointsOf(context, call).start,
    ),
  ];
  return callStep(axes, axes.old, call, children);
}

/** Actions of one kind that follow each other make a phase. */
function toPhases(context: Context, actions: readonly Action[]): Phase[] {
  const runs: Action[][] = [];
  for (const action of actions) {
    const run = runs.at(-1);
    if (run && kindOf(run[0]!.call.name) === kindOf(action.call.name)) run.push(action);
    else runs.push([action]);
  }
  return runs.map((run) => ({
    name: kindOf(run[0]!.call.name),
    ...context.axes.spanFields(pointsOf(context, run[0]!.call).start, pointsOf(context, run.at(-1)!.call).end),
    steps: run.map((action) => toStep(context, action)),
  }));
}

/** The window as tiles: actions, and the time between them. */
function tileActions(context: Context, actions: readonly Action[]): Tile[] {
  return actions.flatMap(({ call }, index): Tile[] => {
    const tile = { names: [call.name], ...pointsOf(context, call) };
    const next = actions[index + 1]?.call;
    if (!next || next.startNs === call.endNs) return [tile];
    const gap = { start: tile.end, end: pointsOf(context, next).start };
    return [tile, { names: [], ...gap, hole: `between ${call.name} and ${next.name}` }];
  });
}

/** Only a sleeping machine that keeps its clock can tell how long it slept. */
function describeUnseen({ evidence, suspend }: Parts, misplaced: readonly Call[]): string[] {
  const unseen = evidence.flatMap(({ remarks }) => remarks);
  if (suspend?.actions.some(({ name }) => /^machine_suspend\[[2-4]\]/.test(name))) {
    unseen.push("how long the machine slept: the trace's clock may stand still meanwhile");
  }
  for (const { name, source } of misplaced.slice(0, 20)) {
    unseen.push(`${source.file}:${source.line}: ${name} overlaps what was before it and is not used`);
  }
  return unseen;
}

/** Puts a suspend and its resume on one axis: the tracer's clock, which is that of the messages. */
export function buildSuspend(parts: Parts, name: string): Timeline {
  const log = parts.old ?? parts.new;
  const axes = new Axes({ old: new KernelAxis("old", undefined), new: new KernelAxis("new", undefined) });
  const traced = (parts.suspend?.actions.length ?? 0) > 0 ? parts.suspend!.actions : undefined;
  const { actions, misplaced } = sortActions(traced ?? (log ? actionsOf(log) : []));
  const devices = (parts.suspend?.devices.length ?? 0) > 0 ? parts.suspend!.devices : (log?.devices ?? []);
  const context = { axes, devices, log };
  const [first, last] = [actions[0]?.call, actions.at(-1)?.call];
  axes.place("old", exactly(-(first?.startNs ?? 0)));
  const tiles = tileActions(context, actions);
  const zero = { ns: first?.startNs ?? 0, source: first?.source ?? { file: "", line: 0 } };
  const start = axes.old.printk(zero);
  const end = axes.old.printk({ ...zero, ns: last?.endNs ?? zero.ns });
  const window = axes.length(start, end);
  return {
    name,
    kind: "suspend",
    oldKernel: log?.version ?? null,
    newKernel: log?.version ?? null,
    inputs: parts.evidence.map(({ path, sha256, format, lines, damagedLines }) => {
      return { path, sha256, format, lines, damagedLines };
    }),
    clocks: [
      { id: "old-printk", kernel: log?.version ?? null, zeroNs: -zero.ns, detail: "of messages and of the trace" },
    ],
    bridge: { kind: "one-clock", detail: "one kernel and one clock", newZeroNs: -zero.ns },
    window: {
      ...axes.spanFields(start, end),
      startSign: first ? `begin of ${first.name}` : null,
      endSign: last ? `end of ${last.name}` : null,
    },
    phases: toPhases(context, actions),
    marks: (parts.suspend?.marks ?? []).map(({ name, ns, source }) => {
      return { name, atNs: ns - zero.ns, clock: "trace", source };
    }),
    unattributed: describeHoles(axes, tiles, window),
    functions: [],
    unseen: describeUnseen(parts, misplaced),
  };
}
