-- Question    What does each configuration come to, and which is the best?
-- Grain       a configuration
-- Columns     rank_index is 0 for the one to recommend: feasible ones by memory, then by pause; others by how far their
--             pause at the SLO's share is beyond the SLO; slo_quantile_ns is the shortest limit that so large a share of
--             VMs, over all draws, keeps to; held_ratio is the share of draws in which the SLO holds
-- Units       the last word of each name
-- Parameters  configuration_limit: the best so many
SELECT
  configuration_index,
  label,
  rank_index,
  is_feasible,
  meets_slo,
  meets_memory,
  run_count,
  refused_count,
  failed_count,
  reason,
  median_inputs_blackout_ns,
  blackout_p5_ns::BIGINT AS blackout_p5_ns,
  blackout_p50_ns::BIGINT AS blackout_p50_ns,
  blackout_p95_ns::BIGINT AS blackout_p95_ns,
  slo_quantile_ns,
  worst_pause_ns,
  attained_ratio,
  held_ratio,
  overhead_bytes,
  scratch_bytes,
  metadata_bytes,
  kexec_image_bytes,
  transient_peak_bytes
FROM configuration_answer
ORDER BY rank_index
LIMIT $configuration_limit;
