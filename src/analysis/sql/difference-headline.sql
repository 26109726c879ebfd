-- Question    What became worse, by how much, and what does the gate say?
-- Grain       one row
-- Columns     counts of changes by verdict: a row has one a side behind the base; new_label is null where several sides are
--             held against the base; top_ is the largest change: for the worse if there is one, one that is taken apart by
--             steps before others, also an undecided one; top_step is the step that adds most to it, top_step_ratio its share of the difference
-- Units       the last word of each name; medians and deltas in what top_unit says
-- Parameters  none
WITH counted AS (
  SELECT
    count(*) AS change_count,
    count(*) FILTER (verdict = 'worse') AS worse_count,
    count(*) FILTER (verdict = 'better') AS better_count,
    count(*) FILTER (verdict = 'different') AS different_count,
    count(*) FILTER (verdict = 'same') AS same_count,
    count(*) FILTER (verdict = 'inconclusive') AS inconclusive_count,
    count(*) FILTER (verdict = 'did-not-finish') AS unfinished_count,
    count(*) FILTER (verdict = 'only-base') AS only_base_count,
    count(*) FILTER (verdict = 'only-new') AS only_new_count,
    count(*) FILTER (is_changed) AS changed_count
  FROM judged_change
),
of_rows AS (
  SELECT
    count(*) AS row_count,
    count(DISTINCT metric) AS metric_count,
    count(*) FILTER (NOT is_exact) AS noisy_row_count
  FROM row
),
of_sides AS (
  SELECT
    count(*) AS side_count,
    max(label) FILTER (side_index = 0) AS base_label,
    CASE WHEN count(*) = 2 THEN max(label) FILTER (side_index = 1) END AS new_label
  FROM side
),
of_rules AS (
  SELECT
    count(*) AS rule_count,
    count(*) FILTER (outcome = 'fail') AS failed_rule_count,
    count(*) FILTER (outcome = 'warn') AS warned_rule_count,
    count(*) FILTER (outcome = 'inconclusive') AS undecided_rule_count
  FROM rule
),
top AS (
  SELECT *
  FROM judged_change
  -- Of a length that is taken apart people want to know why, also where there are too few samples for a verdict.
  WHERE is_changed OR (verdict = 'inconclusive' AND waterfall_index IS NOT NULL)
  ORDER BY
    CASE WHEN verdict IN ('only-base', 'only-new') THEN 2 WHEN verdict = 'inconclusive' THEN 1 ELSE 0 END,
    verdict_order, waterfall_index IS NOT NULL DESC, CASE WHEN waterfall_index IS NOT NULL THEN abs(delta) END DESC, rank_index
  LIMIT 1
),
of_top AS (
  SELECT
    metric AS top_metric, top.label AS top_label, unit AS top_unit, polarity AS top_polarity, verdict AS top_verdict,
    reason AS top_reason, side_label AS top_side_label,
    base_median AS top_base_median, new_median AS top_new_median, delta AS top_delta, top.delta_ratio AS top_delta_ratio,
    phase AS top_phase, step AS top_step, share_ratio AS top_step_ratio
  FROM top
  LEFT JOIN (FROM caused_step WHERE order_index = 0) AS most USING (waterfall_index)
)
SELECT
  difference.title, side_count, base_label, new_label,
  row_count, metric_count, noisy_row_count, counted.*,
  (SELECT count(*) FROM sample) AS sample_count,
  (SELECT count(*) FROM input_change) AS input_change_count,
  (SELECT count(*) FROM warning) AS warning_count,
  (SELECT count(*) FROM waterfall) AS waterfall_count,
  test_count, alpha_ratio, min_sample_count, seed,
  nullif(gate_policy, '') AS gate_policy, nullif(gate_outcome, '') AS gate_outcome, iteration_count, of_rules.*,
  of_top.*,
  luoscope_version
FROM difference
CROSS JOIN of_sides
CROSS JOIN of_rows
CROSS JOIN counted
CROSS JOIN of_rules
LEFT JOIN of_top ON true;
