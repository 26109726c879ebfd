-- Question    Does an error grow with what the cost depends on?
-- Grain       one quantity of one update
-- Columns     error_ratio is above 0 where the prediction is too long; fitted is true where the profile was fitted to
--             the update; is_negligible where less than 0.5 ms is missed; the rest are the drivers
-- Units       the last word of each name
-- Parameters  none
SELECT
  quantity, update_name, fitted, error_ratio, is_negligible,
  moved_pages, folio_count, region_visit_count, ram_bytes, cpu_count, node_count, session_file_count
FROM residual
ORDER BY quantity, update_index;
