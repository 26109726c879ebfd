import { gibBytes, UsageError } from "../../base/index.ts";
import {
  type AgentConfig,
  type DeviceConfig,
  type HostConfig,
  kernelFeatures,
  kernelLine,
  postedSeries,
  splitFolios,
  type UpdateConfig,
  type VmConfig,
} from "../../model/index.ts";
import type { TraceFacts } from "../trace-facts.ts";
import type { MigrationScenario, Scenario, ScenarioVm, ServiceScenario } from "./schema.ts";

/** Memory of a kernel whose scenario does not state it, as a multiple of its compressed size. */
const kernelMemoryFactor = 4;

export type { ServiceScenario };

/** A VM of the update: what the model needs, and which VM of the trace drives it. */
export interface ResolvedVm {
  readonly config: VmConfig;
  readonly traceVmIndex: number;
  readonly preallocated: boolean;
}

/** A device of the scenario that a device of the trace drives. */
export interface DrivenDevice {
  readonly vmIndex: number | undefined;
  readonly config: DeviceConfig;
  readonly traceDeviceIndex: number | undefined;
}

/** A scenario that was matched with a trace. */
export interface ResolvedScenario {
  readonly update: UpdateConfig;
  readonly vms: readonly ResolvedVm[];
  readonly devices: readonly DrivenDevice[];
  /** When the blackout is asked for, on the trace's clock. */
  readonly updateAtNs: number;
  /** How long before that preserving starts; undefined: at that moment, and the blackout follows at once. */
  readonly preserveLeadNs: number | undefined;
  readonly service: ServiceScenario;
  readonly migration: MigrationScenario;
  readonly assumptions: readonly { code: string; detail: string }[];
}

function quoteNames(names: readonly string[]): string {
  return names.map((name) => JSON.stringify(name.slice(0, 60))).join(", ") || "none";
}

/** A pattern such as "web-*" as a test of names. */
function matcherOf(pattern: string): (name: string) => boolean {
  const pieces = pattern.split("*").map((piece) => piece.replaceAll(/[\\^$.|?+()[\]{}]/g, String.raw`\$&`));
  const expression = new RegExp(`^${pieces.join(".*?")}$`, "su");
  return (name) => expression.test(name);
}

/** VMs of the trace that drive an entry: one, or as many as its pattern matches. */
function findTraceVms(vm: ScenarioVm, path: string, facts: TraceFacts): number[] {
  if (vm.trace_vm?.includes("*") !== true) return [findTraceVm(vm, path, facts)];
  const matches = matcherOf(vm.trace_vm);
  const found = facts.vms.flatMap(({ name }, index) => (matches(name) ? [index] : []));
  if (found.length > 0) return found;
  throw new UsageError(`${path}.trace_vm: no VM of the trace is called like ${JSON.stringify(vm.trace_vm)}`, {
    hint: `its VMs are ${quoteNames(facts.vms.slice(0, 20).map(({ name }) => name))}`,
  });
}

function findTraceVm(vm: ScenarioVm, path: string, facts: TraceFacts): number {
  if (vm.trace_vm === undefined) {
    if (facts.vms.length === 1) return 0;
    throw new UsageError(`${path}.trace_vm: missing; the trace has ${facts.vms.length} VMs`, {
      hint: `name one of ${quoteNames(facts.vms.map(({ name }) => name))}`,
    });
  }
  const index = facts.vms.findIndex(({ name }) => name === vm.trace_vm);
  if (index >= 0) return index;
  throw new UsageError(`${path}.trace_vm: the trace has no VM ${JSON.stringify(vm.trace_vm)}`, {
    hint: `its VMs are ${quoteNames(facts.vms.map(({ name }) => name))}`,
  });
}

function findTraceDevice(name: string, place: { path: string; traceVmIndex: number }, facts: TraceFacts): number {
  const index = facts.devices.findIndex((device) => device.name === name && device.vmIndex === place.traceVmIndex);
  if (index >= 0) return index;
  const names = facts.devices.filter(({ vmIndex }) => vmIndex === place.traceVmIndex).map((device) => device.name);
  throw new UsageError(`${place.path}.trace_device: that VM of the trace has no device ${JSON.stringify(name)}`, {
    hint: `its devices are ${quoteNames(names)}`,
  });
}

/** Where an entry of the scenario stands, what its VM is called, and which VM of the trace drives it. */
interface TraceVmPlace {
  readonly path: string;
  readonly name: string;
  readonly traceVmIndex: number;
}

