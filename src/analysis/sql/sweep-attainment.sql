-- Question    Which share of the VMs stands still for at most how long, in configurations that contrast?
-- Grain       one of up to 6 configurations, and a length of pause; at most point_limit of them, the last of each equal share
-- Columns     role_name says why it is shown; within_ratio is the share up to pause_ns over all its draws, attained_ratio the
--             share within the SLO
-- Units       the last word of each name
-- Parameters  point_limit
SELECT
  shown.order_index, shown.configuration_index, shown.role_name, shown.short_label, answer.label, answer.attained_ratio,
  answer.is_feasible, share.pause_ns, share.within_ratio
FROM (FROM shown_configuration WHERE set_name = 'contrast') AS shown
JOIN configuration_answer AS answer USING (configuration_index)
JOIN (
  FROM configuration_share
  WHERE configuration_index IN (SELECT configuration_index FROM shown_configuration WHERE set_name = 'contrast')
) AS share USING (configuration_index)
QUALIFY row_number() OVER (
  PARTITION BY shown.order_index, ceil(share.within_ratio * $point_limit::INTEGER) ORDER BY share.pause_ns DESC
) = 1
ORDER BY shown.order_index, share.pause_ns;
