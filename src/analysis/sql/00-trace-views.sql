-- Views that every question to a trace builds on. They are part of the database, so the user's own SQL may use them too.
--
-- A reading without an earlier one holds the pages that were there already: it says nothing of how fast they are written.

CREATE VIEW dirty_tick AS
SELECT
  tick.time_ns, tick.vm_index, vm.name AS vm_name, tick.start_ns, tick.time_ns - tick.start_ns AS tick_ns,
  coalesce(written.dirty_pages, 0) AS dirty_pages
FROM tick
JOIN vm USING (vm_index)
LEFT JOIN (
  SELECT time_ns, vm_index, sum(page_count)::BIGINT AS dirty_pages FROM page_write GROUP BY time_ns, vm_index
) AS written USING (time_ns, vm_index);
COMMENT ON VIEW dirty_tick IS
  'Readings of dirty pages with how many there were; start_ns is null where they were there already.';

CREATE VIEW named_event AS
SELECT
  event.time_ns, event.duration_ns, event_kind.category, event_kind.name AS event_name, task.name AS task_name,
  task.thread_id, task.process_id, event.cpu_index, event.detail, event.kind_index, event.task_index
FROM event
LEFT JOIN event_kind ON event.kind_index = event_kind.event_kind_index
LEFT JOIN task USING (task_index);
COMMENT ON VIEW named_event IS 'Events with the names of their kind and their task.';

CREATE VIEW named_counter AS
SELECT counter.time_ns, counter_kind.name AS counter_name, counter_kind.unit, counter_kind.vm_index, counter.value
FROM counter LEFT JOIN counter_kind ON counter.kind_index = counter_kind.counter_kind_index;
COMMENT ON VIEW named_counter IS 'Measured values with the name and the unit of their kind.';

CREATE VIEW named_request AS
SELECT
  device_io.*, device_io.complete_ns - device_io.submit_ns AS latency_ns,
  device.name AS device_name, device.kind AS device_kind, device.vm_index
FROM device_io LEFT JOIN device USING (device_index);
COMMENT ON VIEW named_request IS 'Requests to devices with the device''s name and how long they took; null without an end.';
