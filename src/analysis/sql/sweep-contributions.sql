-- Question    Which steps make one configuration's blackout longer than another's?
-- Grain       a step of the blackout, and before and behind all steps the two sums, with all inputs at their medians
-- Columns     row_kind is from (a sum), step, others (what is too small for a row) or to (a sum); from start_ns to end_ns
--             reaches the bar: from 0 for a sum, else from what the rows before leave; step_count is how many steps are in it;
--             the short labels have only the axes in which the two differ
-- Units       the last word of each name
-- Parameters  from_index, to_index: configurations; -1 is the usual one: to what ranks first, from the plan's scenario as it
--             was written, where that has an answer, else from the worst feasible one, else from the worst; step_limit
WITH target AS (
  SELECT configuration_index, run_index, blackout_ns
  FROM median_run
  WHERE configuration_index = CASE
    WHEN $to_index::INTEGER >= 0 THEN $to_index::INTEGER
    ELSE (SELECT configuration_index FROM configuration_answer WHERE rank_index = 0)
  END
),
candidate AS (
  SELECT configuration_index, 0 AS priority FROM configuration WHERE is_base
  UNION ALL
  SELECT arg_max(configuration_index, rank_index), 1 FROM configuration_answer WHERE is_feasible
  UNION ALL
  SELECT arg_max(configuration_index, (slo_quantile_ns, rank_index)), 2 FROM configuration_answer
),
source AS (
  SELECT median_run.configuration_index, median_run.run_index, median_run.blackout_ns
  FROM median_run
  LEFT JOIN candidate USING (configuration_index)
  CROSS JOIN target
  WHERE CASE
    WHEN $from_index::INTEGER >= 0 THEN configuration_index = $from_index::INTEGER
    ELSE priority IS NOT NULL AND configuration_index <> target.configuration_index
  END
  -- One that differs says more than one that does not.
  ORDER BY median_run.blackout_ns <> target.blackout_ns DESC, priority
  LIMIT 1
),
change AS (
  SELECT phase, step, coalesce(older.step_ns, 0) AS from_ns, coalesce(newer.step_ns, 0) AS to_ns
  FROM (SELECT phase, step, step_ns FROM run_step JOIN source USING (run_index)) AS older
  FULL JOIN (SELECT phase, step, step_ns FROM run_step JOIN target USING (run_index)) AS newer USING (phase, step)
  WHERE phase IN ('freeze', 'serialize', 'kexec', 'restore') AND from_ns <> to_ns
),
-- Where both have chosen of the same axes, what they differ in is enough to tell them apart.
short AS (
  SELECT
    string_agg(older.axis_name || ' ' || older.value_label, ', ' ORDER BY axis_index) AS from_short,
    string_agg(newer.axis_name || ' ' || newer.value_label, ', ' ORDER BY axis_index) AS to_short
  FROM (SELECT named_setting.* FROM named_setting JOIN source USING (configuration_index)) AS older
  JOIN (SELECT named_setting.* FROM named_setting JOIN target USING (configuration_index)) AS newer USING (axis_index)
  WHERE older.value_index <> newer.value_index
),
ranked AS (
  SELECT *, row_number() OVER (ORDER BY abs(to_ns - from_ns) DESC, phase, step) AS position FROM change
),
part AS (
  SELECT 1 AS line_order, position, 'step' AS row_kind, phase::VARCHAR AS phase, step, 1 AS step_count, from_ns, to_ns
  FROM ranked
  WHERE position <= $step_limit::INTEGER
  UNION ALL
  SELECT 2, 0, 'others', NULL, 'others', count(*), sum(from_ns), sum(to_ns)
  FROM ranked
  WHERE position > $step_limit::INTEGER
  HAVING count(*) > 0
),
line AS (
  SELECT
    part.*,
    source.blackout_ns + sum(to_ns - from_ns) OVER (ORDER BY line_order, position) AS end_ns,
    to_ns - from_ns AS change_ns
  FROM part CROSS JOIN source
  UNION ALL
  SELECT 0, 0, 'from', NULL, '', 0, blackout_ns, NULL, blackout_ns, blackout_ns FROM source
  UNION ALL
  SELECT 3, 0, 'to', NULL, '', 0, NULL, target.blackout_ns, target.blackout_ns, target.blackout_ns
  FROM target WHERE EXISTS (FROM source)
)
SELECT
  row_number() OVER (ORDER BY line_order, position) - 1 AS row_index,
  row_kind, phase, step, step_count, from_ns, to_ns, end_ns - change_ns AS start_ns, end_ns,
  one.label AS from_label, two.label AS to_label,
  coalesce(from_short, one.label) AS from_short_label, coalesce(to_short, two.label) AS to_short_label
FROM line
CROSS JOIN short
CROSS JOIN source
CROSS JOIN target
JOIN configuration AS one ON one.configuration_index = source.configuration_index
JOIN configuration AS two ON two.configuration_index = target.configuration_index
ORDER BY row_index;
