-- Question    When do the phases of the workload begin?
-- Grain       a mark of the trace, in the order of time; the first so many
-- Columns     time_ns counts from the trace's start
-- Units       the last word of each name
-- Parameters  mark_limit
SELECT time_ns, name AS mark_name
FROM mark
ORDER BY time_ns, rowid
LIMIT $mark_limit;
