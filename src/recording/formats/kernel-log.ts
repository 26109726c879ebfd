import { msNs, secNs } from "../../base/index.ts";
import { type BootMark, bootMarkNames, bootSigns } from "../boot-steps.ts";
import { CallReader } from "./calls.ts";
import type { Call, Moment, NamedMoment, Side, Source } from "./evidence.ts";
import type { Message } from "./messages.ts";
import { Silences, type Silence } from "./silences.ts";

/** Longest message of a kernel, nearly. linux-7.3 include/linux/printk.h PRINTK_MESSAGE_MAX is 2,048 with its prefix */
const maxMessageChars = 2048;

/** More devices than any machine has. */
const maxMoments = 20_000;

/**
 * When the clock of printk is CLOCK_MONOTONIC plus an offset for good, and how far it has run ahead of the TSC by then.
 *
 * Source   linux-7.3 kernel/sched/clock.c __set_sched_clock_stable()
 */
export interface Stable {
  readonly at: Moment;
  /** printk's clock less CLOCK_MONOTONIC, from here on. */
  readonly offsetNs: number;
  /** printk's clock less the time since the TSC was taken for it. */
  readonly excessNs: number;
}

/** The real-time clock of the board, which counts in seconds. */
export interface RtcReading extends Moment {
  readonly epochNs: number;
}

/** What the messages of one boot of one kernel say of when things happened; times are its printk's clock. */
export interface KernelLog {
  readonly file: string;
  /** Undefined: the file does not say which of the two it is. */
  readonly side: Side | undefined;
  readonly version: string | undefined;
  /** It came out of a live update. */
  readonly handedOver: boolean;
  /** The first message of a boot is there. */
  readonly whole: boolean;
  readonly first: Moment;
  readonly last: Moment;
  readonly signs: ReadonlyMap<BootMark, Moment>;
  /** From here on printk's clock follows the timekeeper, until it is stable. */
  readonly unsteady: Moment | undefined;
  readonly stable: Stable | undefined;
  readonly tscKhz: number | undefined;
  readonly tscRefined: boolean;
  readonly rtc: RtcReading | undefined;
  readonly deferredInit: boolean;
  readonly unpack: Moment | undefined;
  /** Devices and system-wide callbacks of a shutdown, and CPUs that went, in their order. */
  readonly shutdowns: readonly NamedMoment[];
  readonly syscore: readonly NamedMoment[];
  readonly cpus: readonly NamedMoment[];
  /** "Starting new kernel". */
  readonly jump: Moment | undefined;
  /** Where a platform says that all CPUs have stopped. */
  readonly switchover: Moment | undefined;
  /** The recorder's messages behind each of its clock samples. */
  readonly samples: readonly Moment[];
  /** Messages of a suspend, by the phase that begins or ends with them. */
  readonly suspend: readonly NamedMoment[];
  readonly initcalls: readonly Call[];
  readonly devices: readonly Call[];
  /** The longest times without a message. */
  readonly silences: readonly Silence[];
}

type Draft = { -readonly [Key in keyof KernelLog]: KernelLog[Key] } & {
  readonly signs: Map<BootMark, Moment>;
  readonly shutdowns: NamedMoment[];
  readonly syscore: NamedMoment[];
  readonly cpus: NamedMoment[];
  readonly samples: NamedMoment[];
  readonly suspend: NamedMoment[];
};

/** Begins and ends of what a suspend does. linux-7.3 kernel/power/suspend.c, process.c, drivers/base/power/main.c, kernel/cpu.c */
const suspendSigns: readonly (readonly [RegExp, string])[] = [
  [/^PM: [Ss]yncing filesystems/, "sync_filesystems begin"],
  [/^PM: Preparing system for/, "sync_filesystems end"],
  [/^Freezing user space processes(?: \.\.\.|$)/, "freeze_processes begin"],
  [/^Freezing remaining freezable tasks completed/, "freeze_processes end"],
  [/^PM: Entering \w+ sleep|^PM: Suspending system/, "freeze_processes end"],
  [/^(?:printk: )?Suspending console\(s\)/, "dpm_suspend begin"],
  [/^PM: suspend of devices complete/, "dpm_suspend end"],
  [/^PM: late suspend of devices complete/, "dpm_suspend_late end"],
  [/^PM: noirq suspend of devices complete/, "dpm_suspend_noirq end"],
  [/^Disabling non-boot CPUs/, "CPU_OFF begin"],
  [/^Enabling non-boot CPUs/, "CPU_ON begin"],
  [/^PM: noirq resume of devices complete/, "dpm_resume_noirq end"],
  [/^PM: early resume of devices complete/, "dpm_resume_early end"],
  [/^PM: resume of devices complete/, "dpm_resume end"],
  [/^(?:PM: )?Restarting tasks/, "thaw_processes begin"],
  [/^(?:Restarting tasks: Done|done\.)$/, "thaw_processes end"],
];

/** The only sign of a suspend that says how long ago it began. */
const syncPattern = /^Filesystems sync: (\d{1,6}\.\d{1,6}) seconds/;

const cpuSigns =
  /^(?:psci: CPU(\d{1,5}) killed|CPU(\d{1,5}): shutdown|CPU(\d{1,5}) is up|smpboot: CPU (\d{1,5}) is now offline|kexec: waiting for cpu (\d{1,5}) )/;

