import { z } from "zod";

import { secNs } from "../base/index.ts";
import { duration, loadYaml, type ReadText } from "../config/index.ts";

/** What is promised: so large a share of the VMs stands still for no longer than `pauseNs` in an update. */
export interface Slo {
  readonly name: string;
  readonly pauseNs: number;
  /** Share of the VMs of which it is promised, more than 0 to 1. */
  readonly vmRatio: number;
  /** Where the promise comes from. */
  readonly source: string;
}

/** Share of VMs that a preset or a promise without one is held to: assumed, as no public text names one. */
export const defaultVmRatio = 0.99;

const preset = (sec: number, source: string): Slo => ({
  name: `pause-${sec}s`,
  pauseNs: sec * secNs,
  vmRatio: defaultVmRatio,
  source,
});

/** Lengths of pauses that public documents of clouds name; as labels, not as anybody's contract. */
export const sloPresets: readonly Slo[] = [
  preset(1, "reported of a public cloud's live migration (third-party text)"),
  preset(5, "a public cloud's documents: live migration typically pauses for up to 5 s"),
  preset(10, "a public cloud's documents: maintenance almost always pauses for less than 10 s"),
  preset(30, "a public cloud's documents: a pause of about 30 s, rarely"),
];

export const presetNames: readonly string[] = sloPresets.map(({ name }) => name);

/** A preset by its name. */
export function presetSlo(name: "pause-1s" | "pause-5s" | "pause-10s" | "pause-30s"): Slo {
  return sloPresets.find((known) => known.name === name)!;
}

const sloShape = z
  .strictObject({
    name: z.string().min(1).max(100),
    /** Longest pause that keeps the promise. */
    pause: duration.refine((ns) => ns > 0, { error: "longer than 0" }),
    vm_ratio: z.number().gt(0).max(1).default(defaultVmRatio),
    source: z.string().max(500).default("stated by the user"),
  })
  .transform(({ name, pause, vm_ratio, source }): Slo => ({ name, pauseNs: pause, vmRatio: vm_ratio, source }));

/** A promise in a user's file: a preset's name, or its own. */
export const sloField = z.union(
  [
    z
      .string()
      .refine((name) => presetNames.includes(name))
      .transform((name) => sloPresets.find((known) => known.name === name)!),
    sloShape,
  ],
  { error: `one of ${presetNames.join(", ")}, or {name: NAME, pause: 3 s, vm_ratio: 0.99}` },
);

const sloFile = z.strictObject({
  version: z.literal(1, { error: "version 1 is the only one" }),
  slos: z.array(sloField).min(1).max(100),
});

/**
 * Promises by a preset's name, or from a YAML file: `version: 1`, and a list `slos`.
 *
 * Errors   UsageError with one line a problem: `file:line: dotted.path: what is wrong`
 */
export function loadSlos(nameOrPath: string, readText: ReadText): readonly Slo[] {
  const known = sloPresets.find(({ name }) => name === nameOrPath);
  if (known) return [known];
  const hint = `name a preset (${presetNames.join(", ")}) or a file`;
  return loadYaml(nameOrPath, { readText, what: "list of SLOs", schema: sloFile, hint }).value.slos;
}