function resolveVm(vm: ScenarioVm, place: TraceVmPlace, facts: TraceFacts): ResolvedVm {
  const { path, traceVmIndex } = place;
  const traceVm = facts.vms[traceVmIndex]!;
  const guestBytes = vm.memory ?? traceVm.guestBytes;
  if (guestBytes < traceVm.guestBytes) {
    throw new UsageError(`${path}.memory: ${guestBytes} bytes, but the VM of the trace has ${traceVm.guestBytes}`, {
      hint: "frames of the trace would lie beyond the VM's memory; give it at least as much",
    });
  }
  return {
    traceVmIndex,
    preallocated: vm.preallocated,
    config: {
      name: vm.name,
      guestBytes,
      backing: vm.backing,
      vcpuCount: vm.vcpus ?? traceVm.vcpuCount,
      stateBytes: vm.state,
      folios: vm.folio,
      placement: vm.placement,
      inScratchRatio: vm.in_scratch ?? 0,
      devices: vm.devices.map(({ name, kind, treatment }) => ({ name, kind, treatment })),
    },
  };
}

/** More VMs than any host has. */
const maxVms = 10_000;

interface CopiedVms {
  readonly vms: ResolvedVm[];
  readonly devices: DrivenDevice[];
}

/** Adds the copies of one entry that one VM of the trace drives. */
function addCopies({ vms, devices }: CopiedVms, vm: ScenarioVm, place: TraceVmPlace, facts: TraceFacts): void {
  const resolved = resolveVm(vm, place, facts);
  const driven = vm.devices.map((device, number) => {
    const path = `${place.path}.devices[${number}]`;
    return device.trace_device === undefined
      ? undefined
      : findTraceDevice(device.trace_device, { ...place, path }, facts);
  });
  if (vms.length + vm.count > maxVms) throw new UsageError(`${place.path}: more than ${maxVms} VMs on one host`);
  for (let copy = 0; copy < vm.count; copy++) {
    const name = vm.count === 1 ? place.name : `${place.name}-${copy + 1}`;
    for (const [number, config] of resolved.config.devices.entries()) {
      devices.push({ vmIndex: vms.length, config, traceDeviceIndex: driven[number] });
    }
    vms.push({ ...resolved, config: { ...resolved.config, name } });
  }
}

function copyVms(scenario: Scenario, facts: TraceFacts): CopiedVms {
  const copied: CopiedVms = { vms: [], devices: [] };
  for (const [index, vm] of scenario.vms.entries()) {
    const path = `vms[${index}]`;
    const found = findTraceVms(vm, path, facts);
    for (const traceVmIndex of found) {
      const name = found.length === 1 ? vm.name : `${vm.name}-${facts.vms[traceVmIndex]!.name}`;
      // Copies share their list of folios, by which they are known as such; VMs of other sizes have their own.
      const own = found.length === 1 ? vm : { ...vm, folio: [...vm.folio] };
      addCopies(copied, own, { path, name, traceVmIndex }, facts);
    }
  }
  return copied;
}

function resolveMoment({ update }: Scenario, facts: TraceFacts): number {
  const { at } = update;
  const { name, atNs } = "atNs" in at ? { name: undefined, atNs: at.atNs } : markTime(at, facts);
  if (atNs <= facts.spanNs) return atNs;
  const where = name === undefined ? "update.at" : `update.at: mark ${JSON.stringify(name)}`;
  throw new UsageError(`${where}: ${atNs} ns, but the trace ends after ${facts.spanNs} ns`, {
    hint: "choose a moment inside the trace",
  });
}

function markTime(at: { mark: string; after: number }, facts: TraceFacts): { name: string; atNs: number } {
  const mark = facts.marks.find(({ name }) => name === at.mark);
  if (mark) return { name: at.mark, atNs: mark.timeNs + at.after };
  throw new UsageError(`update.at.mark: the trace has no mark ${JSON.stringify(at.mark)}`, {
    hint: `its marks are ${quoteNames(facts.marks.map(({ name }) => name))}`,
  });
}

/** 4 KiB pages of a VM that its folio sizes cannot hold and that are taken as folios of their own. */
function leftoverPages({ config }: ResolvedVm): number {
  const wanted = new Set(config.folios.map(({ order }) => order));
  const leftover = splitFolios(config).filter(({ order }) => !wanted.has(order));
  return leftover.reduce((sum, { folioCount }) => sum + folioCount, 0);
}

