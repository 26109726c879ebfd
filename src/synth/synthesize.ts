import { setImmediate } from "node:timers/promises";

import { divFloor, InterruptedError, pageBytes } from "../base/index.ts";
import { codeOf, FolderWriter, type TraceHeader, traceSchema } from "../trace/index.ts";
import { copyTables, leftTables } from "./copy-tables.ts";
import { DeviceRunner } from "./devices.ts";
import { SynthOutput } from "./output.ts";
import type { PreparedRecipe } from "./prepare.ts";
import { seedOf } from "./random.ts";
import { ReplayedVm, SyntheticVm, type VmSource } from "./vm.ts";

/** Rows, and ticks, between two looks at what else there is: progress, and a wish to stop. */
const rowsPerTurn = 200_000;
const ticksPerTurn = 1000;
const version = 1;

export interface SynthEffects {
  /** Done and total, in ns of the trace. */
  readonly progress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

interface Warning {
  readonly code: string;
  readonly rows: number;
  readonly detail: string;
}

/** What was made, as plain JSON. */
export interface SynthReport {
  readonly target: string;
  readonly header: TraceHeader;
  readonly span_ns: number;
  readonly seed: number;
  readonly tables: readonly { readonly table: string; readonly rows: number; readonly bytes: number }[];
  readonly warnings: readonly Warning[];
}

/** Puts a recipe's VMs and devices into the trace; gives what runs. */
class Synthesis {
  readonly out: SynthOutput;
  readonly sources: VmSource[] = [];
  readonly warnings: Warning[] = [];
  readonly endNs: number;
  readonly #prepared: PreparedRecipe;
  #deviceCount = 0;

  constructor(prepared: PreparedRecipe, out: SynthOutput) {
    this.#prepared = prepared;
    this.out = out;
    for (const index of prepared.vms.keys()) this.sources.push(this.#addVm(index));
    const { duration, vms } = prepared.recipe.value;
    const isMadeUp = vms.some(({ trace }) => trace === undefined);
    this.endNs = prepared.vms.reduce((last, { part }) => Math.max(last, part?.endNs ?? 0), isMadeUp ? duration : 0);
    for (const { atNs, vmIndex, name } of prepared.marks) {
      out.folder.table(traceSchema.markTable).push({ time_ns: atNs, vm_index: vmIndex ?? null, name });
      out.note(atNs);
    }
  }

  #addVm(vmIndex: number): VmSource {
    const { out } = this;
    const { recipe, vms, resolvePath } = this.#prepared;
    const { duration, tick, seed } = recipe.value;
    const vm = recipe.value.vms[vmIndex]!;
    const { part, activities } = vms[vmIndex]!;
    const guestBytes = part ? part.vm.guestBytes : vm.guest_bytes!;
    const vcpuCount = part ? part.vm.vcpuCount : vm.vcpus;
    out.folder.table(traceSchema.vmTable).push({ name: vm.name, guest_bytes: guestBytes, vcpu_count: vcpuCount });
    if (part) {
      const place = { vmIndex, firstDevice: this.#deviceCount, devices: vm.trace!.devices, marks: vm.trace!.marks };
      this.#deviceCount += copyTables(part, out, place);
      this.#warnOfLeft(vm.name, leftTables(part));
      return new ReplayedVm(part, vmIndex);
    }
    const devices = vm.devices.map((device) => {
      const kind = codeOf(traceSchema.deviceTable.columns[2], device.kind);
      out.folder.table(traceSchema.deviceTable).push({ vm_index: vmIndex, name: device.name, kind });
      const guestFrames = divFloor(guestBytes, pageBytes);
      const own = seedOf(seed, `vms[${vmIndex}].devices.${device.name}`);
      return new DeviceRunner(device, out, { index: this.#deviceCount++, guestFrames, endNs: duration, seed: own });
    });
    const plan = { vm, vmIndex, activities, devices, seed, tickNs: tick, durationNs: duration, resolvePath };
    return new SyntheticVm(plan, out);
  }

  #warnOfLeft(vm: string, left: readonly { readonly table: string; readonly rows: number }[]): void {
    for (const { table, rows } of left) {
      const detail = `${vm}: rows of table ${table} were not taken over from the trace`;
      this.warnings.push({ code: "tables-left-out", rows, detail });
    }
  }

  /** What could not be said in the format, known when all has run. */
  finish(): void {
    for (const [index, source] of this.sources.entries()) {
      const released = source instanceof SyntheticVm ? (source.population?.releasedPages ?? 0) : 0;
      if (released === 0) continue;
      const { name } = this.#prepared.recipe.value.vms[index]!;
      const detail = `${name}: pages that a balloon gave back to the host; the format says when pages become backed, and not when they no longer are`;
      this.warnings.push({ code: "released-pages-untold", rows: released, detail });
    }
    for (const warning of this.warnings) {
      this.out.folder.table(traceSchema.warningTable).push({ ...warning, first_row: null });
    }
  }

  /** The VM whose tick ends first. */
  next(): VmSource | undefined {
    let first: VmSource | undefined;
    for (const source of this.sources) if (source.nextNs < (first?.nextNs ?? Number.POSITIVE_INFINITY)) first = source;
    return first;
  }
}

async function run(synthesis: Synthesis, { progress, signal }: SynthEffects): Promise<void> {
  const { out, endNs } = synthesis;
  let turnRows = 0;
  let ticks = 0;
  for (let source = synthesis.next(); source; source = synthesis.next()) {
    const { nextNs } = source;
    source.step(out);
    if (out.writes.rows < turnRows && ++ticks % ticksPerTurn !== 0) continue;
    turnRows = out.writes.rows + rowsPerTurn;
    progress?.(nextNs, endNs);
    // Lets Ctrl-C come through.
    await setImmediate();
    if (signal?.aborted) throw new InterruptedError();
  }
  synthesis.finish();
}

/**
 * Makes the trace of a recipe: the same recipe gives the same bytes.
 *
 * Errors   InterruptedError on abort, and those of reading parts of traces; after any of them nothing new is left on disk
 */
export async function synthesize(
  prepared: PreparedRecipe,
  target: string,
  effects: SynthEffects = {},
): Promise<SynthReport> {
  const { value } = prepared.recipe;
  const folder = new FolderWriter("trace", target);
  try {
    const out = new SynthOutput(folder);
    const synthesis = new Synthesis(prepared, out);
    await run(synthesis, effects);
    const origins = new Set(prepared.vms.flatMap((vm) => vm.origins.map(({ name }) => name)));
    const header = folder.finish({
      name: value.name,
      source: `Made by luoscope synth from a recipe: nothing in it was recorded${
        origins.size > 0 ? `, but for what comes from ${[...origins].join(", ")}` : ""
      }. ${value.description}`.trim(),
      licence: licenceOf(prepared),
      importer: `synth ${version}`,
      clock: `made up, in ticks of ${value.tick} ns; seed ${value.seed}`,
      page_bytes: pageBytes,
      span_ns: out.spanNs,
      inputs: [],
    });
    const tables = Object.entries(header.tables).map(([table, { rows, bytes }]) => ({ table, rows, bytes }));
    return { target, header, span_ns: out.spanNs, seed: value.seed, tables, warnings: synthesis.warnings };
  } catch (error) {
    folder.discard();
    throw error;
  }
}

/** What is drawn belongs to nobody; a part of a trace keeps that trace's licence. */
function licenceOf({ vms }: PreparedRecipe): string {
  const licences = new Set(vms.flatMap(({ origins }) => origins.map(({ licence }) => licence)));
  return licences.size === 0 ? "Apache-2.0" : [...licences].join("; ");
}
