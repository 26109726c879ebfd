import type { Mutation } from "./mutation.ts";

const draws = ["src/synth/draws.test.ts"];
const workloads = ["test/synth/workloads.test.ts"];
const twins = ["test/synth/twin.test.ts"];
const parts = ["test/synth/parts.test.ts"];
const rule = "synth";

/** Traces from recipes: what a workload writes, what a part of a trace becomes, and what a twin keeps. */
export const synthMutations: readonly Mutation[] = [
  {
    rule,
    breaks: "zipf takes every draw that it tries",
    file: "src/synth/zipf.ts",
    find: "if (area >= this.#integral(rank + 0.5) - this.#density(rank)) return rank - 1;",
    replace: "if (area !== undefined) return rank;",
    tests: draws,
  },
  {
    rule,
    breaks: "what is left of a tick's writes is lost",
    file: "src/synth/workloads/runner.ts",
    find: "this.#given += events;",
    replace: "this.#given = due + 1;",
    tests: workloads,
  },
  {
    rule,
    breaks: "scattered ranks fall on each other",
    file: "src/synth/scatter.ts",
    find: "} while (place >= this.#count);",
    replace: "} while (place < 0);\n    place = Math.min(place, this.#count - 1);",
    tests: draws,
  },
  {
    rule,
    breaks: "runs of a tick that touch stay apart",
    file: "src/synth/tick-runs.ts",
    find: "if (from > end) {",
    replace: "if (from >= end) {",
    tests: draws,
  },
  {
    rule,
    breaks: "the highest bits of frame numbers are not sorted",
    file: "src/synth/tick-runs.ts",
    find: "for (let shift = 0; shift < 32; shift += digitBits)",
    replace: "for (let shift = 0; shift < 11; shift += digitBits)",
    tests: draws,
  },
  {
    rule,
    breaks: "a checkpoint leaves its buffers dirty",
    file: "src/synth/workloads/checkpoint.ts",
    find: "this.#dirty[page >>> 5]! &= ~(1 << (page & 31));",
    replace: "this.#dirty[page >>> 5]! &= ~0;",
    tests: workloads,
  },
  {
    rule,
    breaks: "what an emulated drive reads in is written in the tick of the request",
    file: "src/synth/devices.ts",
    find: "if (pending.atNs > untilNs) this.#nextPending.push(pending);",
    replace: "if (pending.atNs < 0) this.#nextPending.push(pending);",
    tests: workloads,
  },
  {
    rule,
    breaks: "a repetition begins where the first one did",
    file: "src/synth/trace-part.ts",
    find: "repetition * (this.cutToNs - this.cutFromNs)",
    replace: "0 * repetition",
    tests: parts,
  },
  {
    rule,
    breaks: "devices keep the number that they had in their trace",
    file: "src/synth/copy-tables.ts",
    find: "newIndexes.set(index, firstIndex + newIndexes.size);",
    replace: "newIndexes.set(index, index);",
    tests: parts,
  },
  {
    rule,
    breaks: "a twin chooses ages by chance alone",
    file: "src/synth/groups.ts",
    find: "const lack = this.#shares[index]! * (this.#total + amount) - this.#taken[index]!;",
    replace: "const lack = 1 + 0 * amount;",
    tests: twins,
  },
  {
    rule,
    breaks: "busy ticks of a twin follow one another by chance",
    file: "src/synth/twin/fitted.ts",
    find: "this.#level = tickCorrelation * this.#level +",
    replace: "this.#level = 0 * tickCorrelation * this.#level +",
    tests: twins,
  },
  {
    rule,
    breaks: "a twin's new pages come evenly",
    file: "src/synth/twin/fit.ts",
    find: "while (knots.length < maxKnots) {",
    replace: "while (knots.length < 2) {",
    tests: twins,
  },
];
