-- Question    Which configuration has which name?
-- Grain       a configuration, and the plan's scenario as it was written
-- Columns     none beside them
-- Units       none
-- Parameters  none
SELECT configuration_index, label, is_base FROM configuration ORDER BY configuration_index;
