-- Question    How fast do the guests write memory, before and after the blackout?
-- Grain       one bucket of host time, all VMs of the trace together; at most about $point_limit buckets; none lies in
--             the blackout and none across its edges
-- Columns     start_ns and end_ns on the host's clock; rates are means over the bucket of the ticks' own rates, where a
--             tick's pages are spread evenly over it; first_touch_pages_per_sec is the part that the guests wrote for
--             the first time since they resumed. Ticks without a start hold pages that were there already: left out
-- Units       the last word of each name
-- Parameters  point_limit
WITH tick AS (
  SELECT start_ns AS tick_start_ns, trace_time_ns AS tick_end_ns, dirty_pages, first_touch_pages
  FROM dirty_tick
  WHERE start_ns IS NOT NULL AND trace_time_ns > start_ns
),
frame AS (
  SELECT
    min(tick_start_ns) AS first_ns, max(tick_end_ns) AS last_ns,
    any_value(blackout.start_ns) AS stop_ns, any_value(blackout.blackout_ns) AS blackout_ns,
    greatest(1, ceil((max(tick_end_ns) - min(tick_start_ns)) / $point_limit::INTEGER)::BIGINT) AS bucket_ns
  FROM tick CROSS JOIN blackout
),
-- Buckets count from the moment the guests stop, on the trace's clock: negative before it. So none straddles it.
spread AS (
  SELECT
    tick.*, frame.*,
    unnest(range(
      floor((tick_start_ns - stop_ns) / bucket_ns)::BIGINT,
      ceil((tick_end_ns - stop_ns) / bucket_ns)::BIGINT
    )) AS bucket_index
  FROM tick CROSS JOIN frame
),
overlap AS (
  SELECT
    bucket_index, dirty_pages, first_touch_pages, blackout_ns,
    tick_end_ns - tick_start_ns AS tick_ns,
    -- What the guests touch first after they resume lies in the part of a tick that follows their stop.
    greatest(1, tick_end_ns - greatest(tick_start_ns, stop_ns)) AS resumed_ns,
    greatest(stop_ns + bucket_index * bucket_ns, first_ns) AS bucket_start_ns,
    least(stop_ns + (bucket_index + 1) * bucket_ns, last_ns) AS bucket_end_ns,
    least(tick_end_ns, stop_ns + (bucket_index + 1) * bucket_ns)
      - greatest(tick_start_ns, stop_ns + bucket_index * bucket_ns) AS overlap_ns
  FROM spread
)
SELECT
  bucket_start_ns + CASE WHEN bucket_index >= 0 THEN blackout_ns ELSE 0 END AS start_ns,
  bucket_end_ns + CASE WHEN bucket_index >= 0 THEN blackout_ns ELSE 0 END AS end_ns,
  bucket_index >= 0 AS after_resume,
  -- Decimals, since the sum of doubles depends on the order of the rows and a report must not.
  round(sum((dirty_pages::DOUBLE * overlap_ns / tick_ns)::DECIMAL(30, 6))::DOUBLE * 1e9
    / (bucket_end_ns - bucket_start_ns), 2) AS dirty_pages_per_sec,
  round(sum((CASE WHEN bucket_index >= 0 THEN first_touch_pages::DOUBLE * overlap_ns / resumed_ns ELSE 0 END)::DECIMAL(30, 6))::DOUBLE * 1e9
    / (bucket_end_ns - bucket_start_ns), 2) AS first_touch_pages_per_sec
FROM overlap
WHERE overlap_ns > 0
GROUP BY bucket_index, bucket_start_ns, bucket_end_ns, blackout_ns
ORDER BY bucket_index;
