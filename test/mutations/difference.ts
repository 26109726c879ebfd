import type { Mutation } from "./mutation.ts";

const queries = ["test/difference/queries.test.ts"];
const views = "src/analysis/sql/00-difference-views.sql";

/** What a difference says of its rows. */
export const differenceMutations: readonly Mutation[] = [
  {
    rule: "DIFFERENCE",
    breaks: "what is better stands before what is worse",
    file: views,
    find: "['worse', 'did-not-finish', 'only-base', 'only-new', 'different', 'better',",
    replace: "['better', 'did-not-finish', 'only-base', 'only-new', 'different', 'worse',",
    tests: queries,
  },
  {
    rule: "DIFFERENCE",
    breaks: "a change from nothing counts as none",
    file: views,
    find: "WHEN delta <> 0 THEN 'infinity'::DOUBLE",
    replace: "WHEN delta <> 0 THEN 0",
    tests: queries,
  },
  {
    rule: "DIFFERENCE",
    breaks: "a step's cause is the constant that changes least",
    file: views,
    find: "(abs(new_ns - base_ns), -rowid)) AS cause",
    replace: "(-abs(new_ns - base_ns), -rowid)) AS cause",
    tests: queries,
  },
  {
    rule: "DIFFERENCE",
    breaks: "small steps are dropped and not summed up",
    file: "src/analysis/sql/difference-waterfall.sql",
    find: "WHERE order_index >= $step_limit::INTEGER",
    replace: "WHERE order_index > $step_limit::INTEGER",
    tests: queries,
  },
  {
    rule: "DIFFERENCE",
    breaks: "of many samples the greatest is not drawn",
    file: "src/analysis/sql/difference-samples.sql",
    find: "OR position IN (1, own_count)\n  OR position * $sample_limit",
    replace: "OR position = 1\n  OR (position + 1) * $sample_limit",
    tests: queries,
  },
  {
    rule: "DIFFERENCE",
    breaks: "the second waterfall's causes are those of the first one's steps",
    file: "src/difference/write-difference.ts",
    find: "    index.step++;",
    replace: "    index.step = (index.step + 1) % steps.length;",
    tests: ["test/difference/folder.test.ts"],
  },
  {
    rule: "DIFFERENCE",
    breaks: "the path of a result is in the folder",
    file: "src/difference/push.ts",
    find: 'return basename(path.replaceAll("\\\\", "/"));',
    replace: "return path || basename(path);",
    tests: ["test/difference/folder.test.ts"],
  },
  {
    rule: "DIFFERENCE",
    breaks: "a gate's undecided rows count as broken",
    file: "src/difference/write-gate.ts",
    find: "pushBreach(breach, ruleIndex, true)",
    replace: "pushBreach(breach, ruleIndex, false)",
    tests: ["test/difference/folder.test.ts"],
  },
];
