-- Question    What is one configuration, and did all its runs end well?
-- Grain       the configuration; none where there is no such one
-- Columns     refused_count and failed_count of its run_count runs have no answer, reason is the first such run's
-- Units       the last word of each name
-- Parameters  configuration_index: -1 is the one that ranks first
SELECT configuration_index, label, rank_index, is_feasible, run_count, refused_count, failed_count, reason
FROM configuration_answer
WHERE CASE
  WHEN $configuration_index::INTEGER >= 0 THEN configuration_index = $configuration_index::INTEGER
  ELSE rank_index = 0
END;
