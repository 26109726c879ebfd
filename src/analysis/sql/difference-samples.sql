-- Question    How do the samples of noisy rows that changed lie on each side?
-- Grain       one sample, by row and side; of many samples of a side evenly chosen ones by their size, the least and the greatest
--             among them
-- Columns     panel_index numbers the rows as in difference-groups; value is in that row's unit
-- Units       as above
-- Parameters  row_limit; side_limit as in difference-groups; sample_limit: most samples of a side, about
WITH ordered AS (
  SELECT
    panel_index, side_index, value,
    row_number() OVER own AS position,
    count(*) OVER (PARTITION BY row_index, side_index) AS own_count
  FROM sample JOIN sampled_cell USING (row_index, side_index)
  WHERE panel_index < $row_limit::INTEGER AND order_index < $side_limit::INTEGER
  WINDOW own AS (PARTITION BY row_index, side_index ORDER BY value, sample_index)
)
SELECT panel_index, side_index, value
FROM ordered
WHERE own_count <= $sample_limit::INTEGER
  OR position IN (1, own_count)
  OR position * $sample_limit::INTEGER // own_count <> (position - 1) * $sample_limit::INTEGER // own_count
ORDER BY panel_index, side_index, position;
