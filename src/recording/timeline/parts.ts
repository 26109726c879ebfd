import type { ClockSample, Evidence, Graph, Mark, Side } from "../formats/evidence.ts";
import type { KernelLog } from "../formats/kernel-log.ts";
import type { LabReadings } from "../formats/lab-readings.ts";
import type { Startup } from "../formats/systemd.ts";
import type { SuspendEvents } from "../formats/suspend-events.ts";

/** Everything that is known of one update: the files that belong together, by what they tell of. */
export interface Parts {
  readonly evidence: readonly Evidence[];
  readonly old: KernelLog | undefined;
  readonly new: KernelLog | undefined;
  readonly lab: LabReadings | undefined;
  readonly graphs: readonly Graph[];
  readonly suspend: SuspendEvents | undefined;
  readonly marks: readonly Mark[];
  readonly clocks: readonly ClockSample[];
  readonly tscKhz: number | undefined;
  readonly startup: Startup | undefined;
}

/** Functions that tell whose trace it is: only one of the kernels runs them. */
const oldFunctions = [
  "kernel_kexec",
  "liveupdate_reboot",
  "device_shutdown",
  "luo_preserve_file",
  "luo_session_create",
];
const newFunctions = ["luo_retrieve_file", "luo_session_retrieve", "luo_session_finish", "luo_session_deserialize"];

function runs(graph: Graph, functions: readonly string[]): boolean {
  return functions.some((name) => graph.spans.names.find(name) !== undefined);
}

/** Whose trace it is, where the file does not say. */
export function sideOf(graph: Graph): Side {
  if (graph.side) return graph.side;
  return !runs(graph, oldFunctions) && runs(graph, newFunctions) ? "new" : "old";
}

function isNew(log: KernelLog): boolean {
  return log.handedOver && log.jump === undefined;
}

function isOn(side: Side): (log: KernelLog) => boolean {
  return (log) => log.side === side;
}

/** The kernels of a group in their order; a lone one is the new one if it was handed something or never goes down. */
function pickKernels(kernels: readonly KernelLog[]): Pick<Parts, "old" | "new"> {
  // Of several boots in a log, those on both sides of the first jump.
  const jumpAt = kernels.findIndex(({ jump }, index) => jump !== undefined && index + 1 < kernels.length);
  const [first, second] = kernels.slice(Math.max(0, jumpAt));
  if (!first) return { old: undefined, new: undefined };
  if (first.side) return { old: kernels.find(isOn("old")), new: kernels.find(isOn("new")) };
  if (second) {
    // dmesg of both, the new one's named first.
    if (isNew(first) && !isNew(second)) return { old: second, new: first };
    return { old: first, new: second };
  }
  const goesDown = first.jump !== undefined || (first.shutdowns.length > 0 && !first.handedOver);
  return goesDown ? { old: first, new: undefined } : { old: undefined, new: first };
}

function hasSuspend({ suspend, kernels }: Evidence): boolean {
  return (suspend?.actions.length ?? 0) > 0 || kernels.some((log) => log.devices.length > 0 || isSuspended(log));
}

/** A log of a suspend has at least its two ends, one of CPUs that go offline nothing else. */
export function isSuspended({ suspend, cpus, signs, jump }: KernelLog): boolean {
  return suspend.length >= 2 || (cpus.length > 0 && signs.size === 0 && jump === undefined);
}

/**
 * Files that belong to one update. They are taken in the order in which they are named: a file joins the group before it
 * unless it holds what the group has already, a kernel's log above all.
 */
export function groupEvidence(all: readonly Evidence[]): Parts[] {
  const groups: Evidence[][] = [];
  for (const evidence of all) {
    const group = groups.at(-1);
    if (group && fits(group, evidence)) group.push(evidence);
    else groups.push([evidence]);
  }
  return groups.map(joinEvidence);
}

function fits(group: readonly Evidence[], next: Evidence): boolean {
  const isWhole = ({ lab, marks, clocks }: Evidence): boolean => lab !== undefined || marks.length + clocks.length > 0;
  if (isWhole(next) || group.some(isWhole)) return false;
  const kernels = group.flatMap((evidence) => evidence.kernels);
  // A suspend has one kernel, an update two.
  const isSuspend = group.some(hasSuspend) || hasSuspend(next);
  if (kernels.length + next.kernels.length > (isSuspend ? 1 : 2)) return false;
  if (kernels.length > 0 && next.kernels.length > 0 && !arePair([...kernels, ...next.kernels])) return false;
  const graphs = [...group.flatMap((evidence) => evidence.graphs), ...next.graphs].map(sideOf);
  if (new Set(graphs).size < graphs.length) return false;
  const startups = group.filter(({ startup }) => startup).length + (next.startup ? 1 : 0);
  const suspends = group.filter(({ suspend }) => suspend).length + (next.suspend ? 1 : 0);
  return startups <= 1 && suspends <= 1;
}

/** Two logs are an update's when the one goes down for another kernel or the other was handed something. */
function arePair([first, second]: readonly KernelLog[]): boolean {
  return [first!, second!].some((log) => log.jump !== undefined || log.handedOver);
}

function joinEvidence(evidence: readonly Evidence[]): Parts {
  return {
    evidence,
    ...pickKernels(evidence.flatMap(({ kernels }) => kernels)),
    lab: evidence.find(({ lab }) => lab)?.lab,
    graphs: evidence.flatMap(({ graphs }) => graphs),
    suspend: evidence.find(({ suspend }) => suspend)?.suspend,
    marks: evidence.flatMap(({ marks }) => marks),
    clocks: evidence.flatMap(({ clocks }) => clocks),
    tscKhz: evidence.find(({ tscKhz }) => tscKhz !== undefined)?.tscKhz,
    startup: evidence.find(({ startup }) => startup)?.startup,
  };
}
