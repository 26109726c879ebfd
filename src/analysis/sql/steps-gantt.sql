-- Question    When does each step run?
-- Grain       one piece of one lane; a lane is a step id in a phase. A run of more than $piece_limit pieces has its
--             shortest ones merged: pieces of a lane that begin in the same 1/500 of the update become one
-- Columns     lane_index orders the lanes (phase, start, row of the lifecycle table); lane_ns is the time from the
--             lane's first start to its last end; offsets count from the start of the blackout; vm_name is null for a
--             step of the host or for a merged piece; low_ns and high_ns are sums over the merged
-- Units       the last word of each name
-- Parameters  piece_limit
WITH resolution AS (
  SELECT
    CASE
      WHEN count(*) > $piece_limit::INTEGER
        THEN greatest(1, (max(end_ns) - min(start_ns)) // 500)
      ELSE 0
    END AS short_ns
  FROM step
),
piece AS (
  SELECT
    phase, step_name, lifecycle_row, in_blackout,
    -- Pieces longer than the resolution stay alone: their key is their own number.
    CASE WHEN end_offset_ns - start_offset_ns < short_ns THEN -1 ELSE step_index::BIGINT END AS own_index,
    CASE WHEN end_offset_ns - start_offset_ns < short_ns THEN start_ns // short_ns ELSE 0 END AS slot_index,
    min(start_offset_ns) AS start_offset_ns,
    max(end_offset_ns) AS end_offset_ns,
    sum(end_offset_ns - start_offset_ns) AS busy_ns,
    sum(low_ns) AS low_ns,
    sum(high_ns) AS high_ns,
    count(*) AS piece_count,
    CASE WHEN count(*) = 1 THEN any_value(vm_name) END AS vm_name,
    min(detail) AS detail
  FROM step_timeline CROSS JOIN resolution
  GROUP BY phase, step_name, lifecycle_row, in_blackout, own_index, slot_index
),
lane AS (
  SELECT
    phase, step_name,
    row_number() OVER (ORDER BY phase, min(start_offset_ns), min(lifecycle_row), step_name) - 1 AS lane_index,
    max(end_offset_ns) - min(start_offset_ns) AS lane_ns,
    min(start_offset_ns) AS lane_start_offset_ns,
    sum(piece_count) AS lane_piece_count
  FROM piece
  GROUP BY phase, step_name
)
SELECT
  lane.lane_index, phase, step_name, piece.in_blackout, lane.lane_ns, lane.lane_piece_count,
  piece.start_offset_ns, piece.end_offset_ns, piece.busy_ns, piece.low_ns, piece.high_ns,
  piece.piece_count, piece.vm_name, piece.detail
FROM piece JOIN lane USING (phase, step_name)
ORDER BY lane.lane_index, piece.start_offset_ns, piece.end_offset_ns, piece.own_index, piece.slot_index;
