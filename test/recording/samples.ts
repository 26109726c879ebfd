/** Small inputs of every format, made up for tests in the words of the tools that write them. */
export const samples = {
  oldDmesg: `[    0.000000] Linux version 7.3.4 (a@b)
[    0.000000] tsc: Detected 2000.000 MHz processor
[    0.900000] sched_clock: Marking stable (900000000, 0)->(900000000, 0)
[    1.000000] rtc_cmos 00:05: setting system clock to 2026-11-23T08:00:00 UTC (1795420800)
[    1.500000] Run /init as init process
[  100.000100] pci 0000:00:02.0: shutdown
[  100.020000] nvme 0000:01:00.0: shutdown
[  100.120000] PM: Calling kvm_shutdown+0x0/0x20
[  100.121000] kexec_core: Starting new kernel
`,
  newDmesg: `<5>[    0.000000] Linux version 7.3.4 (a@b)
<6>[    0.000000] KHO: found kexec handover data.
<6>[    0.000000] tsc: Detected 2000.000 MHz processor
<6>[    0.010000] last_pfn = 0x140000 max_arch_pfn = 0x10000000000
<6>[    0.015000] printk: log buffer data + meta data: 4194304 + 14680064 = 18874368 bytes
<6>[    0.016000] clocksource: refined-jiffies: mask: 0xffffffff
<6>[    0.020000] Zone ranges:
<6>[    0.021000] Initmem setup node 0 [mem 0x0000000000001000-0x000000013fffffff]
<6>[    0.050000] setup_percpu: NR_CPUS:64 nr_cpumask_bits:1 nr_cpu_ids:1 nr_node_ids:1
<6>[    0.060000] mem auto-init: stack:all(zero), heap alloc:off, heap free:off
<6>[    0.090000] SLUB: HWalign=64, Order=0-3, MinObjects=0, CPUs=1, Nodes=1
<6>[    0.100000] Calibrating delay loop (skipped), value calculated using timer frequency..
<6>[    0.200000] smp: Bringing up secondary CPUs ...
<6>[    0.210000] smp: Brought up 1 node, 4 CPUs
<7>[    0.220000] calling  pci_subsys_init+0x0/0x70 @ 1
<7>[    0.225000] probe of 0000:00:02.0 returned 0 after 4000 usecs
<7>[    0.230000] initcall pci_subsys_init+0x0/0x70 returned 0 after 10000 usecs
<6>[    0.240000] Unpacking initramfs...
<6>[    0.290000] sched_clock: Marking stable (280000000, 10000000)->(270000000, 20000000)
<6>[    0.350000] Freeing initrd memory: 5548K
<6>[    0.360000] rtc_cmos 00:05: setting system clock to 2026-11-23T08:01:42 UTC (1795420902)
<6>[    0.400000] Run /init as init process
`,
  journal: `[    0.000000] host kernel: Linux version 6.12.0 (x@y)
[    0.500000] host kernel: smp: Bringing up secondary CPUs ...
[    0.600000] host kernel: smp: Brought up 1 node, 2 CPUs
[    2.000000] host kernel: Run /init as init process
[   10.000000] host systemd[1]: Startup finished in 1.900s (kernel) + 2.100s (initrd) + 4.000s (userspace) = 8.000s.
`,
  graph: `# tracer: function_graph
#
#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS
#      |          |     |    |           |   |                     |   |   |   |
  100.000001 |   0)   kexec-77    |               |  kernel_kexec() {
  100.000002 |   0)   kexec-77    |               |    liveupdate_reboot() {
  100.000003 |   0)   kexec-77    |   3.000 us    |      luo_session_serialize();
  100.000003 |   1)   other-9     |   0.100 us    |  unrelated();
  100.000010 |   0)   kexec-77    |   8.000 us    |    } /* liveupdate_reboot */
  100.000011 |   0)   kexec-77    |               |    kernel_restart_prepare() {
  100.000050 |   0)   kexec-77    |               |      device_shutdown() {
  100.000060 |   0)   kexec-77    | @ 119900.000 us |        pci_device_shutdown();
  100.119990 |   0)   kexec-77    | * 119940.000 us |      } /* device_shutdown */
  100.119995 |   0)   kexec-77    | * 119984.000 us |    } /* kernel_restart_prepare */
  100.120000 |   0)   kexec-77    | ! 900.000 us  |    syscore_shutdown();
  100.121100 |   0)   kexec-77    | # 5000.000 us |    machine_shutdown();
`,
  graphWithoutTimes: ` 0)               |  luo_preserve_file() {
 0)   0.633 us    |    kho_preserve_folio(); /* = 0x0 */
 ------------------------------------------
 1)  bash-12      =>  kworker-34
 ------------------------------------------
 1)   0.100 us    |  __rcu_read_lock();
 0)   ==========> |
 0) + 24.394 us   |    memfd_luo_preserve() { /* <-luo_preserve_file+0x10/0x20 ret=0x0 */
CPU:0 [LOST 12 EVENTS]
 0) ! 133.000 us  |  }
`,
  traceCmd: `cpus=2
           kexec-77    [000]   100.000002: funcgraph_entry:                   |  liveupdate_reboot() {
           kexec-77    [000]   100.000003: funcgraph_entry:        3.000 us   |    luo_session_serialize();
     kworker/0:1-9     [001]   100.000004: funcgraph_entry:        0.500 us   |  unrelated();
           kexec-77    [000]   100.000010: funcgraph_exit:         8.000 us   |  }
           kexec-77    [000]   100.000011: sched_switch:         prev_comm=kexec
`,
  suspendTrace: `# tracer: nop
     sleeper-4122  [001] ....   550.000000: suspend_resume: suspend_enter[3] begin
     sleeper-4122  [001] ....   550.000000: suspend_resume: sync_filesystems[0] begin
     sleeper-4122  [004] ....   550.100000: suspend_resume: sync_filesystems[0] end
     sleeper-4122  [004] ....   550.100100: suspend_resume: suspend_enter[3] end
     sleeper-4122  [004] ....   550.100100: suspend_resume: dpm_suspend[2] begin
     sleeper-4122  [004] ....   550.100200: device_pm_callback_start: nvme 0000:01:00.0, parent: 0000:00:1c.0, bus [suspend]
   kworker/u16:0-6     [000] ....   550.100300: device_pm_callback_start:  ata6, parent: 0000:00:1f.2, type [suspend]
   kworker/u16:0-6     [000] ....   550.100400: device_pm_callback_end:  ata6, err=0
     sleeper-4122  [004] .N..   550.150200: device_pm_callback_end: nvme 0000:01:00.0, err=0
     sleeper-4122  [003] ....   550.200100: suspend_resume: dpm_suspend[2] end
     sleeper-4122  [003] ....   550.200100: suspend_resume: CPU_OFF[1] begin
     sleeper-4122  [003] ....   550.300100: suspend_resume: CPU_OFF[1] end
     sleeper-4122  [003] ....   550.300100: suspend_resume: CPU_OFF[2] begin
     sleeper-4122  [003] ....   550.400100: suspend_resume: CPU_OFF[2] end
     sleeper-4122  [003] ....   550.400200: timer_start: not used here
`,
  suspendLog: `[  477.501869] Filesystems sync: 0.006 seconds
[  477.504518] Freezing user space processes
[  477.523449] Freezing remaining freezable tasks completed (elapsed 0.001 seconds)
[  477.700000] nvme 0000:01:00.0: PM: calling pci_pm_suspend+0x0/0x160 @ 4122, parent: 0000:00:1c.0
[  477.710000] nvme 0000:01:00.0: PM: pci_pm_suspend+0x0/0x160 returned 0 after 10000 usecs
[  477.723771] Disabling non-boot CPUs ...
[  477.726898] psci: CPU5 killed (polled 0 ms)
[  477.744220] psci: CPU1 killed (polled 0 ms)
[  477.748546] Enabling non-boot CPUs ...
[  477.797726] CPU1 is up
`,
  systemd: `Startup finished in 1min 2.5s (firmware) + 3s (loader) + 612ms (kernel) + 2.5s (userspace) = 1min 8.612s
graphical.target reached after 2.4s in userspace.
`,
  units: `[{"name":"ssh.service","activated":2500000,"activating":2000000,"deactivated":0,"deactivating":0,"time":500000},
{"name":"broken","activating":-1,"time":"x"}]
`,
} as const;
