import { FormatError } from "../base/index.ts";
import {
  type BootedKernel,
  bootKernel,
  type FrozenState,
  type HandedOver,
  handOver,
  kernelFeatures,
  type KernelFeatures,
  readState,
  releasedHandlers,
  writeState,
} from "../model/index.ts";
import type { Answer } from "./answer.ts";
import type { Call, Forgery } from "./calls.ts";
import { Program } from "./program.ts";

/** The kernels before and after the first update; a recorded boot says which one it was. */
export interface KernelPair {
  readonly from: KernelFeatures;
  readonly to: KernelFeatures;
}

/** What a recorder does to memory that was handed over: a name twice, a handler that no kernel has [LUO-50]. */
function forgeState(state: FrozenState, what: Forgery): FrozenState {
  const [first] = state.sessions;
  if (what === "same_name") {
    const renamed = state.sessions.map((session, index) => (index === 1 ? { ...session, name: first!.name } : session));
    return { ...state, sessions: renamed };
  }
  const forged = state.sessions.find(({ files }) => files.length > 0);
  const sessions = state.sessions.map((session) => {
    if (session !== forged) return session;
    const files = session.files.map((file, index) => (index === 0 ? { ...file, compatible: "memfd-v9" } : file));
    return { ...session, files };
  });
  return { ...state, sessions };
}

/** One kernel after the other, with what each leaves for the next. */
export class Machine {
  readonly #kernels: KernelPair;
  #stage = 1;
  #features: KernelFeatures;
  #handed: HandedOver | undefined;
  #kernel: BootedKernel;
  /** The reboot call has frozen its sessions. */
  #isFrozen = false;
  #program: Program | undefined;

  constructor(kernels: KernelPair) {
    this.#kernels = kernels;
    this.#features = kernels.from;
    this.#kernel = this.#boot();
  }

  /** Errors: FormatError where the call cannot even be made on the model, because an earlier answer differed. */
  answer(call: Call): Answer {
    if (call.stage !== this.#stage) {
      this.#stage = call.stage;
      this.#handed = this.#isFrozen ? this.#handed : this.#kexec();
      this.#isFrozen = false;
      this.#features = this.#kernels.to;
      this.#kernel = this.#boot();
    }
    if (call.op === "boot") {
      this.#features = kernelFeatures(call.release);
      this.#kernel = this.#boot();
      return { ret: 0, outcome: this.#kernel.panicked ? "panic" : "running" };
    }
    if (call.op === "late" && !this.#isFrozen) {
      this.#handed = this.#kexec();
      this.#isFrozen = true;
    }
    if (call.op === "forge") return { ret: this.#forge(call.what) };
    return this.#program?.answer(call) ?? { ret: this.#kernel.messages.at(-1) ?? "no /dev/liveupdate" };
  }

  #boot(): BootedKernel {
    const features = this.#features;
    const kernel = bootKernel({ features, handlers: releasedHandlers(features) }, this.#handed);
    this.#program = kernel.device && new Program(kernel.device);
    return kernel;
  }

  #kexec(): HandedOver | undefined {
    const { device } = this.#kernel;
    const handed = device && handOver(device);
    if (typeof handed === "number") {
      throw new FormatError("the model's reboot call failed: no handler of memfds does that");
    }
    return handed;
  }

  #forge(what: Forgery): number {
    if (!this.#handed) throw new FormatError("nothing was handed over that could be forged");
    const state = forgeState(readState(this.#handed), what);
    this.#handed = writeState(this.#handed.features, state);
    this.#kernel = this.#boot();
    return 0;
  }
}
