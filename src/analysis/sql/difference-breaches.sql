-- Question    Of which rows do rules of the gate not hold, and of which is that undecided?
-- Grain       one row, or several taken together, of one rule
-- Columns     metric and label are those of the first row that is concerned
-- Units       the last word of each name
-- Parameters  breach_limit
SELECT
  rule.rule, level, is_undecided, side.label AS side_label, what, breach.reason, breach.row_count,
  row.metric, row.label
FROM breach
JOIN rule USING (rule_index)
JOIN side USING (side_index)
LEFT JOIN (SELECT breach_index, min(row_index) AS row_index FROM breach_row GROUP BY breach_index) USING (breach_index)
LEFT JOIN row USING (row_index)
ORDER BY breach_index
LIMIT $breach_limit::INTEGER;
