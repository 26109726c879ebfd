-- Question    For how long do the VMs of one configuration stand still, draw by draw?
-- Grain       a draw and a length of pause
-- Columns     vm_count VMs stand still for so long
-- Units       the last word of each name
-- Parameters  configuration_index: -1 is the one that ranks first
SELECT draw_index, pause_ns, vm_count::BIGINT AS vm_count
FROM run_pause JOIN grid_run USING (run_index)
WHERE is_drawn AND configuration_index = CASE
  WHEN $configuration_index::INTEGER >= 0 THEN $configuration_index::INTEGER
  ELSE (SELECT configuration_index FROM configuration_answer WHERE rank_index = 0)
END
ORDER BY draw_index, pause_ns;
