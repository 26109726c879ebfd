-- Question    Which share of the VMs stands still for no longer than this in one go?
-- Grain       one step of the distribution of each level of the constants, at most about $point_limit evenly spread
-- Columns     level: every constant at base, low or high; vm_ratio is the share of reached VMs that stand still for
--             standstill_ns or less, in a pause, a migration's downtime or with a failed host
-- Units       the last word of each name
-- Parameters  point_limit
WITH step AS (
  SELECT level, standstill_ns, count(*) AS own_count FROM vm_standstill GROUP BY level, standstill_ns
),
summed AS (
  SELECT
    level, standstill_ns,
    sum(own_count) OVER (PARTITION BY level ORDER BY standstill_ns)::BIGINT AS up_to_count,
    sum(own_count) OVER (PARTITION BY level)::BIGINT AS total_count
  FROM step
),
placed AS (
  SELECT
    *,
    up_to_count * $point_limit::INTEGER // total_count AS place,
    lag(up_to_count * $point_limit::INTEGER // total_count) OVER from_below AS below_place,
    lead(standstill_ns) OVER from_below IS NULL AS is_last
  FROM summed
  WINDOW from_below AS (PARTITION BY level ORDER BY standstill_ns)
)
SELECT level, standstill_ns, up_to_count::DOUBLE / total_count AS vm_ratio, up_to_count AS vm_count
FROM placed
WHERE below_place IS NULL OR place <> below_place OR is_last
ORDER BY level, standstill_ns;
