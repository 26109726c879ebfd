-- Rows of page writes in a window of time and a range of one VM's memory, the first so many. However wide the window, no more
-- is read than $read_ns from where cells say that something is written there: until_ns says how far that was.
WITH hit AS (
  SELECT greatest($from_ns, min(time_cell) * any_value(time_cell_ns)) AS start_ns
  FROM page_cell CROSS JOIN cell_grid JOIN memory_grid USING (vm_index)
  WHERE vm_index = $vm_index
    AND (time_cell + 1) * time_cell_ns > $from_ns AND time_cell * time_cell_ns < $to_ns
    AND (memory_cell + 1) * cell_frames > $first_frame AND memory_cell * cell_frames < $end_frame
)
SELECT time_ns, vm.name AS vm_name, start_gfn, page_count, least($to_ns, start_ns + $read_ns) AS until_ns
FROM page_write JOIN vm USING (vm_index) CROSS JOIN hit
WHERE vm_index = $vm_index
  AND time_ns >= (SELECT start_ns FROM hit) AND time_ns < (SELECT least($to_ns, start_ns + $read_ns) FROM hit)
  AND start_gfn < $end_frame AND start_gfn::BIGINT + page_count > $first_frame
ORDER BY time_ns, start_gfn
LIMIT $row_limit;
