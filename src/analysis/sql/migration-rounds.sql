-- Question    How do the rounds of a migration go?
-- Grain       one round of an alternative
-- Columns     dirty_pages to send when it begins, each page once; offsets count from the migration's start
-- Units       the last word of each name
-- Parameters  round_limit
SELECT
  alternative_index,
  alternative.name AS alternative_name,
  vm.name AS vm_name,
  round_index,
  start_ns AS start_offset_ns,
  end_ns AS end_offset_ns,
  dirty_pages,
  sent_bytes,
  throttle_ratio
FROM migration_round JOIN alternative USING (alternative_index) JOIN vm USING (vm_index)
WHERE round_index < $round_limit::INTEGER
ORDER BY alternative_index, round_index;
