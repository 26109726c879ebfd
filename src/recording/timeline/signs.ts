import { kernelFeatures, kernelLine, kernelVersions } from "../../model/index.ts";
import { type BootMark, bootMarkNames, bootSigns } from "../boot-steps.ts";
import type { Graph } from "../formats/evidence.ts";
import type { KernelLog } from "../formats/kernel-log.ts";
import type { KernelAxis, Point } from "./kernel-axis.ts";

/** A moment at which steps of the model begin; they last to the next sign. */
export interface Sign {
  readonly point: Point;
  readonly begins: readonly string[];
  /** Nothing tells what runs from here on. */
  readonly hole?: string;
}

type Features = ReturnType<typeof kernelFeatures>;

/** Undefined for a kernel that says no version or one that is not modelled. */
function featuresOf(log: KernelLog | undefined): Features | undefined {
  const version = log?.version;
  if (version === undefined || !kernelVersions.includes(kernelLine(version))) return undefined;
  return kernelFeatures(version);
}

type Edge = "start" | "end";

/** When the first call of a function began or ended, by the trace. */
function edgeOf(
  graph: Graph | undefined,
  names: readonly string[],
  edge: Edge,
): { ns: number; line: number } | undefined {
  if (!graph) return undefined;
  const { spans } = graph;
  const ids = names.map((name) => spans.names.find(name)).filter((id) => id !== undefined);
  if (ids.length === 0) return undefined;
  for (let index = 0; index < spans.count; index++) {
    if (!ids.includes(spans.nameIds[index]!)) continue;
    const ns = edge === "start" ? spans.startNs[index]! : spans.endNs(index);
    if (Number.isSafeInteger(Math.round(ns))) return { ns: Math.round(ns), line: spans.lines[index]! };
  }
  return undefined;
}

export function tracePoint(
  axis: KernelAxis,
  graph: Graph,
  { ns, line }: { ns: number; line: number },
): Point | undefined {
  const moment = { ns, source: { file: graph.file, line } };
  const point = graph.clock === "local" ? axis.local(moment) : axis.monotonic(moment);
  return point && { ...point, clock: "trace" };
}

interface OldSide {
  readonly axis: KernelAxis;
  readonly log: KernelLog | undefined;
  readonly graph: Graph | undefined;
  /** The last reading before the reboot call. */
  readonly reboot: Point | undefined;
}

/**
 * Signs of the old kernel's way down, in their order.
 *
 * Source   linux-7.3 kernel/kexec_core.c kernel_kexec()
 */
export function oldSigns({ axis, log, graph, reboot }: OldSide): Sign[] {
  const traced = (edge: Edge, ...names: string[]): Point | undefined => {
    const found = edgeOf(graph, names, edge);
    return found && graph && tracePoint(axis, graph, found);
  };
  const said = (moment: { ns: number; source: Point["source"] } | undefined): Point | undefined =>
    moment && axis.printk(moment);
  const hashes = featuresOf(log)?.hashesImage ?? false;
  const slots: readonly (readonly [Point | undefined, ...string[]])[] = [
    // An agent's own reading comes some time before its call.
    [traced("start", "__do_sys_reboot", "__x64_sys_reboot", "kernel_kexec") ?? reboot, "reboot-call"],
    [traced("start", "liveupdate_reboot"), "liveupdate-reboot"],
    [traced("end", "liveupdate_reboot") ?? traced("start", "kernel_restart_prepare"), "notify-reboot"],
    [traced("start", "device_shutdown") ?? said(log?.shutdowns[0]), "shutdown-device"],
    [traced("end", "device_shutdown") ?? said(log?.syscore[0]), "syscore-shutdown"],
    [traced("start", "machine_shutdown", "native_machine_shutdown") ?? said(log?.jump), "stop-cpus"],
    [
      traced("start", "machine_kexec") ??
        traced("end", "machine_shutdown", "native_machine_shutdown") ??
        said(log?.switchover),
      "copy-image",
      ...(hashes ? ["purgatory"] : []),
      "decompress",
    ],
  ];
  return joinSlots(slots);
}

/** Steps whose own sign is missing run some time after the sign before them; before the first sign nothing is seen. */
function joinSlots(slots: readonly (readonly [Point | undefined, ...string[]])[]): Sign[] {
  const signs: { point: Point; begins: string[] }[] = [];
  for (const [point, ...begins] of slots) {
    if (point) signs.push({ point, begins });
    else signs.at(-1)?.begins.push(...begins);
  }
  return signs;
}

/** Steps that begin with a message and that this kernel has. */
function stepsAt(mark: BootMark, log: KernelLog): readonly string[] {
  const features = featuresOf(log);
  const missing = new Set<string>();
  if (features && !features.extendsScratch) missing.add("extend-scratch");
  // A kernel that was handed nothing has nothing of these to do.
  if (!log.handedOver) for (const step of ["extend-scratch", "reserve-preserved", "restore-luo"]) missing.add(step);
  if (!log.deferredInit) missing.add("init-deferred");
  return (bootSigns[mark].begins ?? []).filter((step) => !missing.has(step));
}

/** Signs of the new kernel's way up, from the start of its clock. */
export function newSigns(axis: KernelAxis, log: KernelLog | undefined): Sign[] {
  const start = axis.printk({ ns: 0, source: log?.first.source ?? { file: "", line: 0 } });
  if (!log) return [];
  const slots = bootMarkNames.map((mark) => ({ steps: stepsAt(mark, log), moment: log.signs.get(mark) }));
  const signs: Sign[] = log.whole
    ? [{ point: start, begins: ["setup-arch"] }]
    : [{ point: start, begins: [], hole: "the beginning of the new kernel's log is missing" }];
  for (const { steps, moment } of slots) {
    if (steps.length === 0) continue;
    const last = signs.at(-1)!;
    if (moment) signs.push({ point: axis.printk(moment), begins: steps });
    else if (last.hole === undefined) signs[signs.length - 1] = { ...last, begins: [...last.begins, ...steps] };
  }
  return signs;
}
