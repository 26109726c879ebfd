-- Question    In which inputs do the sides differ?
-- Grain       one field of one input in which a side differs from the base
-- Columns     a value is null where that side has no such input or field; an empty field is the input as a whole; hidden_count is
--             how many are left out
-- Units       none
-- Parameters  input_limit
SELECT
  side.label AS side_label, input_change.kind AS input_kind, field, base AS base_value, new AS new_value,
  greatest(count(*) OVER () - $input_limit::INTEGER, 0) AS hidden_count
FROM input_change JOIN side USING (side_index)
ORDER BY input_change.rowid
LIMIT $input_limit::INTEGER;
