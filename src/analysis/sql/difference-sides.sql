-- Question    What was compared, and by whom?
-- Grain       one side, the base first, and the difference itself
-- Columns     sha256 identifies it; input_name is a name for people, file the last part of its path
-- Units       none
-- Parameters  none
SELECT input_kind, input_name, file, sha256
FROM (
  SELECT
    0 AS order_index, side_index, CASE WHEN side_index = 0 THEN 'base' ELSE 'new' END || ' (' || kind || ')' AS input_kind,
    label AS input_name, file, sha256
  FROM side
  UNION ALL
  SELECT 1, 0, 'difference', 'luoscope ' || luoscope_version, '', difference_sha256 FROM difference
)
ORDER BY order_index, side_index;
