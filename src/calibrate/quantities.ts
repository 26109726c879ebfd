import type { QuantityId } from "../profile/index.ts";
import { eventOf, type Recording } from "../recording/index.ts";
import { spans } from "./spans.ts";
import { sumTerms, type TermCounts, type UpdateSteps } from "./steps.ts";

const betweenKernels: readonly string[] = ["serialize", "kexec"];
const kexecSteps = [
  ...new Set(spans.filter(({ phase }) => betweenKernels.includes(phase)).flatMap(({ steps }) => steps)),
];

/** The model's steps that make up each quantity; docs/metrics.md says from where to where it reaches. */
const quantitySteps: Readonly<Record<QuantityId, readonly string[]>> = {
  preserve: ["preserve-memory"],
  retrieve: ["retrieve-memory"],
  reboot_to_userspace: kexecSteps,
  blackout: [...kexecSteps, "open-and-deserialize", "retrieve-session", "retrieve-memory"],
};

/** Everything that is paid in a quantity. */
export function quantityTerms({ steps }: UpdateSteps, id: QuantityId): TermCounts {
  return sumTerms(quantitySteps[id].map((name) => steps.get(name) ?? new Map()));
}

/** From the reboot call to the first instruction of the new userspace, by the TSC, which runs through the kexec. */
function rebootToUserspaceNs(recording: Recording): number | undefined {
  const before = eventOf(recording, "reboot")?.["tsc"];
  const after = eventOf(recording, "userspace2")?.["tsc"];
  if (before === undefined || after === undefined) return undefined;
  // In the lab's virtual time, one tick takes one nanosecond.
  return after > before ? after - before : undefined;
}

/** Sums over all files, by the lab's own clock. */
const fileTotals = {
  preserve: ["preserve_total", "preserve_ns"],
  retrieve: ["restore_total", "retrieve_fd_ns"],
} as const;

/** What a recording measured; undefined where it lost a reading. */
export function measureQuantity(recording: Recording, id: QuantityId): number | undefined {
  if (id === "preserve" || id === "retrieve") {
    const [kind, field] = fileTotals[id];
    return eventOf(recording, kind)?.[field];
  }
  const rebootNs = rebootToUserspaceNs(recording);
  if (id === "reboot_to_userspace" || rebootNs === undefined) return rebootNs;
  const openNs = eventOf(recording, "open_deserialize")?.["ns"];
  const restored = eventOf(recording, "restore_total");
  const [sessionsNs, filesNs] = [restored?.["retrieve_session_ns"], restored?.["retrieve_fd_ns"]];
  if (openNs === undefined || sessionsNs === undefined || filesNs === undefined) return undefined;
  return rebootNs + openNs + sessionsNs + filesNs;
}
