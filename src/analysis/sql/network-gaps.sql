-- Question    What becomes of the packets of each network card?
-- Grain       one device of the trace that has packets
-- Columns     arrived = kept + dropped, from the stop to where the network reaches the card; silence_ns from the last
--             packet before the stop to there; tcp_silence_ns from the stop to where the first lost segment's
--             retransmission gets through, null where none is lost; service_gap_ns from the last packet to where the
--             card is reached and that has got through; offsets count from the stop of the vCPUs
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
  tcp_resume_ns - stop_ns AS tcp_silence_ns,
  greatest(reachable_ns, coalesce(tcp_resume_ns, 0)) - coalesce(last_packet_ns, stop_ns) AS service_gap_ns,
  last_packet_ns - stop_ns AS last_packet_offset_ns,
  resume_ns - stop_ns AS resume_offset_ns,
  ready_ns - stop_ns AS ready_offset_ns,
  reachable_ns - stop_ns AS reachable_offset_ns
FROM device_gap_offset JOIN trace_device USING (trace_device_index)
WHERE has_packets
ORDER BY trace_device_index;
