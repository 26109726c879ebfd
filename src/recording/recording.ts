import type { BootFacts, KeyRun, RamRange } from "../model/index.ts";

/** Arguments that the lab's workload was given, with its defaults. */
export interface Workload {
  readonly sessions: number;
  readonly files: number;
  readonly fileMib: number;
  /** lab.thp: 0 none, 1 huge pages always, 2 where advised. */
  readonly thp: number;
  readonly touchPercent: number;
  readonly traced: boolean;
}

/** What one of the two kernels says of itself and its machine while it boots; what the log lacks is undefined. */
export interface KernelBoot {
  readonly version: string | undefined;
  readonly commandLine: string | undefined;
  /** Memory of the "Memory:" line. */
  readonly ramBytes: number | undefined;
  readonly cpuCount: number | undefined;
  readonly nodeCount: number | undefined;
  readonly ramRanges: readonly RamRange[];
  /** Nodes of the CPUs that the first one started, by their number. */
  readonly cpuNodes: ReadonlyMap<number, number>;
  /** From the kernel's first byte to the end of its bss. */
  readonly kernelMemoryBytes: number | undefined;
  readonly initrd: { readonly startBytes: number; readonly bytes: number } | undefined;
  readonly logBufBytes: number | undefined;
  /** It came out of a live update. */
  readonly handedOver: boolean;
}

/** The tracker as it was walked just after preserving. */
export interface TrackerDump {
  /** Keys a page order. */
  readonly keysPerOrder: ReadonlyMap<number, number>;
  /** Pages a level, leaf first, root last. */
  readonly nodesPerLevel: readonly number[];
}

export interface Blob {
  readonly tag: string;
  readonly bytes: Uint8Array;
}

/** Numbers of one LAB line by their names. */
export type LabEvent = Readonly<Record<string, number>>;

/** What one console log of a real live update says; a part that it lacks is undefined or empty. */
export interface RecordedLog {
  readonly name: string;
  readonly oldKernel: KernelBoot;
  readonly newKernel: KernelBoot;
  readonly workload: Workload | undefined;
  /** The preserved set, as runs of keys. */
  readonly keys: readonly KeyRun[];
  readonly tracker: TrackerDump | undefined;
  /** Lowmem, global, then one a node; empty when the log does not say. */
  readonly scratchAreasBytes: readonly number[];
  readonly scratchStartsBytes: readonly number[];
  readonly pagesInScratch: number | undefined;
  readonly blobs: readonly Blob[];
  /** MemFree and the like, in KiB, by the moment of reading. */
  readonly memory: ReadonlyMap<string, LabEvent>;
  /** The numbers of all LAB lines, by kind. */
  readonly events: ReadonlyMap<string, readonly LabEvent[]>;
  /** What the lab says it could not do. */
  readonly failure: string | undefined;
  /** LAB and KEYS lines that a message of the kernel cut into; they are left out. */
  readonly damagedLines: number;
  readonly damagedKeyLines: number;
  /** KEYS lines that a message cut and whose rest stands behind it; they are whole again. */
  readonly mendedKeyLines: number;
}

/** The first event of a kind; one that was cut is missing. */
export function eventOf(recording: Pick<RecordedLog, "events">, kind: string): LabEvent | undefined {
  return recording.events.get(kind)?.[0];
}

/** What the model's boot takes from a recorded one. */
export function bootFactsOf(boot: KernelBoot): Pick<BootFacts, "ramRanges" | "cpuNodes" | "initrdStartBytes"> {
  const { ramRanges, cpuNodes, cpuCount = 0, initrd } = boot;
  return {
    ...(ramRanges.length > 0 ? { ramRanges } : {}),
    ...(cpuNodes.size > 0 ? { cpuNodes: Array.from({ length: cpuCount }, (_, cpu) => cpuNodes.get(cpu) ?? 0) } : {}),
    ...(initrd ? { initrdStartBytes: initrd.startBytes } : {}),
  };
}
