-- What a trace holds: its VMs, devices and marks, and how fine its cells are.
SELECT 'vm' AS what, vm_index AS item_index, name, guest_bytes // 4096 AS amount FROM vm
UNION ALL SELECT 'device', device_index, name, vm_index FROM device
UNION ALL (SELECT 'mark', row_number() OVER (ORDER BY time_ns, rowid) - 1, name, time_ns FROM mark ORDER BY time_ns LIMIT 200)
UNION ALL SELECT 'span', 0, '', span_ns FROM trace
UNION ALL SELECT 'time-cell', 0, '', time_cell_ns FROM cell_grid
UNION ALL SELECT 'memory-cell', vm_index, '', cell_frames FROM memory_grid
UNION ALL SELECT 'writes', 0, '', count(*) FROM page_write
ORDER BY what, item_index;
