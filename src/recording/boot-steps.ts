/** Moments of the second kernel's boot, in ns of its own clock. */
export interface BootMarks {
  readonly mapStartNs: number;
  readonly mapEndNs: number;
  readonly khoEarlyNs: number;
  readonly zonesNs: number;
  readonly memmapNs: number;
  readonly perCpuNs: number;
  readonly buddyNs: number;
  readonly slubNs: number;
  readonly smpStartNs: number;
  readonly smpEndNs: number;
  readonly khoInitNs: number;
  readonly initrdEndNs: number;
  readonly initNs: number;
}

export type BootMark = keyof BootMarks;

interface BootSign {
  /** Part of the message that shows the moment. */
  readonly sign: string;
  /** Steps of the model's lifecycle that begin there and last to the next moment that begins some. */
  readonly begins?: readonly string[];
}

/**
 * What messages tell of a boot, in their order: which of the model's steps run between them.
 *
 * Before the first of these moments runs setup-arch, from the start of the kernel's clock.
 * Source   linux-7.3 start_kernel(), setup_arch(), mm_core_init_early(), mm_core_init(), kernel_init_freeable()
 */
export const bootSigns: Readonly<Record<BootMark, BootSign>> = {
  mapStartNs: { sign: "last_pfn" },
  mapEndNs: { sign: "log buffer data" },
  khoEarlyNs: { sign: "refined-jiffies", begins: ["extend-scratch"] },
  zonesNs: { sign: "Zone ranges", begins: ["init-memmap"] },
  memmapNs: { sign: "Initmem setup" },
  perCpuNs: { sign: "setup_percpu", begins: ["start-kernel"] },
  buddyNs: { sign: "mem auto-init", begins: ["reserve-preserved", "free-memory"] },
  slubNs: { sign: "SLUB:", begins: ["start-kernel", "restore-luo"] },
  smpStartNs: { sign: "smp: Bringing up", begins: ["start-cpus"] },
  smpEndNs: { sign: "smp: Brought up", begins: ["init-deferred", "initcalls", "unpack-initrd"] },
  khoInitNs: { sign: "KHO: exec from" },
  initrdEndNs: { sign: "Freeing initrd", begins: ["start-userspace"] },
  initNs: { sign: "Run /init" },
};

export const bootMarkNames = Object.keys(bootSigns) as readonly BootMark[];
