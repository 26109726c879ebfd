import type { Band } from "../model/index.ts";
import type { Stay } from "./moves.ts";

export type VmFate = "paused" | "migrated" | "lost" | "host-refused" | "not-reached" | "no-host";

/** Three arrays for one length of every VM. */
interface BandArrays {
  readonly baseNs: Float64Array;
  readonly lowNs: Float64Array;
  readonly highNs: Float64Array;
}

function makeBands(count: number): BandArrays {
  const make = (): Float64Array => new Float64Array(count).fill(Number.NaN);
  return { baseNs: make(), lowNs: make(), highNs: make() };
}

/** What becomes of every VM, as a struct of arrays; NaN where a length does not apply. */
export class VmOutcomes {
  readonly fates: VmFate[];
  readonly mayNotPause: Uint8Array;
  readonly stays: (Stay | undefined)[];
  readonly pause: BandArrays;
  readonly loss: BandArrays;
  readonly migrationCounts: Uint32Array;
  readonly migrationDowntimeNs: Float64Array;
  readonly longestDowntimeNs: Float64Array;

  constructor(mayNotPause: Uint8Array) {
    const count = mayNotPause.length;
    this.fates = Array.from({ length: count }, () => "no-host");
    this.mayNotPause = mayNotPause;
    this.stays = Array.from({ length: count });
    this.pause = makeBands(count);
    this.loss = makeBands(count);
    this.migrationCounts = new Uint32Array(count);
    this.migrationDowntimeNs = new Float64Array(count);
    this.longestDowntimeNs = new Float64Array(count);
  }

  setPause(vm: number, band: Band): void {
    this.fates[vm] = "paused";
    setBand(this.pause, vm, band, 0);
  }

  /** Its host fails: it stands still until the host has recovered. */
  setLoss(vm: number, band: Band, recoveryNs: number): void {
    this.fates[vm] = "lost";
    setBand(this.loss, vm, band, recoveryNs);
  }

  addMigration(vm: number, downtimeNs: number): void {
    this.fates[vm] = "migrated";
    this.migrationCounts[vm] = this.migrationCounts[vm]! + 1;
    this.migrationDowntimeNs[vm] = this.migrationDowntimeNs[vm]! + downtimeNs;
    this.longestDowntimeNs[vm] = Math.max(this.longestDowntimeNs[vm]!, downtimeNs);
  }
}

function setBand(arrays: BandArrays, vm: number, band: Band, plusNs: number): void {
  arrays.baseNs[vm] = band.baseNs + plusNs;
  arrays.lowNs[vm] = band.lowNs + plusNs;
  arrays.highNs[vm] = band.highNs + plusNs;
}
