import { FormatError } from "../../base/index.ts";
import type { FileHandler } from "../luo/file-handler.ts";
import { type FrozenState, LiveUpdate, type LostSessions } from "../luo/live-update.ts";
import type { KernelFeatures } from "./features.ts";
import { type HandedOver, readState } from "./handed-over.ts";
import { type HopOutcome, hopOutcome } from "./hop.ts";

/** How a kernel was started, as far as its live update is concerned. */
export interface BootOptions {
  readonly features: KernelFeatures;
  readonly handlers: readonly FileHandler[];
  /** kho= on the command line, or the configured default. */
  readonly kho?: boolean;
  /** liveupdate= on the command line. */
  readonly liveupdate?: boolean;
  /** A crash kernel. */
  readonly isKdump?: boolean;
  /** Cold boots only: the scratch areas found a place. */
  readonly scratchFits?: boolean;
}

/** A kernel after its boot. */
export interface BootedKernel {
  /** Undefined: there is no /dev/liveupdate, and opening it gives ENOENT. */
  readonly device: LiveUpdate | undefined;
  /** What it prints about it. */
  readonly messages: readonly string[];
  /** What was handed over and is gone. */
  readonly lost: LostSessions | undefined;
  readonly panicked: boolean;
}

/** What was handed over, or why the kernel panics on it: early_initcall takes nothing that is wrong [LUO-14]. */
function adopt(handed: HandedOver): FrozenState | FormatError {
  try {
    return readState(handed);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

/** Why a kernel runs without KHO, in its own words [BOOT-01]. */
function whyKhoIsOff(options: BootOptions, handed: HandedOver | undefined): string | undefined {
  if (options.kho === false) return "Disabling liveupdate because KHO is disabled";
  if (options.isKdump === true && !options.features.keepsKhoInKdump) return "KHO: disabled in a kdump kernel";
  // A boot out of a live update inherits its areas [KHO-08].
  const cold = handed === undefined;
  if (cold && options.scratchFits === false) return "KHO: Failed to reserve scratch area, disabling kexec handover";
  return undefined;
}

/**
 * Boots a kernel on what the one before left, if anything.
 *
 * Nothing is thrown: a kernel that panics or loses memory is an outcome, and says so.
 *
 * Source   linux-7.3 kexec_handover.c kho_memory_init(), kho_populate(); luo_core.c liveupdate_early_init() [BOOT-01]
 */
export function bootKernel(options: BootOptions, handed?: HandedOver): BootedKernel {
  const lost = handed && { sessionCount: handed.sessionCount, fileCount: handed.fileCount };
  const off = whyKhoIsOff(options, handed);
  if (off !== undefined) return { device: undefined, messages: [off], lost, panicked: false };
  const isForeign = handed !== undefined && handed.features.kho !== options.features.kho;
  const state = handed && !isForeign ? adopt(handed) : undefined;
  if (state instanceof FormatError) {
    const message = `Kernel panic: The incoming tree failed to initialize properly: ${state.message}`;
    return { device: undefined, messages: [message], lost, panicked: true };
  }
  const used = state ? usedHandlers(state) : [];
  const hop = handed && hopOutcome(withHandlers(handed.features, used), registered(options));
  if (hop?.kind === "panic") return { device: undefined, messages: [hop.says], lost, panicked: true };
  const messages = bootMessages(hop, state);
  if (options.liveupdate === false || options.features.luo === undefined) {
    return { device: undefined, messages, lost, panicked: false };
  }
  // What nobody can handle is found out at the first open; what another KHO left is not even looked for.
  const device = new LiveUpdate(options.features, options.handlers, state);
  return { device, messages, lost: hop?.kind === "carried" ? undefined : lost, panicked: false };
}

function withHandlers(features: KernelFeatures, handlers: readonly string[]): KernelFeatures {
  return { ...features, handlers };
}

/** What counts is who carried a file, and who is registered now, whatever the releases came with. */
function usedHandlers({ sessions }: FrozenState): string[] {
  return [...new Set(sessions.flatMap(({ files }) => files.map(({ compatible }) => compatible)))];
}

function registered({ features, handlers }: BootOptions): KernelFeatures {
  return withHandlers(
    features,
    handlers.map(({ compatible }) => compatible),
  );
}

function bootMessages(hop: HopOutcome | undefined, state: FrozenState | undefined): string[] {
  if (!hop) return [];
  if (hop.kind !== "carried" || !state) return [hop.says];
  return [
    "KHO: found kexec handover data.",
    `luo: Retrieved live update data, liveupdate number: ${state.liveupdateNumber}`,
  ];
}
