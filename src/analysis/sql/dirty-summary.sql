-- Question    How much did the guests write before they stopped and after they resumed?
-- Grain       the run
-- Columns     pages are sums over ticks of pages distinct in each; peak is the highest rate of one VM's tick; blackout
--             edges on the host's clock
-- Units       the last word of each name
-- Parameters  none
SELECT
  (SELECT start_ns FROM blackout) AS blackout_start_ns,
  (SELECT end_ns FROM blackout) AS blackout_end_ns,
  coalesce(sum(dirty_pages) FILTER (NOT after_resume AND start_ns IS NOT NULL), 0) AS before_pages,
  coalesce(sum(dirty_pages) FILTER (after_resume AND start_ns IS NOT NULL), 0) AS after_pages,
  coalesce(sum(first_touch_pages), 0) AS first_touch_pages,
  coalesce(sum(dirty_pages) FILTER (start_ns IS NULL), 0) AS resident_pages,
  max(dirty_pages * 1e9 / (trace_time_ns - start_ns)) FILTER (trace_time_ns > start_ns) AS peak_pages_per_sec
FROM dirty_tick;
