-- Question    What happens at the devices while the guests stand still?
-- Grain       one bin of the blackout, kind of event and effect; the blackout is cut in $bin_count bins of one length
-- Columns     offsets count from the start of the blackout
-- Units       the last word of each name
-- Parameters  bin_count
WITH binned AS (
  SELECT
    device_event.kind, device_event.effect, device_event.bytes,
    greatest(1, ceil(blackout.blackout_ns / $bin_count::INTEGER)::BIGINT) AS bin_ns,
    greatest(0, least($bin_count::INTEGER - 1, (time_ns - blackout.start_ns) // bin_ns)) AS bin_index
  FROM device_event CROSS JOIN blackout
)
SELECT
  bin_index,
  bin_index * bin_ns AS start_offset_ns,
  (bin_index + 1) * bin_ns AS end_offset_ns,
  kind,
  effect,
  count(*) AS event_count,
  sum(bytes) AS event_bytes
FROM binned
GROUP BY bin_index, bin_ns, kind, effect
ORDER BY bin_index, effect, kind;
