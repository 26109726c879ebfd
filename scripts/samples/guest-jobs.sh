# The jobs of the guest, one function each. Each writes files under /out/<tool>/<version>/.
# busybox's shell takes its own applets before the programs on the path.
for tool in dmesg dd mount umount stat; do eval "$tool() { /usr/bin/$tool \"\$@\"; }"; done

T=/sys/kernel/tracing
kernel=$(uname -r)
ftrace_out=/out/ftrace/$kernel
tracecmd_out=/out/trace-cmd/$(trace-cmd --version | sed -n 's/^trace-cmd version \([0-9.]*\).*/\1/p')
perf_out=/out/perf/$(perf --version | sed 's/perf version //')
blktrace_out=/out/blktrace/$(blkparse -V | sed 's/blkparse version //')
dmesg_out=/out/dmesg/$(dmesg --version | sed 's/.* //')
mkdir -p "$ftrace_out" "$tracecmd_out" "$perf_out" "$blktrace_out" "$dmesg_out"

disk=/dev/${load##*/}
disk_events="irq:irq_handler_entry irq:irq_handler_exit block:block_rq_issue block:block_rq_complete sched:sched_switch"

ftrace_reset() {
  echo 0 >$T/tracing_on
  echo nop >$T/current_tracer
  echo >$T/set_event
  echo >$T/set_graph_function
  echo >$T/set_ftrace_filter
  echo 0 >$T/max_graph_depth
  echo local >$T/trace_clock
  echo 1408 >$T/buffer_size_kb
  echo >$T/trace
}

# ftrace_run NAME EVENTS COMMAND...: runs the command with the events on and keeps what `trace` then says.
ftrace_run() {
  local name=$1 event
  for event in $2; do echo 1 >"$T/events/$(echo "$event" | tr : /)/enable"; done
  shift 2
  echo >$T/trace
  echo 1 >$T/tracing_on
  "$@"
  echo 0 >$T/tracing_on
  cat $T/trace >"$ftrace_out/$name"
}

marked() {
  echo "sample: begin pause" >$T/trace_marker
  "$@"
  echo "sample: pause_ms=12.5 note=\"a: b, c=d\"" >$T/trace_marker
  printf 'two\nlines' >$T/trace_marker
  echo "sample: end" >$T/trace_marker
}

sync_load() { dd if=/dev/zero of=$disk bs=64k count=4 conv=fsync 2>/dev/null; }

job_ftrace_basic() {
  ftrace_reset
  ftrace_run nop-events.txt "$disk_events" marked load block $disk 24
  ftrace_reset
  echo 1 >$T/options/latency-format
  ftrace_run latency-format.txt "$disk_events" marked load block $disk 8
  echo 0 >$T/options/latency-format

  ftrace_reset
  echo blkdev_fsync vfs_read >$T/set_graph_function
  echo 6 >$T/max_graph_depth
  echo function_graph >$T/current_tracer
  ftrace_run function-graph.txt "block:block_rq_issue" marked load block $disk 8
  for option in funcgraph-abstime funcgraph-proc funcgraph-tail sleep-time; do echo 1 >$T/options/$option; done
  ftrace_run function-graph-abstime-proc-tail.txt "block:block_rq_issue" marked load block $disk 8
  echo 1 >$T/options/latency-format
  ftrace_run function-graph-latency-format.txt "" load block $disk 2
  echo 0 >$T/options/latency-format
  echo 0 >$T/options/sleep-time
  echo 0 >$T/options/funcgraph-irqs
  echo 0 >$T/options/funcgraph-cpu
  echo 0 >$T/options/funcgraph-overhead
  ftrace_run function-graph-no-cpu-overhead-sleep.txt "" load block $disk 4
  for option in funcgraph-abstime funcgraph-proc funcgraph-tail; do echo 0 >$T/options/$option; done
  for option in sleep-time funcgraph-irqs funcgraph-cpu funcgraph-overhead; do echo 1 >$T/options/$option; done
  ftrace_reset
}

job_ftrace() {
  job_ftrace_basic
  echo 'blk_mq_*' >$T/set_ftrace_filter
  echo function >$T/current_tracer
  ftrace_run function.txt "" load block $disk 2

  ftrace_reset
  echo 8 >$T/buffer_size_kb
  ftrace_run overwritten.txt "$disk_events" load block $disk 48
  cat $T/per_cpu/cpu0/stats >"$ftrace_out/overwritten.stats.txt"
  timeout 1 cat $T/trace_pipe >"$ftrace_out/overwritten.pipe.txt"

  ftrace_reset
  ftrace_run task-names.txt "sched:sched_switch sched:sched_wakeup task:task_rename task:task_newtask" load names
  timeout 1 cat $T/trace_pipe >"$ftrace_out/task-names.pipe.txt"
  # Without record-cmd the kernel keeps no names: `<...>`.
  ftrace_reset
  echo 0 >$T/options/record-cmd
  ftrace_run task-names-lost.txt "irq:irq_handler_entry block:block_rq_issue sched:sched_wakeup" \
    sh -c "load names; load block $disk 4; load names"
  echo 1 >$T/options/record-cmd

  ftrace_reset
  echo 1 >$T/options/record-tgid
  ftrace_run tgid.txt "$disk_events" load names
  echo 0 >$T/options/record-tgid
  ftrace_reset
  echo 0 >$T/options/irq-info
  ftrace_run no-irq-info.txt "$disk_events" load block $disk 4
  echo 1 >$T/options/irq-info
  ftrace_reset
  echo 1 >$T/options/stacktrace
  ftrace_run stacktrace.txt "block:block_rq_issue" sync_load
  echo 0 >$T/options/stacktrace
  ftrace_reset
  ftrace_run syscalls.txt "raw_syscalls:sys_enter raw_syscalls:sys_exit syscalls:sys_enter_fdatasync syscalls:sys_exit_fdatasync" \
    load block $disk 8

  for clock in boot mono mono_raw x86-tsc counter uptime perf global; do
    ftrace_reset
    echo $clock >$T/trace_clock
    ftrace_run clock-$clock.txt "$disk_events" marked load block $disk 4
  done
  ftrace_reset
  cat $T/trace_clock
}

# trace-cmd copies /proc/kallsyms into its file, which makes it more than a MB: a short table takes its place, of all
# functions that the function_graph sample may hold, so that no address takes a neighbour's name.
short_symbols() {
  grep -E ' [tTwW] [a-z_0-9.]*(blk|bdev|bio|vfs_|fsync)' /proc/kallsyms >/tmp/kallsyms
  mount --bind /tmp/kallsyms /proc/kallsyms
}

tracecmd_reports() {
  local name=$1
  trace-cmd report -i $name.dat >$name.report.txt
  echo "trace-cmd report -i $name.dat | wc -l: $(trace-cmd report -i $name.dat | wc -l)" >$name.counts.txt
  # The lines before the first event say the version and the CPUs.
  echo "of these, lines of events: $(trace-cmd report -i $name.dat | grep -c ': *[a-z_]*: ')" >>$name.counts.txt
}

job_tracecmd() {
  local events="" event
  for event in $disk_events; do events="$events -e $event"; done
  cd $tracecmd_out
  short_symbols
  trace-cmd record -C mono -o disk.dat $events load block $disk 24 >disk.record.txt 2>&1
  tracecmd_reports disk
  trace-cmd report -t -i disk.dat >disk.report-t.txt
  trace-cmd report -l -i disk.dat >disk.report-l.txt
  trace-cmd report -N -i disk.dat >disk.report-N.txt
  trace-cmd report --ts-diff -i disk.dat >disk.report-ts-diff.txt
  trace-cmd report -R -i disk.dat >disk.report-R.txt
  trace-cmd report -t -R -i disk.dat >disk.report-t-R.txt
  trace-cmd report --stat -i disk.dat >disk.report-stat.txt 2>&1
  trace-cmd report --raw-ts -i disk.dat >disk.report-raw-ts.txt
  trace-cmd report --uname -i disk.dat >disk.report-uname.txt 2>&1
  trace-cmd dump --summary -i disk.dat >disk.dump-summary.txt 2>&1
  trace-cmd convert -i disk.dat -o disk.v6.dat --file-version 6 >/dev/null 2>&1
  trace-cmd report -i disk.v6.dat >disk.v6.report.txt 2>&1
  trace-cmd record -C mono -o names.dat -e sched:sched_switch -e sched:sched_wakeup load names >/dev/null 2>&1
  tracecmd_reports names
  trace-cmd record -C x86-tsc -o clock-x86-tsc.dat $events load block $disk 4 >/dev/null 2>&1
  tracecmd_reports clock-x86-tsc
  trace-cmd record --date -o date.dat $events load block $disk 4 >/dev/null 2>&1
  tracecmd_reports date
  trace-cmd report -t -i date.dat >date.report-t.txt
  # A small buffer and a load that lets no recorder run: the report then says how many events the CPU lost.
  trace-cmd record -C mono -b 8 -o lost.dat -e raw_syscalls -e irq chrt -f 50 dd if=/dev/zero of=/dev/null bs=1 count=4000 \
    >lost.record.txt 2>&1
  tracecmd_reports lost
  trace-cmd record -C mono -p function_graph -l '*blk*' -l '*bdev*' -l '*bio*' -l 'vfs_*' -l '*fsync*' \
    -g blkdev_fsync -g vfs_read -g vfs_write --max-graph-depth 6 -o function-graph.dat -e block:block_rq_issue \
    load block $disk 8 >/dev/null 2>&1
  tracecmd_reports function-graph
  trace-cmd report -O fgraph:tailprint=1 -i function-graph.dat >function-graph.report-tailprint.txt
  trace-cmd start -C mono -e block load block $disk 1 >/dev/null 2>&1
  load block $disk 2
  trace-cmd stop
  trace-cmd show >show.txt 2>&1
  trace-cmd stat >stat.txt 2>/dev/null
  trace-cmd reset >/dev/null 2>&1
  umount /proc/kallsyms
}

perf_reports() {
  local name=$1
  perf script -i $name.data >$name.script.txt
  {
    echo "perf script -F event -i $name.data | grep -c .: $(perf script -F event -i $name.data | grep -c .)"
    echo "perf script -F event -i $name.data | sort | uniq -c:"
    perf script -F event -i $name.data | sort | uniq -c
  } >$name.counts.txt 2>/dev/null
}

job_perf() {
  local events="" event
  for event in $disk_events sched:sched_wakeup; do events="$events -e $event"; done
  cd $perf_out
  perf record $events -a -k mono -o disk.data -- load block $disk 24 >disk.record.txt 2>&1
  perf_reports disk
  perf script --ns -i disk.data >disk.script-ns.txt
  perf script -F comm,tid,cpu,time,event,trace -i disk.data >disk.script-fields.txt
  perf script -F comm,pid,tid,cpu,time,period,event,trace --ns -i disk.data >disk.script-fields-pid-period.txt
  perf script -F time,event,trace --reltime -i disk.data >disk.script-reltime.txt
  perf script -F time,event,trace --deltatime -i disk.data >disk.script-deltatime.txt
  perf script --header -i disk.data >disk.script-header.txt
  perf script --header-only -i disk.data >disk.script-header-only.txt
  perf script --show-task-events --show-mmap-events --show-lost-events -i disk.data >disk.script-task-mmap.txt 2>/dev/null
  perf report --stdio -i disk.data >disk.report-stdio.txt 2>/dev/null
  perf report --stdio --header -n -i disk.data >disk.report-stdio-n-header.txt 2>/dev/null
  perf evlist -v -i disk.data >disk.evlist-v.txt 2>&1
  perf data convert -i disk.data --to-json disk.convert.json --force >/dev/null 2>&1
  perf sched record -k mono -o /tmp/sched.data load names >/dev/null 2>&1
  perf sched timehist -i /tmp/sched.data >names.sched-timehist.txt 2>/dev/null
  perf record -e sched:sched_switch -e sched:sched_wakeup -e task:task_rename -a -k mono -o names.data -- load names >/dev/null 2>&1
  perf_reports names
  perf record -e block:block_rq_issue -e sched:sched_switch -g -a -k mono -o stacks.data -- load block $disk 6 >/dev/null 2>&1
  perf_reports stacks
  perf script -G -i stacks.data >stacks.script-G.txt
  # Without -a: one task alone, no CPU column by default.
  perf record -e 'block:*' -k raw -o task.data -- load block $disk 6 >/dev/null 2>&1
  perf_reports task
  perf record -e cpu-clock,page-faults,context-switches -a -o software.data -- load block $disk 16 >/dev/null 2>&1
  perf_reports software
  perf stat -x, -I 100 -a -e block:block_rq_issue,irq:irq_handler_entry,context-switches -o stat-interval.csv -- load block $disk 600
  perf trace -o trace.txt -- load block $disk 4 >/dev/null 2>&1
}

job_kvm_ftrace() {
  ftrace_reset
  echo mono >$T/trace_clock
  echo 1 >$T/events/kvm/enable
  ftrace_run kvm.txt "" vm 2 >$ftrace_out/kvm.workload.txt
  ftrace_reset
}

job_kvm() {
  cd $tracecmd_out
  short_symbols
  trace-cmd record -C mono -o kvm.dat -e kvm vm 2 >kvm.record.txt 2>&1
  tracecmd_reports kvm
  trace-cmd report -t -i kvm.dat >kvm.report-t.txt
  trace-cmd report -R -i kvm.dat >kvm.report-R.txt
  trace-cmd report -N -i kvm.dat >kvm.report-N.txt
  umount /proc/kallsyms
  job_kvm_ftrace
  cd $perf_out
  perf record -e 'kvm:*' -a -k mono -o kvm.data -- vm 2 >kvm.record.txt 2>&1
  perf_reports kvm
  perf script --ns -F comm,tid,cpu,time,event,trace -i kvm.data >kvm.script-fields.txt
}

job_blktrace() {
  local cpus=$(nproc)
  cd $blktrace_out
  mkdir cpus-$cpus
  cd cpus-$cpus
  blktrace -d $disk -o disk >blktrace.txt 2>&1 &
  sleep 1
  (load block $disk 20 & dd if=/dev/zero of=${disk}1 bs=64k count=8 seek=16 conv=fsync & wait) 2>/dev/null
  dd if=${disk}1 of=/dev/null bs=256k count=4 2>/dev/null
  kill -INT $!
  wait
  blkparse -i disk >disk.blkparse.txt
  blkparse -i disk -q >disk.blkparse-q.txt
  blkparse -i disk -t >disk.blkparse-t.txt
  blkparse -i disk -s -q >disk.blkparse-s.txt
  blkparse -i disk -q -f '%T.%t,%D,%c,%s,%p,%C,%a,%d,%S,%n,%N,%e\n' >disk.blkparse-f.csv
  blkparse -i disk -d disk.merged.bin -O >disk.blkparse-O.txt
  btt -i disk.merged.bin >disk.btt.txt 2>&1
  rm -f *_iops_fp.dat *_mbps_fp.dat
  # Two devices in one run, the merged text of both.
  blktrace -d $disk -d /dev/nvme0n1 -o - >two.stdout.bin 2>/dev/null &
  sleep 1
  (load block $disk 4 & load block /dev/nvme0n1 4 & wait) 2>/dev/null
  kill -INT $!
  wait
  blkparse -i - <two.stdout.bin >two.blkparse.txt
}

# damon_start OPS SAMPLE_US AGGREGATE_US PID|START-END...
damon_start() {
  local admin=/sys/kernel/mm/damon/admin/kdamonds ops=$1 context index=0
  echo 1 >$admin/nr_kdamonds
  echo 1 >$admin/0/contexts/nr_contexts
  context=$admin/0/contexts/0
  echo $ops >$context/operations
  echo $2 >$context/monitoring_attrs/intervals/sample_us
  echo $3 >$context/monitoring_attrs/intervals/aggr_us
  echo 1000000 >$context/monitoring_attrs/intervals/update_us
  echo 10 >$context/monitoring_attrs/nr_regions/min
  echo 40 >$context/monitoring_attrs/nr_regions/max
  echo 1 >$context/targets/nr_targets
  if [ $ops = vaddr ]; then
    echo $4 >$context/targets/0/pid_target
  else
    echo $(($# - 3)) >$context/targets/0/regions/nr_regions
    shift 3
    for range; do
      echo $((0x${range%-*})) >$context/targets/0/regions/$index/start
      echo $((0x${range#*-})) >$context/targets/0/regions/$index/end
      index=$((index + 1))
    done
  fi
  echo on >$admin/0/state
}

# With virtual addresses the monitor ends with its process; `off` is then refused.
damon_stop() { [ "$(cat /sys/kernel/mm/damon/admin/kdamonds/0/state)" = off ] || echo off >/sys/kernel/mm/damon/admin/kdamonds/0/state; }

# damon_load OPS: the load with a monitor on it. The tools run this as their command, so that they are ready before it.
damon_load() {
  local target
  load memory 20 2.5 &
  target=$!
  [ $1 = paddr ] && target=$(sed -n 's/^\([0-9a-f]*-[0-9a-f]*\) : System RAM/\1/p' /proc/iomem | tail -1)
  damon_start $1 5000 100000 $target
  wait
  damon_stop
}

# damon_case NAME OPS
damon_case() {
  local name=$1 ops=$2 run=". /guest-jobs.sh; damon_load $2"
  cd $perf_out
  perf record -e damon:damon_aggregated -a -k mono -o $name.data -- sh -c "$run" >/dev/null 2>&1
  perf_reports $name
  cd $tracecmd_out
  short_symbols
  trace-cmd record -C mono -e damon:damon_aggregated -o $name.dat sh -c "$run" >/dev/null 2>&1
  umount /proc/kallsyms
  tracecmd_reports $name
  ftrace_reset
  ftrace_run $name.txt damon:damon_aggregated damon_load $ops
  ftrace_reset
}

job_damon() {
  grep -E 'System RAM' /proc/iomem >$perf_out/damon-paddr.iomem.txt
  damon_case damon-vaddr vaddr
  damon_case damon-paddr paddr
}

# Needs damo in /damo and a Python for it. damo knows its plain JSON by what a newer `file` than Debian 12's says, so its
# packed form is what the reports read.
job_damo() {
  local damo="python3 /damo/damo" target kind
  local settings="--monitoring_intervals 5ms 200ms 1s --monitoring_nr_regions_range 10 20"
  local out=/out/damo/$($damo version)
  mkdir -p $out
  cd $out
  # damo shows long reports through `less`, with options that busybox's does not know.
  rm -f /usr/bin/less
  printf '#!/bin/sh\nfor file; do :; done\ncat "$file"\n' >/usr/bin/less
  chmod +x /usr/bin/less
  load memory 20 5 &
  $damo record $settings --output_type json_compressed -o vaddr.json_compressed --do_record access mem_footprint vmas --output_permission 644 $! \
    >vaddr.record.txt 2>&1
  wait
  load memory 20 4 &
  $damo record $settings --output_type json_compressed -o paddr.json_compressed --do_record access --output_permission 644 --timeout 3 paddr \
    >paddr.record.txt 2>&1
  wait
  # DAMON runs while damo asks it.
  load memory 20 30 &
  target=$!
  $damo start $settings $target
  sleep 2
  $damo report access >live.report-access.txt 2>&1
  $damo report access --raw_number >live.report-access-raw.txt 2>&1
  $damo report damon >live.report-damon.txt 2>&1
  $damo stop >/dev/null 2>&1
  kill $target
  for kind in vaddr paddr; do
    $damo convert_record_format --record_file $kind.json_compressed --format json --output_file $kind.json
    $damo convert_record_format --record_file $kind.json_compressed --format perf_script --output_file $kind.perf_script
    $damo report access --input $kind.json_compressed >$kind.report-access.txt 2>&1
    $damo report access --input $kind.json_compressed --raw_number >$kind.report-access-raw.txt 2>&1
    $damo report access --input $kind.json_compressed --json >$kind.report-access.json 2>&1
    $damo report record_info --input $kind.json_compressed --raw_numbers >$kind.report-record-info.txt 2>&1
    $damo report heatmap --input $kind.json_compressed --output raw --abs_time --abs_addr --resol 20 40 >$kind.report-heatmap-raw.txt 2>&1
  done
}

job_dmesg() {
  echo '<3>sample: an error of the user' >/dev/kmsg
  echo '<30>sample: facility daemon, level info' >/dev/kmsg
  printf 'sample: two\nlines\n' >/dev/kmsg
  cd $dmesg_out
  dmesg >dmesg.txt
  dmesg -T >dmesg-T.txt
  dmesg --time-format iso >dmesg-iso.txt
  dmesg --time-format reltime >dmesg-reltime.txt
  dmesg --time-format delta >dmesg-delta.txt
  dmesg --time-format notime >dmesg-notime.txt
  dmesg -d >dmesg-d.txt
  dmesg -x >dmesg-x.txt
  dmesg -x -T >dmesg-x-T.txt
  dmesg --level=err,warn -x >dmesg-level.txt
  dmesg -r >dmesg-r.txt
  dmesg -J >dmesg-J.json
  timeout 1 cat /dev/kmsg >dev-kmsg.txt
  echo "seconds since 1970: $(date -u +%s); uptime and idle: $(cat /proc/uptime)" >dmesg-T.now.txt
}

# The serial port holds two boots: this kernel, and the same kernel again by kexec, whose clock starts at 0.
job_kexec() {
  grep -q initcall_debug /proc/cmdline && dmesg >$dmesg_out/initcall-debug.dmesg.txt
  kexec -l /kexec/vmlinuz --initrd=/kexec/initrd --command-line="$(sed 's/samples.jobs=[^ ]* *//' /proc/cmdline)"
  printf '#!/bin/sh\nkexec -e\n' >/tmp/last
  chmod +x /tmp/last
}
