-- Question    How fast does each VM write memory?
-- Grain       one reading of a VM's dirty pages that has one before it
-- Columns     dirty_pages_per_sec counts a page once a reading, however often it is written
-- Units       the last word of each name
-- Parameters  none
SELECT
  vm_index, vm_name, start_ns, time_ns AS end_ns, dirty_pages,
  dirty_pages * 1e9 / nullif(tick_ns, 0) AS dirty_pages_per_sec
FROM dirty_tick
WHERE start_ns IS NOT NULL
ORDER BY time_ns, vm_index;
