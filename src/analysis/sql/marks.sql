-- Question    Which phases does the workload go through?
-- Grain       one mark of the trace, at most $mark_limit
-- Columns     host_time_ns on the host's clock, trace_time_ns on the trace's
-- Units       the last word of each name
-- Parameters  mark_limit
SELECT host_time_ns, trace_time_ns, name AS mark_name
FROM mark_host
ORDER BY host_time_ns, mark_name
LIMIT $mark_limit::INTEGER;
