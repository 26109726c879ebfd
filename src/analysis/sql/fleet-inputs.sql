-- Question    What was the rollout worked out from?
-- Grain       one input
-- Columns     its kind, name and identity
-- Units       none
-- Parameters  none
SELECT 'fleet' AS input_kind, fleet_name AS input_name, config_sha256 AS sha256 FROM fleet
UNION ALL
SELECT 'cost profile', profile_name, profile_sha256 FROM fleet
UNION ALL
SELECT 'luoscope', luoscope_version, fleet_sha256 FROM fleet
UNION ALL
SELECT 'inventory', name, sha256 FROM inventory;
