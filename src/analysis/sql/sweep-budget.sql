-- Question    How many updates fit into an availability's downtime?
-- Grain       one of the best 6 configurations that differ in their pauses, and an objective
-- Columns     a pause is that of the VM that stands still longest: its 5 %, 50 % and 95 % draw; most_count, update_count and
--             least_count are the updates that fit with it, null where nothing stands still
-- Units       the last word of each name
-- Parameters  window_days
WITH shown AS (
  SELECT order_index, configuration_index, short_label FROM shown_configuration WHERE set_name = 'best'
),
draw AS (
  SELECT configuration_index, run_index, max(pause_ns) AS longest_ns
  FROM run_pause JOIN grid_run USING (run_index) JOIN shown USING (configuration_index)
  WHERE is_drawn
  GROUP BY ALL
),
pause AS (
  SELECT
    configuration_index, count(*) AS draw_count,
    quantile_disc(longest_ns, 0.05) AS low_ns, quantile_disc(longest_ns, 0.5) AS pause_ns, quantile_disc(longest_ns, 0.95) AS high_ns
  FROM draw
  GROUP BY configuration_index
),
objective AS (
  FROM (VALUES ('99.9 %', 1000), ('99.99 %', 10000)) AS objective (objective, down_divisor)
)
SELECT
  shown.order_index AS rank_index, shown.configuration_index, shown.short_label, answer.label, answer.is_feasible, pause.draw_count,
  objective,
  $window_days::BIGINT AS window_days_count,
  $window_days::BIGINT * 86400000000000 // down_divisor AS allowance_ns,
  low_ns, pause_ns, high_ns,
  allowance_ns // nullif(low_ns, 0) AS most_count,
  allowance_ns // nullif(pause_ns, 0) AS update_count,
  allowance_ns // nullif(high_ns, 0) AS least_count
FROM shown
JOIN configuration_answer AS answer USING (configuration_index)
JOIN pause USING (configuration_index)
CROSS JOIN objective
ORDER BY rank_index, objective;
