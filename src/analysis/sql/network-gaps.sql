-- Question    What becomes of the packets of each network card?
-- Grain       one device of the trace that has packets
-- Columns     arrived = kept + dropped, from the stop to where the network reaches the card; silence_ns from the last
--             packet before the stop to there; tcp_silence_ns from the stop to where the first lost segment's
--             retransmission gets through, null where none is lost
-- Units       the last word of each name
-- Parameters  none
SELECT
  trace_device.name AS device_name,
  fate,
  arrived_count,
  kept_count,
  dropped_count,
  tcp_dropped_count,
  udp_dropped_count,
  dropped_count - tcp_dropped_count - udp_dropped_count AS other_dropped_count,
  retransmission_count,
  silence_ns,
  tcp_resume_ns - stop_ns AS tcp_silence_ns
FROM device_gap_offset JOIN trace_device USING (trace_device_index)
WHERE has_packets
ORDER BY trace_device_index;
