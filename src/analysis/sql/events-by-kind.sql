-- Question    Which events does the trace hold, and how much time do they take?
-- Grain       one kind of event that happened
-- Columns     total_ns and longest_ns of those events that have a length; null where none has
-- Units       the last word of each name
-- Parameters  none
SELECT
  category, event_name,
  count(*) AS event_count,
  count(DISTINCT task_index) AS task_count,
  min(time_ns) AS first_ns,
  max(time_ns) AS last_ns,
  sum(duration_ns)::BIGINT AS total_ns,
  max(duration_ns) AS longest_ns
FROM named_event
GROUP BY kind_index, category, event_name
ORDER BY event_count DESC, kind_index;