type Take = (draft: Draft, parts: readonly string[], at: Moment) => void;

const facts: readonly (readonly [RegExp, Take])[] = [
  [/^Linux version (\d+\.\d+\S{0,60})/, (draft, [version]) => (draft.version ??= version)],
  [/^KHO: found kexec handover data/, (draft) => (draft.handedOver = true)],
  [/^Calibrating delay loop/, (draft, _, at) => (draft.unsteady ??= at)],
  [
    /^sched_clock: Marking stable \((-?\d{1,15}), (-?\d{1,15})\)->\((-?\d{1,15}), (-?\d{1,15})\)/,
    (draft, [, offset, , excess], at) => (draft.stable ??= { at, offsetNs: Number(offset), excessNs: Number(excess) }),
  ],
  [
    /^tsc: (Detected|Refined TSC clocksource calibration:) (\d{1,5}\.\d{1,3}) MHz/,
    (draft, [how, mhz]) => {
      if (draft.tscRefined || !(Number(mhz) > 0)) return;
      draft.tscKhz = Math.round(Number(mhz) * 1000);
      draft.tscRefined = how !== "Detected";
    },
  ],
  [
    /^rtc\S* \S+: setting system clock to .{1,40} \((\d{1,10})\)$/,
    (draft, [seconds], at) => (draft.rtc ??= { ...at, epochNs: Number(seconds) * secNs }),
  ],
  [/^node \d+ deferred pages initialised/, (draft) => (draft.deferredInit = true)],
  [/^(?:Trying to unpack rootfs|Unpacking initramfs)/, (draft, _, at) => (draft.unpack ??= at)],
  [/^(\S+ \S.{0,100}): shutdown\s*$/, (draft, [name], at) => keep(draft.shutdowns, { ...at, name: name! })],
  [/^PM: Calling (\S{1,80})\+0x/, (draft, [name], at) => keep(draft.syscore, { ...at, name: name! })],
  [/^(?:kexec_core: )?Starting new kernel/, (draft, _, at) => (draft.jump ??= at)],
  [
    syncPattern,
    (draft, [seconds], at) => {
      const startNs = Math.max(0, at.ns - Math.round(Number(seconds) * secNs));
      keep(draft.suspend, { ...at, ns: startNs, name: "sync_filesystems begin" });
      keep(draft.suspend, { ...at, name: "sync_filesystems end" });
    },
  ],
  [/^luoscope: clock sample (\d{1,6})$/, (draft, [name], at) => keep(draft.samples, { ...at, name: name! })],
  [/^kexec: Starting switchover sequence/, (draft, _, at) => (draft.switchover ??= at)],
  [
    cpuSigns,
    (draft, parts, at) => keep(draft.cpus, { ...at, name: `CPU ${parts.find((part) => part !== undefined)}` }),
  ],
];

function keep(moments: NamedMoment[], moment: NamedMoment): void {
  if (moments.length < maxMoments) moments.push(moment);
}

/** Reads the messages of one boot in their order; of each kind that comes once, the first counts. */
export class KernelLogReader {
  readonly #draft: Draft;
  readonly #calls = new CallReader();
  readonly #silences = new Silences();
  readonly #missing = new Set(bootMarkNames);

  constructor(message: Message, source: Source) {
    const at = { ns: message.ns, source };
    this.#draft = {
      file: source.file,
      side: undefined,
      version: undefined,
      handedOver: false,
      whole: message.text.startsWith("Linux version") || (message.ns === 0 && message.text.startsWith("Command line")),
      first: at,
      last: at,
      signs: new Map(),
      unsteady: undefined,
      stable: undefined,
      tscKhz: undefined,
      tscRefined: false,
      rtc: undefined,
      deferredInit: false,
      unpack: undefined,
      shutdowns: [],
      syscore: [],
      cpus: [],
      jump: undefined,
      switchover: undefined,
      samples: [],
      suspend: [],
      initcalls: this.#calls.initcalls,
      devices: this.#calls.devices,
      silences: [],
    };
  }

  get jumpNs(): number | undefined {
    return this.#draft.jump?.ns;
  }

  add(message: Message, source: Source): void {
    const draft = this.#draft;
    const text = message.text.slice(0, maxMessageChars);
    const { ns } = message;
    if (ns >= draft.last.ns) {
      // A message whose clock went back (CPUs' clocks differ by some us) does not end a silence.
      this.#silences.add(draft.last, { ns, text, source });
      draft.last = { ns, source };
    }
    const at = { ns, source };
    for (const mark of this.#missing) {
      if (!text.includes(bootSigns[mark].sign)) continue;
      draft.signs.set(mark, at);
      this.#missing.delete(mark);
    }
    for (const [pattern, take] of facts) {
      const match = pattern.exec(text);
      if (match) take(draft, match.slice(1), at);
    }
    for (const [pattern, name] of suspendSigns) {
      if (pattern.test(text)) keep(draft.suspend, { ...at, name });
    }
    this.#calls.add({ ns, text, source });
  }

  finish(): KernelLog {
    return { ...this.#draft, silences: this.#silences.longest(msNs) };
  }
}
