-- Question    What is each host, or each stretch of hosts, doing when?
-- Grain       one piece of a lane: a lane is a host where there are at most $lane_limit, else a batch where there are 5 to
--             $lane_limit of them, else one of $lane_limit stretches of hosts in the order of their turns
-- Columns     piece: what is done; a stretch of several hosts has one piece from its first host's turn to its last one's
--             end, a batch its health wait after that; hosts in the lane and how many of them fail
-- Units       the last word of each name
-- Parameters  lane_limit
WITH turn AS (
  SELECT
    *,
    row_number() OVER (ORDER BY batch_index, start_ns, host_index) AS turn_number,
    count(*) OVER () AS turn_count,
    (SELECT count(*) FROM batch WHERE is_reached) AS batch_count
  FROM host_turn
),
laned AS (
  SELECT
    *,
    CASE
      WHEN turn_count <= $lane_limit::INTEGER THEN 'host'
      WHEN batch_count BETWEEN 5 AND $lane_limit::INTEGER THEN 'batch'
      ELSE 'stretch'
    END AS lane_kind
  FROM turn
),
numbered AS (
  SELECT
    *,
    CASE lane_kind
      WHEN 'host' THEN turn_number - 1
      WHEN 'batch' THEN batch_index
      ELSE (turn_number - 1) * $lane_limit::INTEGER // turn_count
    END AS lane_index
  FROM laned
),
piece AS (
  SELECT lane_index, name AS lane_name, 1 AS piece_rank, 'migrating VMs away' AS piece, start_ns, update_start_ns AS end_ns,
    1 AS host_count, (fate = 'failed')::INTEGER AS failed_count
  FROM numbered WHERE lane_kind = 'host'
  UNION ALL
  SELECT lane_index, name, 2, 'update', update_start_ns, update_end_ns, 1, (fate = 'failed')::INTEGER
  FROM numbered WHERE lane_kind = 'host'
  UNION ALL
  SELECT lane_index, name, 3, 'cold reboot after a failure', update_end_ns, recovered_ns, 1, 1
  FROM numbered WHERE lane_kind = 'host'
  UNION ALL
  SELECT lane_index, name, 4, 'health wait', recovered_ns, end_ns, 1, (fate = 'failed')::INTEGER
  FROM numbered WHERE lane_kind = 'host'
  UNION ALL
  SELECT
    lane_index,
    CASE any_value(lane_kind)
      WHEN 'batch' THEN 'batch ' || (lane_index + 1)
      ELSE 'hosts ' || min(turn_number) || '–' || max(turn_number)
    END,
    5, 'turns of the hosts', min(start_ns), max(end_ns), count(*), count(*) FILTER (fate = 'failed')
  FROM numbered
  WHERE lane_kind <> 'host'
  GROUP BY lane_index
  UNION ALL
  SELECT
    numbered.batch_index, 'batch ' || (numbered.batch_index + 1), 6, 'health wait', max(numbered.end_ns),
    any_value(batch.end_ns), count(*), count(*) FILTER (fate = 'failed')
  FROM numbered JOIN batch USING (batch_index)
  WHERE lane_kind = 'batch'
  GROUP BY numbered.batch_index
)
SELECT lane_index, lane_name, piece, start_ns, end_ns, host_count, failed_count
FROM piece
WHERE end_ns > start_ns
ORDER BY lane_index, piece_rank;
