-- Question    Which driver goes with the errors of which quantity?
-- Grain       one quantity and driver
-- Columns     rank_correlation_ratio is Spearman's, of the error with its sign and the driver, from -1 to 1: 0 where the
--             driver explains nothing, null where it never changes
-- Units       the last word of each name
-- Parameters  none
WITH long AS (
  UNPIVOT (
    SELECT
      quantity, update_index, error_ratio, moved_pages, folio_count, region_visit_count, ram_bytes, cpu_count,
      node_count, session_file_count
    FROM residual
  )
  ON moved_pages, folio_count, region_visit_count, ram_bytes, cpu_count, node_count, session_file_count
  INTO NAME driver VALUE driver_value
),
-- Equal values share the middle of their ranks.
rank_of AS (
  SELECT
    quantity, driver,
    rank() OVER (PARTITION BY quantity, driver ORDER BY error_ratio)
      + (count(*) OVER (PARTITION BY quantity, driver, error_ratio) - 1) / 2 AS error_rank,
    rank() OVER (PARTITION BY quantity, driver ORDER BY driver_value)
      + (count(*) OVER (PARTITION BY quantity, driver, driver_value) - 1) / 2 AS driver_rank
  FROM long
)
SELECT
  quantity,
  driver,
  CASE WHEN count(DISTINCT driver_rank) > 1 AND count(DISTINCT error_rank) > 1
    -- Adding 0 makes 0 of a negative one.
    THEN round(corr(error_rank, driver_rank), 3) + 0 END AS rank_correlation_ratio
FROM rank_of
GROUP BY quantity, driver
ORDER BY
  quantity,
  list_position(
    ['moved_pages', 'folio_count', 'region_visit_count', 'ram_bytes', 'cpu_count', 'node_count', 'session_file_count'],
    driver
  );
