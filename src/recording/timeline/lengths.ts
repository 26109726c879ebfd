import type { LabFile, LabLength, LabReadings } from "../formats/lab-readings.ts";
import { anywhere, type Bounds, boundFields, exactly } from "./bounds.ts";
import type { ClockId, Step } from "./timeline.ts";

/** Between which moments something of a known length lies. */
function placeLength(ns: number, { lowNs, highNs }: Bounds): { start: Bounds; end: Bounds } {
  // Longer than the time that there was: one of the numbers is wrong, so nothing is said.
  if (!(lowNs + ns <= highNs)) return { start: anywhere, end: anywhere };
  return { start: { lowNs, highNs: highNs - ns }, end: { lowNs: lowNs + ns, highNs } };
}

function lengthStep(name: string, { ns, source }: LabLength, within: Bounds, clock: ClockId): Step {
  const { start, end } = placeLength(ns, within);
  return {
    name,
    ...boundFields("start", start),
    ...boundFields("end", end),
    ...boundFields("duration", exactly(ns)),
    clock,
    source,
  };
}

function fileSteps(files: readonly LabFile[], within: Bounds, clock: ClockId): Step[] {
  return files.map(({ session, file, ns, source }) => ({
    ...lengthStep(`session ${session}, file ${file}`, { ns, source }, within, clock),
  }));
}

/** One length of a list, and what the phase's other lengths leave of the time for it. */
function withFiles(step: Step | undefined, files: readonly Step[]): Step[] {
  if (!step) return [];
  return [files.length > 0 ? { ...step, children: files } : step];
}

function nsOf(...lengths: readonly (LabLength | undefined)[]): number {
  return lengths.reduce((total, length) => total + (length?.ns ?? 0), 0);
}

/** What the lab measured before the reboot call: sessions and files in turn, then the kernel's loading. */
export function preserveLengths(lab: LabReadings, within: Bounds): Step[] {
  const clock = "old-monotonic";
  const { createSessions, preserveFiles, loadKexec } = lab;
  const sessions = { lowNs: within.lowNs, highNs: within.highNs - nsOf(loadKexec) };
  const loading = { lowNs: within.lowNs + nsOf(createSessions, preserveFiles), highNs: within.highNs };
  return [
    ...(createSessions ? [lengthStep("create-session", createSessions, sessions, clock)] : []),
    ...withFiles(
      preserveFiles && lengthStep("preserve-memory", preserveFiles, sessions, clock),
      fileSteps(lab.preserved, sessions, clock),
    ),
    ...(loadKexec ? [lengthStep("load-kexec", loadKexec, loading, clock)] : []),
  ];
}

/** What the lab measured in the new userspace: the device's opening, then session by session. */
export function restoreLengths(lab: LabReadings, within: Bounds): { restore: Step[]; finish: Step[] } {
  const clock = "new-monotonic";
  const { deserialize, retrieveSessions, retrieveFiles, finishSessions, refault } = lab;
  const later = nsOf(retrieveSessions, retrieveFiles, finishSessions, refault);
  const opening = { lowNs: within.lowNs, highNs: within.highNs - later };
  const sessions = { lowNs: within.lowNs + nsOf(deserialize), highNs: within.highNs };
  return {
    restore: [
      ...(deserialize ? [lengthStep("open-and-deserialize", deserialize, opening, clock)] : []),
      ...(retrieveSessions ? [lengthStep("retrieve-session", retrieveSessions, sessions, clock)] : []),
      ...withFiles(
        retrieveFiles && lengthStep("retrieve-memory", retrieveFiles, sessions, clock),
        fileSteps(lab.retrieved, sessions, clock),
      ),
    ],
    finish: finishSessions ? [lengthStep("finish-session", finishSessions, sessions, clock)] : [],
  };
}
