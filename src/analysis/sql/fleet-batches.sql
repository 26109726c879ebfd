-- Question    When is each batch updated, and what does it cost?
-- Grain       one batch in its order, at most $batch_limit
-- Columns     hosts by what becomes of them; when it begins and ends, null where the rollout ended before; time that
--             its VMs lose together
-- Units       the last word of each name
-- Parameters  batch_limit
WITH host_sum AS (
  SELECT
    batch_index,
    count(*) FILTER (fate = 'updated') AS updated_count,
    count(*) FILTER (fate = 'failed') AS failed_count,
    count(*) FILTER (fate = 'refused') AS refused_count
  FROM host
  WHERE batch_index IS NOT NULL
  GROUP BY batch_index
),
lost_sum AS (
  SELECT host.batch_index, sum(lost_time.lost_ns)::DOUBLE AS lost_ns
  FROM lost_time JOIN host USING (host_index)
  GROUP BY host.batch_index
)
SELECT
  batch.batch_index,
  batch.host_count,
  coalesce(host_sum.updated_count, 0) AS updated_count,
  coalesce(host_sum.failed_count, 0) AS failed_count,
  coalesce(host_sum.refused_count, 0) AS refused_count,
  batch.is_reached,
  batch.aborts,
  batch.start_ns,
  batch.end_ns,
  coalesce(lost_sum.lost_ns, 0) AS lost_sum_ns
FROM batch LEFT JOIN host_sum USING (batch_index) LEFT JOIN lost_sum USING (batch_index)
ORDER BY batch.batch_index
LIMIT $batch_limit::INTEGER;
