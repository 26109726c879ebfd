-- Question    Which rules of the gate hold?
-- Grain       one rule: those that fail first, then undecided ones, warnings, and those that hold
-- Columns     level is what the gate does where the rule does not hold; reason is the first row of which it does not; hidden_count
--             is how many rules are left out
-- Units       the last word of each name; line is a number of a line
-- Parameters  rule_limit
SELECT
  rule, file, line, level, outcome, reason, row_count, breach_count, undecided_count,
  greatest(count(*) OVER () - $rule_limit::INTEGER, 0) AS hidden_count
FROM rule
ORDER BY list_position(['fail', 'inconclusive', 'warn', 'pass'], outcome::VARCHAR), rule_index
LIMIT $rule_limit::INTEGER;
