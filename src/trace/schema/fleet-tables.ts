import type { Column, Table } from "./column.ts";

/** What becomes of a host in a rollout. */
export const hostFateLabels = ["updated", "failed", "refused", "not-reached"] as const;

/** What becomes of a VM in a rollout. */
export const vmFateLabels = ["paused", "migrated", "lost", "host-refused", "not-reached", "no-host"] as const;

/** Why a VM that may not pause was not moved away. */
export const stayLabels = ["no-place", "passthrough", "not-converging"] as const;

const text = (name: string, doc: string): Column => ({ name, type: "utf8", unit: "text", doc });
const count = (name: string, doc: string): Column => ({ name, type: "i64", unit: "count", doc });
const flag = (name: string, doc: string): Column => ({ name, type: "u8", unit: "flag", doc });
const bytes = (name: string, doc: string): Column => ({ name, type: "i64", unit: "bytes", doc });
const index = (name: string, doc: string): Column => ({ name, type: "u32", unit: "index", doc });
const ns = (name: string, doc: string): Column => ({ name, type: "i64", unit: "ns", doc });

/** A length with every constant of the profile at its base value, and at both ends of its range. */
function banded(name: string, doc: string, nullMeans?: string): readonly Column[] {
  const may = nullMeans === undefined ? {} : { nullMeans };
  return [
    { ...ns(`${name}_ns`, doc), ...may },
    { ...ns(`${name}_low_ns`, `The same, with every constant at its low end.`), ...may },
    { ...ns(`${name}_high_ns`, `The same, with every constant at its high end.`), ...may },
  ];
}

export const sloTable = {
  name: "slo",
  doc: "What is promised of the VMs' pauses.",
  columns: [
    text("name", "Name of the promise."),
    ns("pause_ns", "Longest time that a VM may stand still in one go."),
    { name: "vm_ratio", type: "f64", unit: "ratio", doc: "Share of the VMs of which it is promised." },
    text("source", "Where the promise comes from."),
  ],
} as const satisfies Table;

export const compositionTable = {
  name: "composition",
  isIndexed: true,
  doc: "The updates that were planned: hosts of one kind with the same VMs share one; the row number is the composition_index.",
  columns: [
    text("host_kind", "Kind of the hosts."),
    bytes("ram_bytes", "Memory of such a host."),
    count("cpu_count", "CPUs of such a host."),
    count("vm_count", "VMs on such a host."),
    bytes("guest_bytes", "Memory of these VMs."),
    { ...text("refusal", "The kernel's answer."), nullMeans: "the kernels would do the update" },
    ...banded("preserve", "Preserving, until the first VM may pause.", "refused"),
    ...banded("blackout", "From the first VM's pause until the last one runs.", "refused"),
    ...banded("update", "The whole update, from preserving to finishing.", "refused"),
    {
      ...bytes("scratch_bytes", "Memory that is kept as scratch from boot on; movable pages may use it."),
      nullMeans: "refused",
    },
    {
      ...bytes("metadata_bytes", "Metadata of what is preserved: from preserving to finishing."),
      nullMeans: "refused",
    },
    {
      ...bytes("transient_bytes", "Most that preserving takes for a while, beside the metadata."),
      nullMeans: "refused",
    },
  ],
} as const satisfies Table;

