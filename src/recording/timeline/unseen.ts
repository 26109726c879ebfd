import type { KernelAxis } from "./kernel-axis.ts";
import { isExact } from "./bounds.ts";
import type { UpdateState } from "./update.ts";

function describeUnsteady({ excessNs, unsteadyFromNs, unsteadyToNs }: KernelAxis): string {
  const [from, to] = [unsteadyFromNs, unsteadyToNs].map((ns) => (ns / 1e9).toFixed(6));
  const ms = (Math.abs(excessNs) / 1e6).toFixed(1);
  const way = excessNs > 0 ? "ahead of" : "behind";
  return `between [${from}] and [${to}] the new kernel's messages ran ${ms} ms ${way} the TSC: moments there are bounds`;
}

/** What the recording cannot show. */
export function describeUnseen(state: UpdateState): string[] {
  const { parts, axes, bridge, windowStart, windowEnd, remarks } = state;
  const unseen: string[] = [];
  if (!windowStart && parts.new)
    unseen.push("the old kernel: nothing before the new kernel's clock is in the recording");
  else if (windowStart?.clock === "old-printk" && parts.marks.length === 0) {
    unseen.push("the reboot call: the window starts with the first message behind it");
  }
  if (windowStart && bridge.kind === "one-clock") unseen.push("the new kernel: its log is not in the recording");
  if (bridge.kind === "none") {
    unseen.push("how long the jump took: no clock was read on both sides (--offset-ns gives it, if you know)");
  }
  if (!windowEnd && parts.new) unseen.push("the new userspace: the log ends before it");
  if (bridge.kind !== "one-clock") {
    unseen.push("what the jump consists of: no clock is read from the jump to the new kernel's first stamp");
  }
  if (axes.new.excessNs !== 0) unseen.push(describeUnsteady(axes.new));
  if (windowStart && parts.old && !isExact(axes.shift("old"))) {
    unseen.push("how the old kernel's messages lie to its reboot call: the log does not join its clocks");
  }
  if (!parts.lab && parts.graphs.length === 0 && parts.marks.length === 0) {
    unseen.push("what userspace did before and afterwards: no marks and no trace");
  }
  for (const log of [parts.old, parts.new]) {
    if (log?.signs.get("smpEndNs") && log.initcalls.length === 0 && log === parts.new) {
      unseen.push("initcalls: the new kernel was not started with initcall_debug, or its log leaves their level out");
    }
  }
  const later = parts.evidence.reduce((count, { kernels }) => count + kernels.length, 0) - 2;
  if (later > 0) unseen.push(`later boots in the log, ${later} in number, are not looked at`);
  return [...unseen, ...parts.evidence.flatMap((evidence) => evidence.remarks), ...remarks];
}
