-- Question    What was this result made from?
-- Grain       one input, and the run itself
-- Columns     sha256 identifies it; input_name is a name for people
-- Units       none
-- Parameters  none
SELECT input_kind, input_name, sha256
FROM (
  SELECT 0 AS order_index, 'trace' AS input_kind, trace_name AS input_name, trace_sha256 AS sha256 FROM run
  UNION ALL SELECT 1, 'scenario', scenario_name, scenario_sha256 FROM run
  UNION ALL SELECT 2, 'cost profile', profile_name, profile_sha256 FROM run
  UNION ALL SELECT 3, 'run', 'luoscope ' || luoscope_version || ', seed ' || seed, run_sha256 FROM run
)
ORDER BY order_index;
