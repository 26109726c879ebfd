-- Question    When do requests take long, without the update and with it?
-- Grain       one bin of the time at which requests are submitted, all devices together; at most $bin_count bins, none
--             without a request
-- Columns     offsets count from the start of the blackout; medians and longest of the requests of the bin
-- Units       the last word of each name
-- Parameters  bin_count
WITH frame AS (
  SELECT
    min(submit_ns) AS first_ns,
    greatest(1, ceil((max(submit_ns) - min(submit_ns) + 1) / $bin_count::INTEGER)::BIGINT) AS bin_ns
  FROM request
  WHERE latency_ns IS NOT NULL
)
SELECT
  first_ns + bin_index * bin_ns - any_value(blackout.start_ns) AS start_offset_ns,
  first_ns + (bin_index + 1) * bin_ns - any_value(blackout.start_ns) AS end_offset_ns,
  count(*) AS request_count,
  quantile_disc(alone_ns, 0.5) AS alone_p50_ns,
  max(alone_ns) AS alone_worst_ns,
  quantile_disc(latency_ns, 0.5) AS p50_ns,
  max(latency_ns) AS worst_ns
FROM (SELECT *, (submit_ns - first_ns) // bin_ns AS bin_index FROM request CROSS JOIN frame)
CROSS JOIN blackout
WHERE latency_ns IS NOT NULL
GROUP BY bin_index, first_ns, bin_ns
ORDER BY bin_index;
