-- Pages written in bins of whole cells, of one VM: $time_cells by $memory_cells cells a bin.
SELECT
  (time_cell - $first_time_cell) // $time_cells AS time_bin,
  (memory_cell - $first_memory_cell) // $memory_cells AS memory_bin,
  sum(pages)::BIGINT AS pages
FROM page_cell
WHERE vm_index = $vm_index
  AND time_cell >= $first_time_cell AND time_cell < $end_time_cell
  AND memory_cell >= $first_memory_cell AND memory_cell < $end_memory_cell
GROUP BY ALL
ORDER BY ALL;
