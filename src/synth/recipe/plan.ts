import { divCeil, divFloor, pageBytes, UsageError } from "../../base/index.ts";
import type { LoadedRecipe } from "./load.ts";
import type { RecipeVm } from "./schema.ts";
import type { AnyWorkload, LeafWorkload, MixWorkload } from "./workload-schema.ts";

/** A workload with its place in memory and its time; mixes are taken apart. */
export interface Activity {
  readonly workload: LeafWorkload;
  /** Dotted path in the recipe: names the activity, and makes its seed. */
  readonly part: string;
  readonly startGfn: number;
  readonly frames: number;
  readonly fromNs: number;
  readonly toNs: number;
}

export interface PlannedMark {
  readonly atNs: number;
  readonly vmIndex: number | undefined;
  readonly name: string;
}

/** Where and when a workload or a mix may be. */
interface Frame {
  readonly path: readonly PropertyKey[];
  readonly startGfn: number;
  readonly frames: number;
  readonly fromNs: number;
  readonly toNs: number;
}

/** Memory of workloads that keep a state for each page: bounded, so that a recipe cannot take all of the host's. */
const frameLimits: Partial<Readonly<Record<LeafWorkload["kind"], readonly [least: number, most: number]>>> = {
  "database-checkpoint": [4, 2 ** 28],
  fitted: [1, 2 ** 26],
};

export function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");
}

/** Says what is wrong with a value of the recipe, and where it stands. */
export function refuse(recipe: LoadedRecipe, path: readonly PropertyKey[], message: string, hint?: string): never {
  throw new UsageError(`${recipe.placeOf(path)}: ${pathText(path)}: ${message}`, hint === undefined ? {} : { hint });
}

/** Plans the workloads of one VM. */
class WorkloadPlan {
  readonly activities: Activity[] = [];
  readonly marks: PlannedMark[] = [];
  readonly #recipe: LoadedRecipe;
  readonly #vmIndex: number;

  constructor(recipe: LoadedRecipe, vmIndex: number) {
    this.#recipe = recipe;
    this.#vmIndex = vmIndex;
  }

  add(workload: AnyWorkload, parent: Frame): void {
    const frame = this.#frameOf(workload, parent);
    if (workload.mark !== undefined) {
      this.marks.push({ atNs: frame.fromNs, vmIndex: this.#vmIndex, name: workload.mark });
    }
    if (workload.kind === "mix") {
      this.#addMix(workload, frame);
      return;
    }
    const { startGfn, frames, fromNs, toNs } = frame;
    const [least, most] = frameLimits[workload.kind] ?? [1, Number.POSITIVE_INFINITY];
    if (frames < least || frames > most) {
      refuse(this.#recipe, frame.path, `${workload.kind} needs ${least} to ${most} pages, and has ${frames}`);
    }
    this.activities.push({ workload, part: pathText(frame.path), startGfn, frames, fromNs, toNs });
  }

  #frameOf(workload: AnyWorkload, parent: Frame): Frame {
    const { path } = parent;
    let { startGfn, frames } = parent;
    if (workload.region) {
      const { start, size } = workload.region;
      const [first, count] = [divFloor(start, pageBytes), divCeil(size, pageBytes)];
      if (first + count > frames) {
        refuse(this.#recipe, [...path, "region"], `ends beyond the ${frames * pageBytes} bytes that there are for it`);
      }
      startGfn += first;
      frames = count;
    }
    const fromNs = parent.fromNs + workload.from;
    if (fromNs >= parent.toNs) refuse(this.#recipe, [...path, "from"], "begins after the end");
    const toNs = workload.for === undefined ? parent.toNs : Math.min(parent.toNs, fromNs + workload.for);
    return { path, startGfn, frames, fromNs, toNs };
  }

  #addMix(mix: MixWorkload, frame: Frame): void {
    const parts = mix.workloads.length;
    const share = divFloor(frame.frames, parts);
    if (mix.regions === "disjoint" && share === 0) {
      refuse(this.#recipe, frame.path, `${frame.frames} pages cannot be shared out among ${parts} workloads`);
    }
    let { fromNs } = frame;
    for (const [index, child] of mix.workloads.entries()) {
      const path = [...frame.path, "workloads", index];
      const isOwn = mix.regions === "disjoint";
      const place = isOwn ? { startGfn: frame.startGfn + index * share, frames: share } : frame;
      const toNs = mix.order === "together" ? frame.toNs : this.#endInSequence(mix, index, { ...frame, fromNs });
      if (fromNs >= toNs) refuse(this.#recipe, path, "begins after the end of the mix");
      this.add(child, { path, startGfn: place.startGfn, frames: place.frames, fromNs, toNs });
      if (mix.order === "in-sequence") fromNs = toNs;
    }
  }

  /** Where a child of a sequence ends: after its own `from` and `for`, or after an equal part of what the others leave. */
  #endInSequence(mix: MixWorkload, index: number, { fromNs, toNs }: Frame): number {
    const lengthOf = (child: AnyWorkload) => child.from + (child.for ?? 0);
    const child = mix.workloads[index]!;
    if (child.for !== undefined) return Math.min(toNs, fromNs + lengthOf(child));
    const rest = mix.workloads.slice(index);
    const known = rest.filter((other) => other.for !== undefined).reduce((sum, other) => sum + lengthOf(other), 0);
    const open = rest.filter((other) => other.for === undefined).length;
    return Math.min(toNs, fromNs + Math.floor((toNs - fromNs - known) / open));
  }
}

/** What one VM of a recipe does, with every mix taken apart. */
export function planWorkloads(
  recipe: LoadedRecipe,
  vm: RecipeVm,
  vmIndex: number,
): { readonly activities: readonly Activity[]; readonly marks: readonly PlannedMark[] } {
  const plan = new WorkloadPlan(recipe, vmIndex);
  const frames = divFloor(vm.guest_bytes ?? 0, pageBytes);
  for (const [index, workload] of vm.workloads.entries()) {
    const path = ["vms", vmIndex, "workloads", index];
    plan.add(workload, { path, startGfn: 0, frames, fromNs: 0, toNs: recipe.value.duration });
  }
  return plan;
}
