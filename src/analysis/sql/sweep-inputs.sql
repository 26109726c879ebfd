-- Question    What was this sweep made from?
-- Grain       one input, and the results themselves
-- Columns     sha256 identifies it; input_name is a name for people
-- Units       none
-- Parameters  none
SELECT input_kind, input_name, sha256
FROM (
  SELECT 0 AS order_index, 0 AS row_index, 'plan' AS input_kind, plan_name AS input_name, plan_sha256 AS sha256 FROM sweep
  UNION ALL SELECT 1, rowid, CASE WHEN kind = 'profile' THEN 'cost profile' ELSE kind END, name, sha256 FROM source
  UNION ALL SELECT 2, 0, 'results', 'luoscope ' || luoscope_version, sweep_sha256 FROM sweep
)
ORDER BY order_index, row_index;
