-- Question    What has each configuration chosen of each axis?
-- Grain       a configuration and axis
-- Columns     axis_name is the axis' path; two axes never share one
-- Units       the last word of each name
-- Parameters  none
SELECT configuration_index, axis_key AS axis_name, value_label
FROM named_setting
ORDER BY configuration_index, axis_index;
