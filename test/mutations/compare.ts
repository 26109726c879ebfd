import type { Mutation } from "./mutation.ts";

const verdicts = ["test/compare/verdicts.test.ts"];
const gate = ["test/gate/gate.test.ts"];

/** What is said of a comparison, and what a gate makes of it. */
export const compareMutations: readonly Mutation[] = [
  {
    rule: "CMP",
    breaks: "what is longer is better",
    file: "src/compare/judge-exact.ts",
    find: 'delta < 0 === (metric.polarity === "lower")',
    replace: 'delta > 0 === (metric.polarity === "lower")',
    tests: verdicts,
  },
  {
    rule: "CMP",
    breaks: "a difference as large as the floor counts",
    file: "src/compare/judge-exact.ts",
    find: "Math.abs(delta) <= floorOf(metric, base.median!)",
    replace: "Math.abs(delta) < floorOf(metric, base.median!)",
    tests: verdicts,
  },
  {
    rule: "CMP",
    breaks: "p-values are taken as they are, however many there are",
    file: "src/compare/compare.ts",
    find: "const adjusted = holm(Float64Array.from([...located, ...finished]));",
    replace: "const adjusted = Float64Array.from([...located, ...finished]);",
    tests: verdicts,
  },
  {
    rule: "CMP",
    breaks: "what is not significant is the same, however little is known",
    file: "src/compare/judge-noisy.ts",
    find: "low >= -floor && high <= floor",
    replace: "low <= high",
    tests: verdicts,
  },
  {
    rule: "CMP",
    breaks: "nothing in common passes",
    file: "src/compare/compare.ts",
    find: "if (column === 0 || rows.some(",
    replace: "if (column >= 0 || rows.some(",
    tests: verdicts,
  },
  {
    rule: "CMP",
    breaks: "a step that only the base has is left out of why",
    file: "src/compare/explain.ts",
    find: "const newNs = next ? next.ns : 0;",
    replace: "const newNs = next ? next.ns : null;",
    tests: ["test/compare/explain.test.ts"],
  },
  {
    rule: "CMP",
    breaks: "values of hidden dimensions are put together and nothing is said",
    file: "src/compare/project.ts",
    find: "else if (first !== word) row.hidden.add(name);",
    replace: "",
    tests: ["test/compare/project.test.ts"],
  },
  {
    rule: "GATE",
    breaks: "a change that is significant breaks a rule within its tolerance, too",
    file: "src/gate/judge-rule.ts",
    find: 'if (verdict === "same" || !isBeyond(demand, delta, tolerance)) return pass;',
    replace: 'if (verdict === "same") return pass;',
    tests: gate,
  },
  {
    rule: "GATE",
    breaks: "what cannot be decided is kept",
    file: "src/gate/judge-rule.ts",
    find: "return mayBreach ? ",
    replace: "return !mayBreach ? ",
    tests: gate,
  },
  {
    rule: "GATE",
    breaks: "what has vanished passes",
    file: "src/gate/gate.ts",
    find: "  checkVanished(difference, policy);\n",
    replace: "",
    tests: gate,
  },
  {
    rule: "GATE",
    breaks: "a baseline of another kernel is as good",
    file: "src/gate/baseline.ts",
    find: '"kernel", "profile"',
    replace: '"profile"',
    tests: ["test/gate/baseline.test.ts"],
  },
  {
    rule: "HIST",
    breaks: "branches are one series",
    file: "src/history/trend.ts",
    find: "JSON.stringify([point.branch, point.testbed,",
    replace: "JSON.stringify([point.testbed,",
    tests: ["test/history/history.test.ts"],
  },
];
