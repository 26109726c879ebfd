import { UsageError } from "../base/index.ts";
import type { HostConfig, VmConfig } from "../model/index.ts";
import { hostConfigOf } from "../replay/index.ts";
import { drawIndex } from "./draw.ts";
import { type InventorySource, type InventoryVms, openInventory, readHosts, readVms } from "./inventory.ts";
import { type Fleet, maxHosts, maxVms, type VmDefaults } from "./schema.ts";

/** VMs that differ in their names only: the model sees them as one. */
export interface VmClass {
  readonly config: VmConfig;
  readonly preallocated: boolean;
}

/** Every VM of the fleet, as a struct of arrays. */
export interface FleetVms {
  readonly count: number;
  readonly names: readonly string[];
  readonly classIndex: Uint32Array;
  readonly guestBytes: Float64Array;
  readonly vcpuCounts: Float64Array;
  /** Number of the anti-affinity group, or -1. */
  readonly groups: Int32Array;
  readonly classes: readonly VmClass[];
}

export interface HostKind {
  readonly name: string;
  readonly config: HostConfig;
}

export interface FleetHosts {
  readonly count: number;
  readonly names: readonly string[];
  readonly kindIndex: Uint32Array;
  readonly kinds: readonly HostKind[];
}

export interface ResolvedFleet {
  readonly vms: FleetVms;
  readonly hosts: FleetHosts;
  readonly inventories: readonly InventorySource[];
  readonly notes: readonly { code: string; detail: string }[];
}

/** Finds the class of a size and options, or makes it. */
class Classes {
  readonly list: VmClass[] = [];
  readonly #known = new Map<string, number>();

  indexOf(size: { name: string; memory: number; vcpus: number }, options: VmDefaults): number {
    const key = `${size.memory} ${size.vcpus} ${JSON.stringify(options)}`;
    const found = this.#known.get(key);
    if (found !== undefined) return found;
    const config: VmConfig = {
      name: size.name,
      guestBytes: size.memory,
      backing: options.backing,
      vcpuCount: size.vcpus,
      stateBytes: options.state,
      folios: options.folio,
      placement: options.placement,
      inScratchRatio: options.in_scratch ?? 0,
      devices: options.devices,
    };
    this.#known.set(key, this.list.length);
    this.list.push({ config, preallocated: options.preallocated });
    return this.list.length - 1;
  }
}

/** The arrays that hold so many VMs. */
function makeVms(count: number, classes: readonly VmClass[]) {
  return {
    count,
    names: [] as string[],
    classIndex: new Uint32Array(count),
    guestBytes: new Float64Array(count),
    vcpuCounts: new Float64Array(count),
    groups: new Int32Array(count).fill(-1),
    classes,
  };
}

function listVms({ vm }: Fleet, list: Extract<Fleet["vms"], { kind: "list" }>["list"]): FleetVms {
  const classes = new Classes();
  const vms = makeVms(
    list.reduce((sum, entry) => sum + entry.count, 0),
    classes.list,
  );
  for (const { name, count, memory, vcpus, ...own } of list) {
    const given = Object.fromEntries(Object.entries(own).filter(([, value]) => value !== undefined));
    const classIndex = classes.indexOf({ name, memory, vcpus }, { ...vm, ...given });
    for (let copy = 0; copy < count; copy++) {
      const index = vms.names.length;
      vms.names.push(count === 1 ? name : `${name}-${copy + 1}`);
      vms.classIndex[index] = classIndex;
      vms.guestBytes[index] = memory;
      vms.vcpuCounts[index] = vcpus;
    }
  }
  return vms;
}

/** Which row of the inventory each VM is: drawn, each as likely, or each row so often. */
function chooseRows(
  rowCount: number,
  { count, copies = 1 }: { count?: number | undefined; copies?: number | undefined },
  seed: number,
): Uint32Array {
  const wanted = count ?? rowCount * copies;
  if (wanted > maxVms) {
    throw new UsageError(`vms.inventory: ${wanted} VMs; at most ${maxVms} are taken`, { hint: "lower copies" });
  }
  return Uint32Array.from({ length: wanted }, (_, index) =>
    count === undefined ? index % rowCount : drawIndex(seed, "vm", { index, count: rowCount }),
  );
}

