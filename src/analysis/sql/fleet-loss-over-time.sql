-- Question    How much time have all VMs together lost by when, and why?
-- Grain       one of at most $bin_count evenly spread moments up to the end of the rollout
-- Columns     sums up to that moment: pauses of updates, failed hosts, downtimes of migrations
-- Units       the last word of each name
-- Parameters  bin_count
WITH last_moment AS (SELECT max(end_ns) AS end_ns FROM batch),
binned AS (
  SELECT
    -- What falls between two moments counts at the later one.
    least($bin_count::INTEGER, ceil(at_ns::DOUBLE * $bin_count::INTEGER / greatest(last_moment.end_ns, 1)))::INTEGER AS bin,
    cause,
    sum(lost_ns)::DOUBLE AS lost_ns
  FROM lost_time CROSS JOIN last_moment
  GROUP BY ALL
),
bins AS (SELECT unnest(range(0, $bin_count::INTEGER + 1)) AS bin)
SELECT
  (bins.bin * last_moment.end_ns::DOUBLE / $bin_count::INTEGER)::BIGINT AS at_ns,
  sum(coalesce(sum(lost_ns) FILTER (cause = 'pauses of updates'), 0)) OVER up_to AS pause_sum_ns,
  sum(coalesce(sum(lost_ns) FILTER (cause = 'failed hosts'), 0)) OVER up_to AS loss_sum_ns,
  sum(coalesce(sum(lost_ns) FILTER (cause = 'migrations'), 0)) OVER up_to AS migration_sum_ns
FROM bins CROSS JOIN last_moment LEFT JOIN binned ON binned.bin = bins.bin
WHERE last_moment.end_ns IS NOT NULL
GROUP BY bins.bin, last_moment.end_ns
WINDOW up_to AS (ORDER BY bins.bin)
ORDER BY bins.bin;
