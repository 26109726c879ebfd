import { UsageError } from "../base/index.ts";
import {
  type Band,
  blackoutPhases,
  type Phase,
  planUpdate,
  splitFolios,
  sumOverhead,
  type UpdateConfig,
  type UpdatePlan,
  type VmPopulation,
} from "../model/index.ts";
import { type Profile, profileFor } from "../profile/index.ts";
import { agentConfigOf } from "../replay/index.ts";
import type { ResolvedFleet, VmClass } from "./resolve.ts";
import type { Fleet } from "./schema.ts";

/** What the model says of the update of one host. */
export interface CompositionPlan {
  readonly preserve: Band;
  readonly blackout: Band;
  readonly update: Band;
  /** Of each VM, in the composition's order. */
  readonly vmPauses: readonly Band[];
  readonly scratchBytes: number;
  readonly metadataBytes: number;
  readonly transientBytes: number;
}

/** A host's kind and how many VMs of which class it holds: hosts that share one have the same update. */
export interface Composition {
  readonly index: number;
  readonly kindIndex: number;
  /** Class of each VM, ascending. */
  readonly vmClasses: Uint32Array;
  readonly guestBytes: number;
  /** Undefined: the kernels refuse it. */
  readonly plan: CompositionPlan | undefined;
  readonly refusal: string | undefined;
}

function addBands(bands: readonly Band[]): Band {
  const sum = (pick: keyof Band): number => bands.reduce((total, band) => total + band[pick], 0);
  return { baseNs: sum("baseNs"), lowNs: sum("lowNs"), highNs: sum("highNs") };
}

/** The blackout waits until the agent's lead is over, where preserving is done before. */
function waitForLead(band: Band, leadNs: number): Band {
  return {
    baseNs: Math.max(band.baseNs, leadNs),
    lowNs: Math.max(band.lowNs, leadNs),
    highNs: Math.max(band.highNs, leadNs),
  };
}

function summarize({ phases, vms, overhead }: UpdatePlan, leadNs: number): CompositionPlan {
  const bandOf = (wanted: (phase: Phase) => boolean): Band =>
    addBands(phases.filter(({ phase }) => wanted(phase)).map(({ band }) => band));
  const sums = sumOverhead(overhead);
  const preserve = waitForLead(
    bandOf((phase) => phase === "preserve"),
    leadNs,
  );
  const blackout = bandOf((phase) => blackoutPhases.has(phase));
  return {
    preserve,
    blackout,
    update: addBands([preserve, blackout, bandOf((phase) => phase === "finish")]),
    vmPauses: vms.map((vm) => vm.blackout),
    scratchBytes: sums.scratchBytes,
    metadataBytes: sums.metadataBytes,
    transientBytes: sums.transientPeakBytes,
  };
}

function populationOf({ config, preallocated }: VmClass): VmPopulation {
  return { populatedFolios: splitFolios(config).map(({ folioCount }) => (preallocated ? folioCount : 0)) };
}

/** Plans each distinct composition once. */
export class Compositions {
  readonly list: Composition[] = [];
  readonly #known = new Map<string, Composition>();
  readonly #fleet: Fleet;
  readonly #resolved: ResolvedFleet;
  /** For the kernels of this update. */
  readonly profile: Profile;
  readonly #populations: readonly VmPopulation[];

  constructor(fleet: Fleet, resolved: ResolvedFleet, profile: Profile) {
    const { from, to } = fleet.host.kernel;
    this.#fleet = fleet;
    this.#resolved = resolved;
    this.profile = profileFor(profile, { from, to });
    this.#populations = resolved.vms.classes.map(populationOf);
  }

  /** The composition of a host of a kind with VMs of these classes, in any order. */
  of(kindIndex: number, vmClasses: Uint32Array): Composition {
    vmClasses.sort();
    const key = `${kindIndex}:${vmClasses.join()}`;
    const found = this.#known.get(key);
    if (found) return found;
    const made = this.#plan(kindIndex, vmClasses);
    this.#known.set(key, made);
    this.list.push(made);
    return made;
  }

  #plan(kindIndex: number, vmClasses: Uint32Array): Composition {
    const { vms, hosts } = this.#resolved;
    const members = Array.from(vmClasses, (each) => vms.classes[each]!);
    const config: UpdateConfig = {
      host: hosts.kinds[kindIndex]!.config,
      vms: members.map((member) => member.config),
      agent: agentConfigOf(this.#fleet.agent),
      seed: this.#fleet.seed,
    };
    const guestBytes = members.reduce((sum, member) => sum + member.config.guestBytes, 0);
    const common = { index: this.list.length, kindIndex, vmClasses, guestBytes };
    const populations = Array.from(vmClasses, (each) => this.#populations[each]!);
    try {
      const plan = planUpdate(config, populations, this.profile.costs);
      return { ...common, plan: summarize(plan, this.#fleet.agent.preserve_lead ?? 0), refusal: undefined };
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      return { ...common, plan: undefined, refusal: error.message };
    }
  }
}
