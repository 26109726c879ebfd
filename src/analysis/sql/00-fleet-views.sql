-- Views that every question to a fleet builds on. They are part of the database, so the user's own SQL may use them too.
--
-- A VM that pauses, is lost with its host or is migrated is one that the rollout reaches: SLOs are held against these.

CREATE VIEW vm_standstill AS
WITH reached AS (SELECT * FROM vm WHERE fate IN ('paused', 'lost', 'migrated'))
SELECT vm_index, host_index, fate, 'base' AS level,
  greatest(coalesce(pause_ns, 0), coalesce(loss_ns, 0), longest_downtime_ns) AS standstill_ns
FROM reached
UNION ALL
SELECT vm_index, host_index, fate, 'low',
  greatest(coalesce(pause_low_ns, 0), coalesce(loss_low_ns, 0), longest_downtime_ns)
FROM reached
UNION ALL
SELECT vm_index, host_index, fate, 'high',
  greatest(coalesce(pause_high_ns, 0), coalesce(loss_high_ns, 0), longest_downtime_ns)
FROM reached;
COMMENT ON VIEW vm_standstill IS
  'The longest that each VM that the rollout reaches stands still in one go, with the constants at base and at both ends.';

CREATE VIEW host_turn AS
SELECT
  host.host_index, host.name, host.kind, host.fate, host.batch_index, host.composition_index,
  host.start_ns, host.end_ns, host.migration_ns,
  composition.update_ns, composition.blackout_ns, composition.metadata_bytes,
  host.start_ns + host.migration_ns AS update_start_ns,
  host.start_ns + host.migration_ns + composition.update_ns AS update_end_ns,
  host.start_ns + host.migration_ns + composition.update_ns
    + CASE WHEN host.fate = 'failed' THEN fleet.recovery_ns ELSE 0 END AS recovered_ns
FROM host JOIN composition USING (composition_index) CROSS JOIN fleet
WHERE host.start_ns IS NOT NULL;
COMMENT ON VIEW host_turn IS 'The hosts that are updated, with the moments at which their update begins and ends.';

CREATE VIEW lost_time AS
SELECT vm.vm_index, vm.host_index, 'pauses of updates' AS cause, host_turn.update_end_ns AS at_ns, vm.pause_ns AS lost_ns
FROM vm JOIN host_turn USING (host_index) WHERE vm.pause_ns IS NOT NULL
UNION ALL
SELECT vm.vm_index, vm.host_index, 'failed hosts', host_turn.recovered_ns, vm.loss_ns
FROM vm JOIN host_turn USING (host_index) WHERE vm.loss_ns IS NOT NULL
UNION ALL
SELECT
  migration.vm_index, migration.from_host_index, 'migrations',
  host_turn.start_ns + migration.offset_ns + migration.migration_ns, migration.downtime_ns
FROM migration JOIN host_turn ON host_turn.host_index = migration.from_host_index;
COMMENT ON VIEW lost_time IS 'Time in which a VM stood still, when that was over, and why.';
