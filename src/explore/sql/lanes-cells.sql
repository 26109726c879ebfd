-- What each VM and device does in bins of whole cells of time.
SELECT lane, owner_index, (time_cell - $first_time_cell) // $time_cells AS time_bin, sum(amount)::BIGINT AS amount
FROM (
  SELECT 'pages' AS lane, vm_index AS owner_index, time_cell, pages AS amount FROM page_cell
  UNION ALL
  SELECT activity, owner_index, time_cell, event_count FROM activity_cell
)
WHERE time_cell >= $first_time_cell AND time_cell < $end_time_cell
GROUP BY ALL
ORDER BY ALL;
