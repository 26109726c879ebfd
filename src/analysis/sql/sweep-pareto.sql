-- Question    What does a shorter pause cost in memory?
-- Grain       a configuration of which every run ended well; with more than point_limit of them those of the front, the best
--             best_limit by rank, and the rest by cells of a grid
-- Columns     mark_kind is configuration or cell; of a cell the bytes and the ns are its middle and configuration_count says
--             how many are in it; is_front, is_knee and short_label are those of view configuration_front and
--             shown_configuration; front_count is how many steps the front has, drawn or not,
--             unanswered_count how many configurations have a run that was refused or failed
-- Units       the last word of each name
-- Parameters  point_limit, best_limit, column_count and row_count of the grid
WITH complete AS (
  SELECT
    front.*, label, attained_ratio, blackout_p50_ns::BIGINT AS blackout_p50_ns,
    count(*) OVER () <= $point_limit::INTEGER OR rank_index < $best_limit::INTEGER OR is_knee
      -- Of a front with more marks than that, every so many.
      OR is_front AND row_number() OVER front_order % ceil(count(*) OVER front_part / $point_limit::DOUBLE) = 0 AS is_single
  FROM configuration_front AS front
  JOIN (SELECT configuration_index, label, attained_ratio, blackout_p50_ns FROM configuration_answer) USING (configuration_index)
  WINDOW
    front_order AS (PARTITION BY is_front ORDER BY overhead_bytes, rank_index),
    front_part AS (PARTITION BY is_front)
),
edge AS (
  SELECT
    min(overhead_bytes) AS from_bytes, (max(overhead_bytes) - min(overhead_bytes)) / $column_count::DOUBLE AS cell_bytes,
    min(slo_quantile_ns) AS from_ns, (max(slo_quantile_ns) - min(slo_quantile_ns)) / $row_count::DOUBLE AS cell_ns
  FROM complete
),
cell AS (
  SELECT
    is_feasible,
    least(coalesce(floor((overhead_bytes - from_bytes) / nullif(cell_bytes, 0)), 0), $column_count::INTEGER - 1) AS cell_column,
    least(coalesce(floor((slo_quantile_ns - from_ns) / nullif(cell_ns, 0)), 0), $row_count::INTEGER - 1) AS cell_row,
    count(*) AS configuration_count
  FROM complete CROSS JOIN edge
  WHERE NOT is_single
  GROUP BY ALL
),
mark AS (
  SELECT
    'configuration' AS mark_kind, configuration_index, label, short_label, rank_index, 1 AS configuration_count, overhead_bytes,
    slo_quantile_ns, blackout_p50_ns, attained_ratio, is_feasible, is_front, is_knee
  FROM complete
  LEFT JOIN (SELECT configuration_index, short_label FROM shown_configuration WHERE set_name = 'front')
    USING (configuration_index)
  WHERE is_single
  UNION ALL
  SELECT
    'cell', NULL, NULL, NULL, NULL, configuration_count, (from_bytes + (cell_column + 0.5) * cell_bytes)::BIGINT,
    (from_ns + (cell_row + 0.5) * cell_ns)::BIGINT, NULL, NULL, is_feasible, false, false
  FROM cell CROSS JOIN edge
)
SELECT
  mark.*,
  (SELECT count(DISTINCT overhead_bytes) FROM configuration_front WHERE is_front) AS front_count,
  (SELECT count(*) FROM configuration_answer) - (SELECT count(*) FROM configuration_front) AS unanswered_count
FROM mark
ORDER BY mark_kind DESC, rank_index, overhead_bytes, slo_quantile_ns, is_feasible;
