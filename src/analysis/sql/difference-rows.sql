-- Question    What changed, by how much and how surely, and what did not?
-- Grain       one row of one side behind the base: changes first, those for the worse on top, the largest first
-- Columns     is_changed is false where a row is the same or undecided; interval and p-values are null of exact rows and where
--             there are too few samples; hidden_count is how many changes, or rows without one, are left out
-- Units       the last word of each name; medians, delta and interval in what unit says
-- Parameters  row_limit: most changes; same_limit: most rows that did not change
WITH numbered AS (
  SELECT
    *,
    row_number() OVER (PARTITION BY is_changed ORDER BY rank_index) AS position,
    count(*) OVER (PARTITION BY is_changed) AS own_count,
    CASE WHEN is_changed THEN $row_limit::INTEGER ELSE $same_limit::INTEGER END AS own_limit
  FROM judged_change
)
SELECT
  rank_index, row_index, metric, label, side_label, unit, polarity, is_exact, hidden_dimensions, verdict, is_changed, reason,
  base_median, new_median, delta, delta_ratio, delta_low, delta_high,
  base_sample_count, new_sample_count, base_failed_count, new_failed_count,
  p_value, adjusted_p_value, permutation_p_value, ks_distance, ks_p_value, effect, is_exact_test,
  greatest(own_count - own_limit, 0) AS hidden_count
FROM numbered
WHERE position <= own_limit
ORDER BY rank_index;