export const fleetHostTable = {
  name: "host",
  doc: "The hosts of the fleet, in the order in which they are listed; the row number is the host_index.",
  isIndexed: true,
  columns: [
    text("name", "Name of its kind and its number."),
    text("kind", "Kind of host."),
    bytes("guest_capacity_bytes", "Memory for VMs: all but what packing keeps for the host itself."),
    count("vcpu_capacity_count", "Virtual CPUs that packing puts on it at most."),
    bytes("packed_bytes", "Memory of the VMs that were packed on it."),
    count("packed_vcpu_count", "Their virtual CPUs."),
    count("packed_vm_count", "These VMs."),
    index("packed_composition_index", "Row of what it is made of as packed, in table composition."),
    index("composition_index", "Row of what it is made of when it is updated, after migrations, in table composition."),
    { name: "fate", type: "u8", unit: "code", doc: "What becomes of it.", labels: hostFateLabels },
    { ...index("batch_index", "Row of its batch in table batch."), nullMeans: "refused before the rollout began" },
    { ...ns("migration_ns", "Migrating VMs away from it takes so long, before the update."), nullMeans: "not updated" },
    ...banded("start", "Its turn begins, from the start of the rollout.", "not updated"),
    ...banded("end", "Its turn ends, after its recovery and its health wait.", "not updated"),
  ],
} as const satisfies Table;

export const fleetVmTable = {
  name: "vm",
  isIndexed: true,
  doc: "The VMs of the fleet, in the order in which they are listed; the row number is the vm_index.",
  columns: [
    { name: "name", type: "utf8", unit: "text", doc: "Name; may hold any character." },
    bytes("guest_bytes", "Size of guest memory."),
    count("vcpu_count", "Virtual CPUs."),
    { ...index("packed_host_index", "Row of the host that it was packed on."), nullMeans: "it found no place" },
    { ...index("host_index", "Row of the host that it ends on."), nullMeans: "it found no place" },
    { name: "fate", type: "u8", unit: "code", doc: "What becomes of it.", labels: vmFateLabels },
    flag("may_not_pause", "1 where it was to be migrated away before an update."),
    {
      name: "stay",
      type: "u8",
      unit: "code",
      doc: "Why it stayed although it may not pause.",
      nullMeans: "it was moved, or may pause",
      labels: stayLabels,
    },
    ...banded("pause", "It stands still so long in the update of its host.", "it does not pause, or is lost"),
    ...banded(
      "loss",
      "Its host fails: the pause of the update, and the recovery after it.",
      "its host does not fail with it",
    ),
    count("migration_count", "How often it is migrated."),
    ns("migration_downtime_ns", "It stands still so long in all its migrations together."),
    ns("longest_downtime_ns", "The longest of these."),
  ],
} as const satisfies Table;

export const batchTable = {
  name: "batch",
  isIndexed: true,
  doc: "The batches of the rollout in their order; the row number is the batch_index.",
  columns: [
    count("host_count", "Hosts in it."),
    flag("is_reached", "1 where its hosts are updated, 0 where the rollout ended before."),
    flag("aborts", "1 where the rollout ends with it, as too many hosts have failed."),
    ...banded("start", "It begins, from the start of the rollout.", "not reached"),
    ...banded("end", "It ends, after its health wait.", "not reached"),
  ],
} as const satisfies Table;

export const migrationTable = {
  name: "migration",
  doc: "Live migrations of VMs that may not pause.",
  columns: [
    index("vm_index", "Row of the VM in table vm."),
    index("from_host_index", "Row of the host that it leaves."),
    index("to_host_index", "Row of the host that takes it."),
    flag("to_updated", "1 where that host was updated already, so that it need not move again."),
    ns("offset_ns", "It begins so long after its host's turn."),
    ns("migration_ns", "It takes so long."),
    ns("downtime_ns", "Its vCPUs stand still so long."),
    bytes("moved_bytes", "Bytes over the wire."),
  ],
} as const satisfies Table;

export const fleetNoteTable = {
  name: "note",
  doc: "What is assumed, and what the inventories say that is not followed.",
  columns: [text("code", "Stable name of the kind of note."), text("detail", "One sentence for people.")],
} as const satisfies Table;

/** Every table of fleet format v1, in the order of docs/fleet-format.md. */
export const fleetTables: readonly Table[] = [
  sloTable,
  compositionTable,
  fleetHostTable,
  fleetVmTable,
  batchTable,
  migrationTable,
  fleetNoteTable,
];