function drawVms(
  fleet: Fleet,
  inventory: InventoryVms,
  wanted: { count?: number | undefined; copies?: number | undefined },
): FleetVms {
  const rowCount = inventory.names.length;
  const rows = chooseRows(rowCount, wanted, fleet.seed);
  const classes = new Classes();
  const vms = makeVms(rows.length, classes.list);
  const timesTaken = new Uint32Array(rowCount);
  for (const [index, row] of rows.entries()) {
    const copy = timesTaken[row]!++;
    const memory = inventory.guestBytes[row]!;
    const vcpus = inventory.vcpuCounts[row]!;
    const name = inventory.names[row]!;
    vms.names.push(copy === 0 ? name : `${name}#${copy + 1}`);
    vms.classIndex[index] = classes.indexOf({ name, memory, vcpus }, fleet.vm);
    vms.guestBytes[index] = memory;
    vms.vcpuCounts[index] = vcpus;
    const group = inventory.groups[row]!;
    // The second time that rows of a group are taken is a second group: its VMs need not avoid those of the first.
    if (group >= 0 && fleet.packing.anti_affinity) vms.groups[index] = copy * inventory.groupCount + group;
  }
  return vms;
}

function ruleNotes({ otherRules }: InventoryVms): { code: string; detail: string }[] {
  return [...otherRules].map(([rule, count]) => ({
    code: "placement-rule-not-followed",
    detail: `${count} rows of the inventory have the rule ${JSON.stringify(rule.slice(0, 60))}, which packing does not follow.`,
  }));
}

interface SizedHost {
  readonly name: string;
  readonly count: number;
  readonly ram: number;
  readonly cpus: number;
  readonly numa_nodes: number;
}

function makeHosts({ host }: Fleet, sizes: readonly SizedHost[]): FleetHosts {
  const names: string[] = [];
  const kindIndexes: number[] = [];
  const kinds: HostKind[] = [];
  for (const { name, count, ram, cpus, numa_nodes } of sizes) {
    const config = hostConfigOf({ ...host, ram, cpus, numa_nodes });
    for (let copy = 0; copy < count; copy++) {
      names.push(count === 1 ? name : `${name}-${copy + 1}`);
      kindIndexes.push(kinds.length);
    }
    kinds.push({ name, config });
  }
  return { count: names.length, names, kindIndex: Uint32Array.from(kindIndexes), kinds };
}

/** Hosts of an inventory that have the same size are one kind. */
function inventoryHosts(fleet: Fleet, hosts: ReturnType<typeof readHosts>, copies: number): FleetHosts {
  if (hosts.length * copies > maxHosts) {
    throw new UsageError(`hosts.inventory: ${hosts.length * copies} hosts; at most ${maxHosts} are taken`, {
      hint: "lower copies",
    });
  }
  const kinds: HostKind[] = [];
  const known = new Map<string, number>();
  const names: string[] = [];
  const kindIndexes: number[] = [];
  for (let copy = 0; copy < copies; copy++) {
    for (const { name, ramBytes, cpuCount, numaNodeCount } of hosts) {
      const nodes = numaNodeCount ?? fleet.host.numa_nodes;
      const key = `${ramBytes} ${cpuCount} ${nodes}`;
      if (!known.has(key)) {
        known.set(key, kinds.length);
        const config = hostConfigOf({ ...fleet.host, ram: ramBytes, cpus: cpuCount, numa_nodes: nodes });
        kinds.push({ name: `${cpuCount} CPUs, ${Math.round(ramBytes / 2 ** 30)} GiB`, config });
      }
      names.push(copy === 0 ? name : `${name}#${copy + 1}`);
      kindIndexes.push(known.get(key)!);
    }
  }
  return { count: names.length, names, kindIndex: Uint32Array.from(kindIndexes), kinds };
}

function resolveHosts(fleet: Fleet): { hosts: FleetHosts; sources: InventorySource[] } {
  const { hosts, host } = fleet;
  if (hosts.kind === "map") {
    const { trace, source } = openInventory(hosts.map.inventory.trace);
    return { hosts: inventoryHosts(fleet, readHosts(trace), hosts.map.inventory.copies), sources: [source] };
  }
  const sizes = hosts.list.map((own) => ({
    name: own.name,
    count: own.count,
    ram: own.ram ?? host.ram!,
    cpus: own.cpus ?? host.cpus!,
    numa_nodes: own.numa_nodes ?? host.numa_nodes,
  }));
  return { hosts: makeHosts(fleet, sizes), sources: [] };
}

/**
 * Every host and VM of a fleet, inventories read and drawn from.
 *
 * Errors   UsageError for a folder that is no inventory; FormatError for a damaged one
 */
export function resolveFleet(fleet: Fleet): ResolvedFleet {
  const { hosts, sources } = resolveHosts(fleet);
  if (fleet.vms.kind === "list") {
    return { hosts, vms: listVms(fleet, fleet.vms.list), inventories: sources, notes: [] };
  }
  const { inventory: wanted } = fleet.vms.map;
  const { trace, source } = openInventory(wanted.trace);
  const inventory = readVms(trace);
  const known = sources.some(({ sha256 }) => sha256 === source.sha256);
  return {
    hosts,
    vms: drawVms(fleet, inventory, wanted),
    inventories: known ? sources : [...sources, source],
    notes: ruleNotes(inventory),
  };
}
