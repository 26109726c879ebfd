-- Question    How long do hosts stand still in configurations that contrast, and in which phase?
-- Grain       a phase of the blackout of one of up to 6 configurations, with all inputs at their medians
-- Columns     role_name says why it is shown; short_label has only the axes in which they differ; the blackout's band is that
--             over its draws, null where nothing is drawn
-- Units       the last word of each name
-- Parameters  none
SELECT
  shown.order_index, shown.configuration_index, shown.role_name, shown.short_label,
  part.phase, part.part_ns, median_run.blackout_ns,
  CASE WHEN sweep.repeat_count > 0 THEN answer.blackout_p5_ns::BIGINT END AS low_ns,
  CASE WHEN sweep.repeat_count > 0 THEN answer.blackout_p95_ns::BIGINT END AS high_ns
FROM (FROM shown_configuration WHERE set_name = 'contrast') AS shown
JOIN configuration_answer AS answer USING (configuration_index)
JOIN median_run USING (configuration_index)
JOIN (
  FROM (SELECT run_index, freeze_ns AS "freeze", serialize_ns AS serialize, kexec_ns AS kexec, restore_ns AS restore FROM run)
  UNPIVOT (part_ns FOR phase IN ("freeze", serialize, kexec, restore))
) AS part USING (run_index)
CROSS JOIN sweep
ORDER BY shown.order_index, list_position(['freeze', 'serialize', 'kexec', 'restore'], part.phase);
