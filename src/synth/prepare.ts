import { dirname, isAbsolute, join } from "node:path";

import { FormatError, pageBytes, UsageError } from "../base/index.ts";
import { type TraceHeader, traceSchema, validateTrace } from "../trace/index.ts";
import { addDeviceRows, addWorkloadRows, type ExpectedRows, expectedWrites } from "./estimate.ts";
import type { LoadedRecipe } from "./recipe/load.ts";
import { type Activity, type PlannedMark, planWorkloads, refuse } from "./recipe/plan.ts";
import type { RecipeDevice } from "./recipe/schema.ts";
import { TracePart } from "./trace-part.ts";

/** Rows of any one table that a recipe may ask for; assumed: some tens of GB on disk. */
const maxRows = 2_000_000_000;
const maxTicks = 100_000_000;
const maxDevices = 65_536;

/** A recipe whose parts are all known: what there is to do, and how much of it. */
export interface PreparedRecipe {
  readonly recipe: LoadedRecipe;
  readonly vms: readonly PreparedVm[];
  readonly marks: readonly PlannedMark[];
  readonly rows: ExpectedRows;
  readonly resolvePath: (path: string) => string;
}

export interface PreparedVm {
  readonly activities: readonly Activity[];
  readonly part: TracePart | undefined;
  /** Headers of the traces that parts were taken of. */
  readonly origins: readonly TraceHeader[];
}

/** Opens the traces that a recipe takes parts of; each is checked once, as whoever wrote it may have erred. */
class Parts {
  readonly #recipe: LoadedRecipe;
  readonly #checked = new Set<string>();

  constructor(recipe: LoadedRecipe) {
    this.#recipe = recipe;
  }

