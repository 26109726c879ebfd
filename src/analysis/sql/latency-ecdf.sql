-- Question    Which share of the requests takes no longer than this, without the update and with it?
-- Grain       one step of the distribution: at most $point_limit each for the two, evenly spread over the ranks, the
--             shortest and the longest among them
-- Columns     update: with the update or without it; ratio is the share of requests that take latency_ns or less
-- Units       the last word of each name
-- Parameters  point_limit
WITH measured AS (
  SELECT false AS with_update, alone_ns AS latency_ns FROM request WHERE alone_ns IS NOT NULL
  UNION ALL
  SELECT true, latency_ns FROM request WHERE latency_ns IS NOT NULL
),
ranked AS (
  SELECT
    with_update, latency_ns,
    row_number() OVER (PARTITION BY with_update ORDER BY latency_ns) AS latency_rank,
    count(*) OVER (PARTITION BY with_update) AS total_count
  FROM measured
)
SELECT with_update, latency_rank::DOUBLE / total_count AS latency_ratio, latency_ns
FROM ranked
WHERE latency_rank = 1
  OR latency_rank = total_count
  OR (latency_rank * $point_limit::INTEGER) // total_count <> ((latency_rank - 1) * $point_limit::INTEGER) // total_count
ORDER BY with_update, latency_rank;
