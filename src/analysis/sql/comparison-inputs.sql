-- Question    What was this comparison made from?
-- Grain       one input, and the comparison itself
-- Columns     sha256 identifies it; input_name is a name for people
-- Units       none
-- Parameters  none
SELECT input_kind, input_name, sha256
FROM (
  SELECT 0 AS order_index, 0 AS row_index, 'cost profile' AS input_kind, profile_name AS input_name, profile_sha256 AS sha256
  FROM comparison
  UNION ALL SELECT 1, 0, 'comparison', 'luoscope ' || luoscope_version, comparison_sha256 FROM comparison
  UNION ALL SELECT 2, rowid, 'recording', name, sha256 FROM recording
)
ORDER BY order_index, row_index;
