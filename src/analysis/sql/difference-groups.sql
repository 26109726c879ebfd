-- Question    What are the samples like of noisy rows that changed?
-- Grain       one side of one row, the largest change for the worse first, the base of each row first
-- Columns     panel_index numbers the rows; verdict, delta, share and p-value are those of the row's largest change, and null of
--             the other sides; hidden_count is how many such rows are left out
-- Units       the last word of each name; median, least and most in what unit says
-- Parameters  row_limit
SELECT
  panel_index, sampled_row.row_index, row.metric, row.label, row.unit, cell.side_index, side.label AS side_label,
  cell.median, cell.min AS least, cell.max AS most, cell.sample_count, cell.failed_count,
  verdict, delta, delta_ratio, adjusted_p_value, effect, ks_distance,
  greatest(panel_count - $row_limit::INTEGER, 0) AS hidden_count
FROM sampled_row
JOIN row USING (row_index)
JOIN cell USING (row_index)
JOIN side ON side.side_index = cell.side_index
LEFT JOIN change ON change.row_index = sampled_row.row_index AND change.side_index = cell.side_index
  AND sampled_row.side_index = cell.side_index
WHERE panel_index < $row_limit::INTEGER
ORDER BY panel_index, cell.side_index;
