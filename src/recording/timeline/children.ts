import type { Call, NamedMoment } from "../formats/evidence.ts";
import type { KernelLog } from "../formats/kernel-log.ts";
import type { Silence } from "../formats/silences.ts";
import type { Axes } from "./axes.ts";
import type { KernelAxis, Point } from "./kernel-axis.ts";
import type { Step } from "./timeline.ts";

/** Deeper than calls of a boot lie in each other. */
const maxNesting = 16;

/** A call that printk shows, as a step. */
export function callStep(axes: Axes, axis: KernelAxis, call: Call, children: readonly Step[] = []): Step {
  const start = axis.printk({ ns: call.startNs, source: call.source });
  const end = axis.printk({ ns: call.endNs, source: call.source });
  return {
    name: call.name,
    ...axes.spanFields(start, end),
    clock: start.clock,
    source: call.source,
    ...(call.detail === undefined ? {} : { detail: call.detail }),
    ...(children.length > 0 ? { children } : {}),
  };
}

/** Calls as a tree: one that lies within another is its part. */
export function nestCalls(axes: Axes, axis: KernelAxis, calls: readonly Call[]): Step[] {
  const sorted = [...calls].sort((left, right) => left.startNs - right.startNs || right.endNs - left.endNs);
  const roots: Nested[] = [];
  const open: Nested[] = [];
  for (const call of sorted) {
    while (open.length === maxNesting || (open.length > 0 && open.at(-1)!.call.endNs < call.endNs)) open.pop();
    const nested = { call, parts: [] };
    (open.at(-1)?.parts ?? roots).push(nested);
    open.push(nested);
  }
  const toStep = ({ call, parts }: Nested): Step => callStep(axes, axis, call, parts.map(toStep));
  return roots.map(toStep);
}

interface Nested {
  readonly call: Call;
  readonly parts: Nested[];
}

/** Moments as steps, each up to the next one and the last up to the end. */
export function chainForward(axes: Axes, axis: KernelAxis, moments: readonly NamedMoment[], end: Point): Step[] {
  return moments.map((moment, index) => {
    const start = axis.printk(moment);
    const next = moments[index + 1];
    const stop = next ? axis.printk(next) : end;
    return { name: moment.name, ...axes.spanFields(start, stop), clock: start.clock, source: moment.source };
  });
}

/** Moments as steps that each began with the one before it, the first at the start. */
export function chainBackward(axes: Axes, axis: KernelAxis, all: readonly NamedMoment[], start: Point): Step[] {
  // A CPU may say twice that it goes; the last word counts.
  const moments = all.filter(({ name }, index) => all[index + 1]?.name !== name);
  return moments.map((moment, index) => {
    const before = moments[index - 1];
    const begin = before ? axis.printk(before) : start;
    return {
      name: moment.name,
      ...axes.spanFields(begin, axis.printk(moment)),
      clock: begin.clock,
      source: moment.source,
    };
  });
}

/** Parts of a step of the old kernel. */
export function oldParts(
  axes: Axes,
  log: KernelLog,
  tile: { names: readonly string[]; start: Point; end: Point },
): Step[] {
  const { names, start, end } = tile;
  const [from, to] = [start.readNs, end.axis === "old" ? end.readNs : Number.POSITIVE_INFINITY];
  const within = (moments: readonly NamedMoment[]): NamedMoment[] =>
    moments.filter(({ ns }) => ns >= from && ns <= to && (log.jump === undefined || ns <= log.jump.ns));
  const parts: Step[] = [];
  if (names.includes("shutdown-device")) {
    const first = log.syscore[0];
    const stop = first && names.includes("syscore-shutdown") ? axes.old.printk(first) : end;
    parts.push(...chainForward(axes, axes.old, within(log.shutdowns), stop));
  }
  if (names.includes("syscore-shutdown")) parts.push(...chainForward(axes, axes.old, within(log.syscore), end));
  if (names.includes("stop-cpus")) {
    const cpus = log.cpus.filter(({ ns }) => ns >= from && ns <= to);
    parts.push(...chainBackward(axes, axes.old, cpus, start));
  }
  return parts;
}

/** Parts of a step of the new kernel: initcalls that began in it, and the initrd that is unpacked beside them. */
export function newParts(
  axes: Axes,
  log: KernelLog,
  tile: { names: readonly string[]; start: Point; end: Point },
): Step[] {
  const { names, start, end } = tile;
  const to = end.axis === "new" ? end.readNs : Number.POSITIVE_INFINITY;
  const calls = log.initcalls.filter(({ startNs }) => startNs >= start.readNs && startNs < to);
  const initrdEnd = log.signs.get("initrdEndNs");
  if (names.includes("unpack-initrd") && log.unpack && initrdEnd && log.unpack.ns <= initrdEnd.ns) {
    const { ns: startNs, source } = log.unpack;
    const detail = "beside the initcalls";
    const unpack: Call = { name: "unpack-initrd", startNs, endNs: initrdEnd.ns, source, detail };
    return [...nestCalls(axes, axes.new, calls), callStep(axes, axes.new, unpack)];
  }
  return nestCalls(axes, axes.new, calls);
}

/** Of a step, the longest time without a message, if it is a good part of it. */
export function longestSilence(log: KernelLog | undefined, start: Point, end: Point): Silence | undefined {
  const fits = ({ startNs, endNs }: Silence): boolean => startNs >= start.readNs && endNs <= end.readNs;
  const found = log?.silences
    .filter(fits)
    .reduce<Silence | undefined>(
      (longest, next) => (!longest || next.endNs - next.startNs > longest.endNs - longest.startNs ? next : longest),
      undefined,
    );
  return found && 3 * (found.endNs - found.startNs) >= end.readNs - start.readNs ? found : undefined;
}