function listAssumptions(scenario: Scenario, vms: readonly ResolvedVm[]): { code: string; detail: string }[] {
  const assumptions: { code: string; detail: string }[] = [];
  const leftover = vms.reduce((sum, vm) => sum + leftoverPages(vm), 0);
  if (leftover > 0) {
    assumptions.push({
      code: "folio-remainder",
      detail: `${leftover} pages do not fill a whole folio of their VM's sizes: they are taken as 4 KiB folios.`,
    });
  }
  if (scenario.vms.some((vm) => vm.in_scratch === undefined)) {
    assumptions.push({
      code: "in-scratch-assumed",
      detail: "vms[].in_scratch is not given: only pages that fit nowhere else are taken to lie in scratch.",
    });
  }
  return [...assumptions, ...listHostAssumptions(scenario.host)];
}

/** A scenario's host as the model takes it. */
export function hostConfigOf(host: Scenario["host"]): HostConfig {
  const kernelMemoryBytes = host.kernel.memory ?? host.kernel.image * kernelMemoryFactor;
  return {
    kernelFrom: host.kernel.from,
    kernelTo: host.kernel.to,
    postedSeries: host.kernel.handlers,
    pciDeviceCount: host.pci_devices,
    ramBytes: host.ram,
    cpuCount: host.cpus,
    numaNodeCount: host.numa_nodes,
    kernelImageBytes: host.kernel.image,
    kernelMemoryBytes,
    kernelInitBytes: Math.max(host.kernel.init_size ?? 0, kernelMemoryBytes),
    initrdBytes: host.kernel.initrd,
    logBufBytes: host.kernel.log_buffer,
    consoleBaud: host.console === "quiet" ? 0 : host.console.baud,
    consoleChars: host.console === "quiet" ? 0 : host.console.characters,
    deferredInit: host.kernel.deferred_struct_page_init,
    scratch: host.scratch,
    giganticPages: { bytes: gibBytes, count: host.gigantic_pages },
    iommuUnitCount: host.iommu_units,
    devices: host.devices,
  };
}

/** A scenario's agent as the model takes it. */
export function agentConfigOf(agent: Scenario["agent"]): AgentConfig {
  return {
    order: agent.order,
    preserveWorkers: agent.preserve_workers,
    pauseWorkers: agent.pause_workers,
    restoreWorkers: agent.restore_workers,
    prepopulate: agent.prepopulate,
    kexecLoad: agent.kexec_load,
    stopUserspace: agent.stop_userspace,
  };
}

/** What is assumed of a host and its kernels. */
export function listHostAssumptions(host: Pick<Scenario["host"], "kernel">): { code: string; detail: string }[] {
  const assumptions: { code: string; detail: string }[] = [];
  if (host.kernel.memory === undefined) {
    assumptions.push({
      code: "kernel-memory-assumed",
      detail: `host.kernel.memory is not given: ${kernelMemoryFactor} times the image is assumed.`,
    });
  }
  for (const name of host.kernel.handlers) {
    const series = postedSeries.find((known) => known.name === name)!;
    assumptions.push({ code: "posted-series", detail: `${name} is in no released kernel: ${series.posted}.` });
  }
  const versions = new Set([host.kernel.from, host.kernel.to].map(kernelLine));
  for (const version of versions) {
    if (kernelFeatures(version).evidence === "recorded") continue;
    assumptions.push({
      code: "kernel-not-recorded",
      detail: `No live update of Linux ${version} was recorded: its rules are read or inferred, and its costs are those of 7.3.`,
    });
  }
  return assumptions;
}

/** Matches a scenario with a trace's VMs, devices and marks; every name that does not match is an error. */
export function resolveScenario(scenario: Scenario, facts: TraceFacts): ResolvedScenario {
  const { vms, devices } = copyVms(scenario, facts);
  const { host, agent } = scenario;
  const hostDevices = host.devices.map((config) => ({ vmIndex: undefined, config, traceDeviceIndex: undefined }));
  return {
    vms,
    devices: [...hostDevices, ...devices],
    updateAtNs: resolveMoment(scenario, facts),
    preserveLeadNs: agent.preserve_lead,
    service: scenario.service,
    migration: scenario.migration,
    assumptions: listAssumptions(scenario, vms),
    update: {
      seed: scenario.seed,
      vms: vms.map(({ config }) => config),
      agent: agentConfigOf(scenario.agent),
      host: hostConfigOf(scenario.host),
    },
  };
}
