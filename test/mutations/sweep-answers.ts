import type { Mutation } from "./mutation.ts";

const queries = ["test/analysis/sweep-queries.test.ts"];
const views = "src/analysis/sql/00-sweep-views.sql";

/** What a sweep's runs come to. */
export const sweepAnswerMutations: readonly Mutation[] = [
  {
    rule: "ANSWERS",
    breaks: "the run with all medians counts as a draw",
    file: views,
    find: "draw_index > 0 OR sweep.repeat_count = 0 AS is_drawn",
    replace: "true AS is_drawn",
    tests: queries,
  },
  {
    rule: "ANSWERS",
    breaks: "a configuration with refused runs may be recommended",
    file: views,
    find: "refused_count + failed_count = 0 AND meets_slo AND meets_memory AS is_feasible",
    replace: "meets_slo AS is_feasible",
    tests: queries,
  },
  {
    rule: "ANSWERS",
    breaks: "more memory with a longer pause is on the front",
    file: views,
    find: "WHERE cheaper_ns IS NULL OR least_ns < cheaper_ns",
    replace: "WHERE true",
    tests: queries,
  },
  {
    rule: "ANSWERS",
    breaks: "the knee is the mark of the front nearest to the chord",
    file: views,
    find: "ORDER BY chord_distance_ratio DESC, overhead_bytes",
    replace: "ORDER BY chord_distance_ratio, overhead_bytes",
    tests: queries,
  },
  {
    rule: "ANSWERS",
    breaks: "small changes are dropped and not summed up",
    file: "src/analysis/sql/sweep-contributions.sql",
    find: "WHERE position > $step_limit::INTEGER\n  HAVING",
    replace: "WHERE position > $step_limit::INTEGER + 1\n  HAVING",
    tests: queries,
  },
  {
    rule: "ANSWERS",
    breaks: "a share of VMs is that of lengths of pauses",
    file: views,
    find: "SELECT configuration_index, pause_ns, sum(vm_count) AS vm_count",
    replace: "SELECT configuration_index, pause_ns, count(*) AS vm_count",
    tests: queries,
  },
];
