-- Question    Which steps make a length longer or shorter than in the base, and which constants make the steps so?
-- Grain       a step, and before and behind all steps the two lengths
-- Columns     row_kind is from (the base's length), step, others (what is too small for a row), rest (what no step explains) or
--             to (the new length); from start_ns to end_ns reaches the bar: from 0 for a length, else from what the rows before
--             leave; share_ratio is the part of the difference; cause is the constant that changes the step most, cause_ratio its
--             share of the step's change; step_count is how many steps are in it
-- Units       the last word of each name
-- Parameters  waterfall_index: -1 is the usual one: that of the largest change for the worse; step_limit
WITH shown AS (
  SELECT *
  FROM ranked_waterfall
  WHERE CASE
    WHEN $waterfall_index::INTEGER >= 0 THEN waterfall_index = $waterfall_index::INTEGER
    ELSE order_index = 0
  END
),
step AS (
  SELECT caused_step.* FROM caused_step SEMI JOIN shown USING (waterfall_index) WHERE delta_ns <> 0
),
part AS (
  SELECT
    1 AS line_order, order_index AS position, 'step' AS row_kind, phase, step, 1 AS step_count, base_ns, new_ns, delta_ns,
    cost AS cause, per AS cause_per, cause_delta_ns, cause_ratio
  FROM step
  WHERE order_index < $step_limit::INTEGER
  UNION ALL
  SELECT 2, 0, 'others', NULL, 'others', count(*), sum(base_ns), sum(new_ns), sum(delta_ns), NULL, NULL, NULL, NULL
  FROM step
  WHERE order_index >= $step_limit::INTEGER
  HAVING count(*) > 0
  UNION ALL
  -- Sums of fractions leave crumbs of a ns.
  SELECT 3, 0, 'rest', NULL, 'rest', 0, NULL, NULL, rest_ns, NULL, NULL, NULL, NULL
  FROM shown
  WHERE abs(rest_ns) >= 0.5
),
line AS (
  SELECT part.*, shown.base_ns + sum(part.delta_ns) OVER (ORDER BY line_order, position) AS end_ns
  FROM part CROSS JOIN shown
  UNION ALL
  SELECT 0, 0, 'from', NULL, '', 0, base_ns, NULL, base_ns, NULL, NULL, NULL, NULL, base_ns FROM shown
  UNION ALL
  SELECT 4, 0, 'to', NULL, '', 0, NULL, new_ns, new_ns, NULL, NULL, NULL, NULL, new_ns FROM shown
)
SELECT
  row_number() OVER (ORDER BY line_order, position) - 1 AS row_index,
  row_kind, phase, step, step_count, line.base_ns, line.new_ns, end_ns - line.delta_ns AS start_ns, end_ns,
  CASE WHEN row_kind NOT IN ('from', 'to') THEN line.delta_ns / nullif(shown.delta_ns, 0) END AS share_ratio,
  cause, cause_per, cause_delta_ns, cause_ratio,
  shown.metric, shown.label, base.label AS base_label, shown.side_label
FROM line
CROSS JOIN shown
JOIN side AS base ON base.side_index = 0
ORDER BY row_index;
