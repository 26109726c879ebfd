import type { Mutation } from "./mutation.ts";

const draws = ["test/sensitivity/draws.test.ts"];
const distribution = ["test/sensitivity/distribution.test.ts"];
const morris = ["test/sensitivity/morris.test.ts"];
const sobol = ["test/sensitivity/sobol.test.ts"];
const attainment = ["test/slo/attainment.test.ts"];
const budget = ["test/slo/budget.test.ts"];

/** What an answer owes to its inputs, and promises about pauses. */
export const sensitivityMutations: readonly Mutation[] = [
  {
    rule: "SENS",
    breaks: "a name's length does not count",
    file: "src/sensitivity/draws.ts",
    find: "absorb(name.length, nameEnd);",
    replace: "",
    tests: draws,
  },
  {
    rule: "SENS",
    breaks: "a number depends on how many were drawn before",
    file: "src/sensitivity/draws.ts",
    find: "threefry(this.#key, index >>> 0,",
    replace: "threefry(this.#key, (index + this.#words[0]!) >>> 0,",
    tests: draws,
  },
  {
    rule: "SENS",
    breaks: "both sides of the median have the spread of the upper one",
    file: "src/sensitivity/distribution.ts",
    find: "normal < 0 ? lowSide : highSide",
    replace: "highSide",
    tests: distribution,
  },
  {
    rule: "SENS",
    breaks: "the mean knows nothing of the clipping at 0",
    file: "src/sensitivity/distribution.ts",
    find: "return base * (0.5 - normalCdf(-clip)) + sigma * (normalDensity(clip) - normalDensity(0));",
    replace: "return base / 2 - sigma * normalDensity(0);",
    tests: distribution,
  },
  {
    rule: "SENS",
    breaks: "a step down counts as a step up",
    file: "src/sensitivity/morris.ts",
    find: "answers[row]!) / moved;",
    replace: "answers[row]!) / Math.abs(moved);",
    tests: morris,
  },
  {
    rule: "SENS",
    breaks: "a trajectory with a missing answer is used",
    file: "src/sensitivity/morris.ts",
    find: ".every(Number.isFinite)) continue;",
    replace: ".some(Number.isFinite)) continue;",
    tests: morris,
  },
  {
    rule: "SENS",
    breaks: "a group takes its inputs from A",
    file: "src/sensitivity/sobol.ts",
    find: "block === 1 || (block > 1 && factorOf[input] === block - 2)",
    replace: "block === 1 || (block > 1 && factorOf[input] !== block - 2)",
    tests: sobol,
  },
  {
    rule: "SENS",
    breaks: "the total order lacks Jansen's half",
    file: "src/sensitivity/sobol.ts",
    find: "(a - mixed) ** 2 / 2;",
    replace: "(a - mixed) ** 2;",
    tests: sobol,
  },
  {
    rule: "SLO",
    breaks: "a pause of exactly the limit is too long",
    file: "src/slo/attainment.ts",
    find: "pauseNs[place]! > limitNs",
    replace: "pauseNs[place]! >= limitNs",
    tests: attainment,
  },
  {
    rule: "SLO",
    breaks: "VMs are not counted, only lengths of pauses",
    file: "src/slo/attainment.ts",
    find: "sum += vmCount[index]!;",
    replace: "sum += 1;",
    tests: attainment,
  },
  {
    rule: "SLO",
    breaks: "a share of exactly the promise is too small",
    file: "src/slo/attainment.ts",
    find: "holds: attainedRatio >= vmRatio",
    replace: "holds: attainedRatio > vmRatio",
    tests: attainment,
  },
  {
    rule: "SLO",
    breaks: "an update that fits in part counts",
    file: "src/slo/budget.ts",
    find: "(allowedNs - (allowedNs % pauseNs)) / pauseNs",
    replace: "Math.ceil(allowedNs / pauseNs)",
    tests: budget,
  },
];
