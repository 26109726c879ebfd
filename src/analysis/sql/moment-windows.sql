-- Question    When is it best to update, and when worst?
-- Grain       one window of $window_ns of starts; the $window_count best and the $window_count worst, by what the update
--             adds to latencies, then by lost packets, then by blackout and brownout
-- Columns     means over the window's starts; times on the trace's clock
-- Units       the last word of each name
-- Parameters  window_ns, window_count
WITH window_mean AS (
  SELECT
    trace_time_ns // $window_ns::BIGINT AS window_index,
    arg_min(mark_name, trace_time_ns) AS mark_name,
    count(*) AS moment_count,
    -- Whole ns, so that the order does not hang on the last digit of a sum of doubles.
    round(avg(blackout_ns))::BIGINT AS blackout_ns,
    round(avg(stalled_ns))::BIGINT AS stalled_ns,
    round(avg(dropped_count))::BIGINT AS dropped_count,
    round(avg(lost_ns))::BIGINT AS lost_ns
  FROM moment_mark
  WHERE complete
  GROUP BY window_index
),
ranked AS (
  SELECT
    *,
    row_number() OVER (ORDER BY stalled_ns, dropped_count, blackout_ns + lost_ns, window_index) AS best_rank,
    row_number() OVER (
      ORDER BY stalled_ns DESC, dropped_count DESC, blackout_ns + lost_ns DESC, window_index
    ) AS worst_rank
  FROM window_mean
)
SELECT
  best_rank <= $window_count::INTEGER AS is_best,
  window_index * $window_ns::BIGINT AS start_ns,
  (window_index + 1) * $window_ns::BIGINT AS end_ns,
  mark_name,
  moment_count,
  stalled_ns,
  dropped_count,
  blackout_ns,
  lost_ns
FROM ranked
WHERE best_rank <= $window_count::INTEGER OR worst_rank <= $window_count::INTEGER
ORDER BY best_rank;
