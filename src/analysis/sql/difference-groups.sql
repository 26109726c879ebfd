-- Question    What are the samples like of noisy rows that changed?
-- Grain       one side of one row, the largest change for the worse first, the base of each row first
-- Columns     panel_index numbers the rows; verdict, delta, share and p-value are those of the row's largest change, and null of
--             the other sides; hidden_count is how many such rows are left out, hidden_side_count how many sides of this one
-- Units       the last word of each name; median, least and most in what unit says
-- Parameters  row_limit; side_limit: most sides of a row: the base, the one that changes most, and the first others
SELECT
  panel_index, row_index, row.metric, row.label, row.unit, side_index, side.label AS side_label,
  cell.median, cell.min AS least, cell.max AS most, cell.sample_count, cell.failed_count,
  CASE WHEN is_largest THEN verdict END AS verdict,
  CASE WHEN is_largest THEN delta END AS delta,
  CASE WHEN is_largest THEN delta_ratio END AS delta_ratio,
  CASE WHEN is_largest THEN adjusted_p_value END AS adjusted_p_value,
  CASE WHEN is_largest THEN effect END AS effect,
  CASE WHEN is_largest THEN ks_distance END AS ks_distance,
  greatest(panel_count - $row_limit::INTEGER, 0) AS hidden_count,
  greatest(max(order_index) OVER (PARTITION BY panel_index) + 1 - $side_limit::INTEGER, 0) AS hidden_side_count
FROM sampled_cell
JOIN row USING (row_index)
JOIN cell USING (row_index, side_index)
JOIN side USING (side_index)
LEFT JOIN change USING (row_index, side_index)
WHERE panel_index < $row_limit::INTEGER
QUALIFY order_index < $side_limit::INTEGER
ORDER BY panel_index, side_index;
