-- Question    Which share of the requests takes no longer than this, without the update and with it?
-- Grain       one step of the distribution: for each of the two at most $point_limit evenly spread over the ranks, and
--             as many evenly spread over the logarithm of the ranks from the end, so that the tail is as fine
-- Columns     with_update: with it or without; latency_ratio is the share of requests that take latency_ns or less,
--             longer_ratio the share that takes as long or longer
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
),
placed AS (
  SELECT
    *,
    total_count - latency_rank + 1 AS end_rank,
    latency_rank * $point_limit::INTEGER // total_count AS rank_place,
    floor($point_limit::INTEGER * ln(total_count - latency_rank + 1) / ln(total_count + 1)) AS tail_place
  FROM ranked
),
stepped AS (
  SELECT
    *,
    lag(rank_place) OVER from_below AS below_place,
    lead(tail_place) OVER from_below AS above_place
  FROM placed
  WINDOW from_below AS (PARTITION BY with_update ORDER BY latency_rank)
)
SELECT
  with_update,
  latency_rank::DOUBLE / total_count AS latency_ratio,
  end_rank::DOUBLE / total_count AS longer_ratio,
  latency_ns
FROM stepped
WHERE latency_rank = 1
  OR latency_rank = total_count
  OR rank_place <> below_place
  OR tail_place <> above_place
ORDER BY with_update, latency_rank;
