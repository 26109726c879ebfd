import { boundFields, type Bounds, exactly, sum } from "./bounds.ts";
import type { KernelAxis } from "./kernel-axis.ts";
import type { Clock, ClockId } from "./timeline.ts";
import type { UpdateState } from "./update.ts";

function clockOf(id: ClockId, kernel: string | null, zero: Bounds, detail: string): Clock {
  return { id, kernel, ...boundFields("zero", zero), detail };
}

function describeExcess({ excessNs }: KernelAxis): string {
  if (excessNs === 0) return "";
  const way = excessNs > 0 ? "ahead of" : "behind";
  return `; ran ${Math.abs(Math.round(excessNs / 1000))} us ${way} the TSC while it booted`;
}

/** The clocks that the recording reads, and where each began. */
export function listClocks({ parts, axes }: UpdateState): Clock[] {
  const clocks: Clock[] = [];
  for (const side of ["old", "new"] as const) {
    const log = parts[side];
    const axis = axes[side];
    if (!log) continue;
    const kernel = log.version ?? null;
    const zero = axes.shift(side);
    const detail = `stamps of messages, in us${side === "new" ? describeExcess(axis) : ""}`;
    clocks.push(clockOf(`${side}-printk`, kernel, zero, detail));
    if (axis.offsetNs === undefined) continue;
    const fromPrintkNs = axis.offsetNs - (side === "new" ? axis.excessNs : 0);
    const monotonic = `CLOCK_MONOTONIC, ${-axis.offsetNs} ns ahead of the messages' clock`;
    clocks.push(clockOf(`${side}-monotonic`, kernel, sum(zero, exactly(fromPrintkNs)), monotonic));
  }
  const reboot = parts.lab?.reboot;
  if (reboot)
    clocks.push(clockOf("tsc", null, exactly(0), `reads ${reboot.tsc} at the origin; goes on over the kexec`));
  return clocks;
}