  readonly resolvePath = (path: string): string => {
    return isAbsolute(path) ? path : join(dirname(this.#recipe.path), path);
  };

  check(path: string): string {
    const resolved = this.resolvePath(path);
    if (this.#checked.has(resolved)) return resolved;
    const [issue] = validateTrace(resolved);
    if (issue) {
      throw new FormatError(
        `${resolved}: table ${issue.table}, row ${issue.row ?? "?"}: ${issue.code}: ${issue.detail}`,
        {
          hint: "see all that is wrong with `luoscope inspect --check`; parts are taken of sound traces only",
        },
      );
    }
    this.#checked.add(resolved);
    return resolved;
  }
}

function sourceWrites(part: TracePart): number {
  return (part.folder.sources.get(traceSchema.pageWriteTable.name)?.rows ?? 0) * part.repeat;
}

/** Adds what a part of a trace holds; rows outside its cut are counted, too, as nobody has looked yet. */
function addPartRows(part: TracePart, rows: ExpectedRows): void {
  for (const name of Object.keys(rows) as (keyof ExpectedRows)[]) {
    rows[name] += (part.folder.sources.get(name)?.rows ?? 0) * part.repeat;
  }
}

function prepareVm(recipe: LoadedRecipe, vmIndex: number, parts: Parts, rows: ExpectedRows) {
  const { duration, tick } = recipe.value;
  const vm = recipe.value.vms[vmIndex]!;
  if (vm.trace) {
    const part = new TracePart(parts.check(vm.trace.path), vm.trace, vm.trace.shift);
    addPartRows(part, rows);
    return { activities: [], marks: [], part, origins: [part.folder.header] };
  }
  const { activities, marks } = planWorkloads(recipe, vm, vmIndex);
  rows.tick += Math.ceil(duration / tick) + (vm.present === undefined ? 0 : 1);
  const origins: TraceHeader[] = [];
  for (const activity of activities) {
    const { workload } = activity;
    if (workload.kind === "trace") {
      const part = new TracePart(parts.check(workload.path), workload, 0);
      rows.page_write += sourceWrites(part);
      origins.push(part.folder.header);
    } else {
      rows.page_write += expectedWrites(activity, tick);
      addWorkloadRows(activity, tick, rows);
    }
  }
  for (const [at, device] of vm.devices.entries()) {
    checkDevice(recipe, ["vms", vmIndex, "devices", at], device, vm.guest_bytes!);
    addDeviceRows(device, recipe.value, rows);
  }
  for (const [at, { workload }] of activities.entries()) {
    if (workload.kind !== "database-checkpoint" || workload.device === undefined) continue;
    if (vm.devices.some(({ name }) => name === workload.device)) continue;
    const names = vm.devices.map(({ name }) => JSON.stringify(name)).join(", ") || "none";
    refuse(recipe, ["vms", vmIndex, "workloads", at], `the VM has no device ${JSON.stringify(workload.device)}`, names);
  }
  return { activities, marks, part: undefined, origins };
}

function checkDevice(
  recipe: LoadedRecipe,
  path: readonly PropertyKey[],
  device: RecipeDevice,
  guestBytes: number,
): void {
  const { buffers } = device;
  if (buffers && Math.floor(buffers.start / pageBytes) + Math.ceil(buffers.size / pageBytes) > guestBytes / pageBytes) {
    refuse(recipe, [...path, "buffers"], `end beyond the ${guestBytes} bytes of the VM`);
  }
  for (const kind of ["requests", "packets", "interrupts"] as const) {
    for (const [at, stream] of device[kind].entries()) {
      if (stream.from < recipe.value.duration) continue;
      refuse(recipe, [...path, kind, at, "from"], "begins after the end");
    }
  }
}

function checkNames(recipe: LoadedRecipe): void {
  const names = new Set<string>();
  for (const [index, { name, devices }] of recipe.value.vms.entries()) {
    if (names.has(name)) refuse(recipe, ["vms", index, "name"], `a second VM is called ${JSON.stringify(name)}`);
    names.add(name);
    const own = new Set(devices.map((device) => device.name));
    if (own.size < devices.length) refuse(recipe, ["vms", index, "devices"], "each device needs a name of its own");
  }
  if (recipe.value.vms.reduce((sum, { devices }) => sum + devices.length, 0) > maxDevices) {
    refuse(recipe, ["vms"], `more than ${maxDevices} devices`);
  }
}

function recipeMarks(recipe: LoadedRecipe): PlannedMark[] {
  const { marks, vms, duration } = recipe.value;
  return marks.map(({ at, vm, name }, index) => {
    const vmIndex = vm === undefined ? undefined : vms.findIndex((other) => other.name === vm);
    if (vmIndex === -1) refuse(recipe, ["marks", index, "vm"], `there is no VM ${JSON.stringify(vm)}`);
    if (at > duration) refuse(recipe, ["marks", index, "at"], "lies after the end");
    return { atNs: at, vmIndex, name };
  });
}

/** Refuses a recipe that would make more than anybody can use, before anything is written. */
function checkRows(recipe: LoadedRecipe, rows: ExpectedRows): void {
  const hint = "shorten the duration, lengthen the tick, or lower the rates";
  for (const [table, count] of Object.entries(rows)) {
    const limit = table === "tick" ? maxTicks : maxRows;
    if (count <= limit) continue;
    const rounded = Math.round(count);
    throw new UsageError(`${recipe.path}: about ${rounded} rows of ${table}; at most ${limit} are made`, { hint });
  }
}

/**
 * Takes a recipe apart, opens the traces that it names and counts the rows that it will make.
 *
 * Errors   UsageError with `file:line: dotted.path` for what does not fit together, and for more rows than are made;
 *          FormatError for a trace that is faulty
 */
export function prepareRecipe(recipe: LoadedRecipe): PreparedRecipe {
  checkNames(recipe);
  const parts = new Parts(recipe);
  const rows: ExpectedRows = { tick: 0, page_write: 0, device_io: 0, dma: 0, interrupt: 0, net_packet: 0, mark: 0 };
  const planned = recipe.value.vms.map((_, vmIndex) => prepareVm(recipe, vmIndex, parts, rows));
  const marks = [...recipeMarks(recipe), ...planned.flatMap((vm) => vm.marks)];
  marks.sort((left, right) => left.atNs - right.atNs);
  rows.mark += marks.length;
  checkRows(recipe, rows);
  for (const name of Object.keys(rows) as (keyof ExpectedRows)[]) rows[name] = Math.round(rows[name]);
  return { recipe, vms: planned, marks, rows, resolvePath: parts.resolvePath };
}
