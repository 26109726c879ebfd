-- Question    How near is each step's predicted length to the recorded one?
-- Grain       one step or quantity of one update; those of one name that lie within 1/$cells_per_decade of a decade and
--             one percent of error of each other are one row, which is the one that is off most
-- Columns     series is step or quantity; phase is null for a quantity; update_count is how many updates the row stands
--             for; outlier_index ranks what is outside its interval by 0.5 ms or more, the farthest first, and is null
--             for all others; error_ratio is above 0 where the prediction is too long, low_ratio and high_ratio are the
--             interval's ends counted alike
-- Units       the last word of each name
-- Parameters  cells_per_decade
WITH point AS (
  SELECT
    'step' AS series, phase::VARCHAR AS phase, step_name AS point_name, update_name, update_index, step_index AS row_index,
    predicted_ns, low_ns, high_ns, recorded_ns, error_ratio, is_inside, is_negligible
  FROM compared_step
  WHERE recorded_ns > 0 AND predicted_ns > 0
  UNION ALL
  SELECT
    'quantity', NULL, quantity::VARCHAR, update_name, update_index, 0,
    predicted_ns, low_ns, high_ns, recorded_ns, error_ratio, is_inside, is_negligible
  FROM compared_quantity
  WHERE predicted_ns > 0
),
ranked AS (
  SELECT
    *,
    CASE WHEN NOT is_inside AND NOT is_negligible THEN
      row_number() OVER (
        PARTITION BY series, is_inside OR is_negligible ORDER BY abs(error_ratio) DESC, update_index, row_index
      ) - 1
    END AS outlier_index,
    row_number() OVER cell AS cell_row,
    count(*) OVER (cell ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS update_count
  FROM point
  WINDOW cell AS (
    PARTITION BY
      series, phase, point_name, is_inside, is_negligible,
      floor(log10(recorded_ns) * $cells_per_decade::INTEGER),
      floor(log10(predicted_ns) * $cells_per_decade::INTEGER),
      floor(greatest(-1, least(4, error_ratio)) * 100)
    ORDER BY abs(error_ratio) DESC, update_index, row_index
  )
)
SELECT
  series, phase, point_name, update_name, predicted_ns, low_ns, high_ns, recorded_ns, error_ratio,
  (low_ns - recorded_ns)::DOUBLE / recorded_ns AS low_ratio,
  (high_ns - recorded_ns)::DOUBLE / recorded_ns AS high_ratio,
  is_inside, is_negligible, update_count, outlier_index
FROM ranked
WHERE cell_row = 1
ORDER BY series DESC, phase, point_name, recorded_ns, predicted_ns, update_index;
