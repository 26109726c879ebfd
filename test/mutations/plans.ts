import type { Mutation } from "./mutation.ts";

const load = ["test/plan/load.test.ts"];
const runs = ["test/plan/runs.test.ts"];
const whatIf = ["test/replay/what-if.test.ts"];

/** What a plan's runs are, and that they are what a replay says. */
export const planMutations: readonly Mutation[] = [
  {
    rule: "PLAN",
    breaks: "a draw depends on what else is uncertain",
    file: "src/plan/runs.ts",
    find: "(name) => this.#stream(name).at(row - 1)",
    replace: "(name) => this.#stream(name).at(row - 1 + this.plan.inputs.length)",
    tests: runs,
  },
  {
    rule: "PLAN",
    breaks: "a run's name does not know the inputs",
    file: "src/plan/runs.ts",
    find: "${configuration} ${this.#inputsSha256} ",
    replace: "${configuration} ",
    tests: runs,
  },
  {
    rule: "PLAN",
    breaks: "a run's name does not know the scenario",
    file: "src/plan/configurations.ts",
    find: "{ version, trace, profile, scenario: raw }",
    replace: "{ version, trace, profile }",
    tests: runs,
  },
  {
    rule: "PLAN",
    breaks: "a measured boot is taken beside the profile's parts of it",
    file: "src/sweep/evaluate.ts",
    find: "const factor = valueAt(boot, shares(bootInput)) / bootNs;",
    replace: "const factor = 1 + valueAt(boot, shares(bootInput)) / bootNs;",
    tests: runs,
  },
  {
    rule: "PLAN",
    breaks: "constraints are told apart from what they leave out",
    file: "src/plan/configurations.ts",
    find: "return this.#kept[low] === number ? low : undefined;",
    replace: "return low;",
    tests: load,
  },
  {
    rule: "PLAN",
    breaks: "the first axis goes fastest",
    file: "src/plan/configurations.ts",
    find: "for (let axis = axes.length - 1; axis >= 0; axis--) {",
    replace: "for (let axis = 0; axis < axes.length; axis++) {",
    tests: load,
  },
  {
    rule: "PLAN",
    breaks: "a range leaves its end out where a step meets it",
    file: "src/plan/axes.ts",
    find: "const last = to + Math.abs(to - from) * 1e-9;",
    replace: "const last = to - Math.abs(to - from) * 1e-9;",
    tests: load,
  },
  {
    rule: "WHATIF",
    breaks: "memory is looked at when the update is asked for, not when preserving starts",
    file: "src/replay/what-if.ts",
    find: "return Math.max(0, updateAtNs - (preserveLeadNs ?? 0));",
    replace: "return Math.max(0, updateAtNs - 0 * (preserveLeadNs ?? 0));",
    tests: whatIf,
  },
  {
    rule: "WHATIF",
    breaks: "requests in flight are not waited for",
    file: "src/replay/what-if.ts",
    find: "if (drains.every((ns) => ns === 0)) return",
    replace: "if (drains.every((ns) => ns >= 0)) return",
    tests: whatIf,
  },
  {
    rule: "WHATIF",
    breaks: "an earlier start goes on with the walk of a later one",
    file: "src/replay/what-if.ts",
    find: "if (!this.#walk || from < this.#from)",
    replace: "if (!this.#walk)",
    tests: whatIf,
  },
  {
    rule: "WHATIF",
    breaks: "who waits at the lock is not told",
    file: "src/model/lifecycle/work.ts",
    find: "add(lockWaitStep, totalNs - last.endNs);",
    replace: "",
    tests: whatIf,
  },
];
