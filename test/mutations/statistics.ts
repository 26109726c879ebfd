import type { Mutation } from "./mutation.ts";

const mannWhitney = ["test/statistics/mann-whitney.test.ts"];
const tests = ["test/statistics/tests.test.ts"];
const median = ["test/statistics/median.test.ts"];
const changes = ["test/statistics/change-points.test.ts"];

/** What two samples, a table or a series say. */
export const statisticsMutations: readonly Mutation[] = [
  {
    rule: "STAT",
    breaks: "the normal curve lacks its half step",
    file: "src/statistics/mann-whitney.ts",
    find: "Math.max(0, off - 0.5)",
    replace: "off",
    tests: [...mannWhitney, "test/statistics/benchstat.test.ts"],
  },
  {
    rule: "STAT",
    breaks: "ties do not narrow the normal curve",
    file: "src/statistics/mann-whitney.ts",
    find: "tied += size ** 3 - size;",
    replace: "tied += size - size;",
    tests: mannWhitney,
  },
  {
    rule: "STAT",
    breaks: "with ties the lower tail stands for the upper one, whatever the sizes",
    file: "src/statistics/mann-whitney.ts",
    find: "tiedTail(groups, next.length, base.length, 2 * lesser)",
    replace: "tiedTail(groups, base.length, next.length, 2 * lesser)",
    tests: mannWhitney,
  },
  {
    rule: "STAT",
    breaks: "a pair of equals is no half pair",
    file: "src/statistics/ranks.ts",
    find: "(baseBefore + fromBase)",
    replace: "(2 * baseBefore)",
    tests: mannWhitney,
  },
  {
    rule: "STAT",
    breaks: "rounding decides whether a split is as extreme",
    file: "src/statistics/permutation.ts",
    find: " - size * sumTolerance - values.length * rounding;",
    replace: " + 0 * (size * sumTolerance + rounding);",
    tests,
  },
  {
    rule: "STAT",
    breaks: "the observed split is not counted among those by seed",
    file: "src/statistics/permutation.ts",
    find: "pValue: (extremeCount + 1) / (permutationCount + 1)",
    replace: "pValue: extremeCount / permutationCount",
    tests,
  },
  {
    rule: "STAT",
    breaks: "distances are read between equal values",
    file: "src/statistics/kolmogorov-smirnov.ts",
    find: "const isOff = isBetween[gone] === 1 && ",
    replace: "const isOff = isBetween[gone]! >= 0 && ",
    tests,
  },
  {
    rule: "STAT",
    breaks: "tables as likely as the observed one are told apart by rounding",
    file: "src/statistics/fisher.ts",
    find: "(1 + likelihoodTolerance)",
    replace: "(1 - likelihoodTolerance)",
    tests,
  },
  {
    rule: "STAT",
    breaks: "a larger p-value may end up below a smaller one",
    file: "src/statistics/holm.ts",
    find: "least = Math.max(least, Math.min(",
    replace: "least = Math.max(0, Math.min(",
    tests,
  },
  {
    rule: "STAT",
    breaks: "the upper middle value is never in another rank",
    file: "src/statistics/bootstrap-median.ts",
    find: "if (share < 1) high",
    replace: "if (share < 0) high",
    tests: median,
  },
  {
    rule: "STAT",
    breaks: "of two as likely gaps the upper one goes first",
    file: "src/statistics/order-statistics.ts",
    find: "const nextLow = Math.floor((count + 1 - gapCount) / 2);",
    replace: "const nextLow = Math.ceil((count + 1 - gapCount) / 2);",
    tests: median,
  },
  {
    rule: "STAT",
    breaks: "distances within the right part do not count",
    file: "src/statistics/energy.ts",
    find: "const beyond = all - within - between;",
    replace: "const beyond = 0 * (all - within - between);",
    tests: changes,
  },
  {
    rule: "STAT",
    breaks: "every best split is a change",
    file: "src/statistics/change-points.ts",
    find: "if (isAsGood) asGoodCount++;",
    replace: "",
    tests: changes,
  },
];
