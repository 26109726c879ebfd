-- Question    By which share does each row change, and within which interval does that lie?
-- Grain       one change of which there is a share of the base: changes first, those for the worse on top, the largest first
-- Columns     low_ratio and high_ratio are null of exact rows and of too few samples; floor_ratio is the share up to which a
--             change counts as none; hidden_count is how many such changes are left out, hidden_changed_count how many of them
--             are no rows that stayed the same; unplaced_count is how many changes have no share, since one side has no
--             median or the base is 0
-- Units       the last word of each name; medians and delta in what unit says
-- Parameters  row_limit
WITH placed AS (
  SELECT *, row_number() OVER (ORDER BY rank_index) AS position
  FROM judged_change
  WHERE delta_ratio IS NOT NULL
),
left_out AS (
  SELECT
    count(*) FILTER (position > $row_limit::INTEGER) AS hidden_count,
    count(*) FILTER (position > $row_limit::INTEGER AND is_changed) AS hidden_changed_count,
    (SELECT count(*) FROM judged_change WHERE is_changed AND delta_ratio IS NULL) AS unplaced_count
  FROM placed
)
SELECT
  position - 1 AS lane_index, metric, label, side_label, unit, is_exact, verdict, reason,
  base_median, new_median, delta, delta_ratio,
  CASE WHEN base_median <> 0 THEN least(delta_low / base_median, delta_high / base_median) END AS low_ratio,
  CASE WHEN base_median <> 0 THEN greatest(delta_low / base_median, delta_high / base_median) END AS high_ratio,
  adjusted_p_value, floor_ratio,
  left_out.*
FROM placed CROSS JOIN left_out
WHERE position <= $row_limit::INTEGER
ORDER BY lane_index;
