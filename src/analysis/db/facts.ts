import type { DuckDBValue } from "@duckdb/node-api";

import type {
  ComparisonHeader,
  DifferenceHeader,
  FleetHeader,
  FolderHeader,
  FolderKind,
  RunHeader,
  SweepHeader,
  TraceHeader,
} from "../../trace/index.ts";

/** Kinds of folder that can be asked. */
export type AnalysedKind = FolderKind;

/** What of a folder's header becomes a table, so that SQL can name a result's inputs. */
export interface FactTable {
  readonly name: string;
  readonly doc: string;
  readonly columns: readonly (readonly [name: string, type: "VARCHAR" | "BIGINT" | "DOUBLE", doc: string])[];
  readonly rows: readonly (readonly DuckDBValue[])[];
}

type Fact = readonly [name: string, value: string | number, doc: string];

/** A table of one row. */
function oneRow(name: string, doc: string, facts: readonly Fact[]): FactTable {
  // A share may be 1 and is no count for that.
  const isShare = (meaning: string): boolean => meaning.startsWith("[ratio]");
  const typeOf = (value: string | number, meaning: string) => {
    if (typeof value === "string") return "VARCHAR";
    return isShare(meaning) ? "DOUBLE" : "BIGINT";
  };
  return {
    name,
    doc,
    columns: facts.map(([fact, value, meaning]) => [fact, typeOf(value, meaning), meaning]),
    rows: [facts.map(([, value, meaning]) => (typeof value === "string" || isShare(meaning) ? value : BigInt(value)))],
  };
}

function runFacts(header: RunHeader): readonly FactTable[] {
  const facts: readonly Fact[] = [
    ["luoscope_version", header.luoscope_version, "[text] Version that made the run."],
    ["run_sha256", header.sha256, "[text] Identity of the run."],
    ["trace_name", header.trace.name, "[text] Name of the trace."],
    ["trace_sha256", header.trace.sha256, "[text] Identity of the trace."],
    ["scenario_name", header.scenario.name, "[text] Name of the scenario."],
    ["scenario_sha256", header.scenario.sha256, "[text] Identity of the scenario."],
    ["profile_name", header.profile.name, "[text] Name of the cost profile."],
    ["profile_sha256", header.profile.sha256, "[text] Identity of the cost profile."],
    ["constant_count", header.profile.constants, "[count] Constants of the profile."],
    ["assumed_constant_count", header.profile.assumed_constants, "[count] Those that are assumed."],
    ["seed", header.seed, "[count] Seed of the run."],
    ["kernel_from", header.kernel_from, "[text] Kernel that is replaced."],
    ["kernel_to", header.kernel_to, "[text] Kernel that takes over."],
    ["span_ns", header.span_ns, "[ns] Length of the run on the host's clock."],
    ["blackout_start_ns", header.blackout_start_ns, "[ns] First VM stands still, host's clock."],
    ["blackout_end_ns", header.blackout_end_ns, "[ns] Last VM runs again, host's clock."],
    ["scenario_json", header.scenario_json, "[text] The scenario, complete."],
  ];
  return [oneRow("run", "What run.json says: one row.", facts)];
}

function comparisonFacts(header: ComparisonHeader): readonly FactTable[] {
  const facts: readonly Fact[] = [
    ["luoscope_version", header.luoscope_version, "[text] Version that made the comparison."],
    ["comparison_sha256", header.sha256, "[text] Identity of the comparison."],
    ["profile_name", header.profile.name, "[text] Name of the cost profile."],
    ["profile_sha256", header.profile.sha256, "[text] Identity of the cost profile."],
  ];
  const recordings: FactTable = {
    name: "recording",
    doc: "The recordings that were given, as comparison.json lists them.",
    columns: [
      ["name", "VARCHAR", "[text] Name of the recording."],
      ["sha256", "VARCHAR", "[text] Identity of its log."],
    ],
    rows: header.recordings.map(({ name, sha256 }) => [name, sha256]),
  };
  return [oneRow("comparison", "What comparison.json says: one row.", facts), recordings];
}

function fleetFacts(header: FleetHeader): readonly FactTable[] {
  const facts: readonly Fact[] = [
    ["luoscope_version", header.luoscope_version, "[text] Version that made the folder."],
    ["fleet_sha256", header.sha256, "[text] Identity of the folder."],
    ["fleet_name", header.fleet.name, "[text] Name of the fleet."],
    ["config_sha256", header.fleet.sha256, "[text] Identity of its configuration."],
    ["profile_name", header.profile.name, "[text] Name of the cost profile."],
    ["profile_sha256", header.profile.sha256, "[text] Identity of the cost profile."],
    ["constant_count", header.profile.constants, "[count] Constants of the profile."],
    ["assumed_constant_count", header.profile.assumed_constants, "[count] Those that are assumed."],
    ["seed", header.seed, "[count] Seed of what is drawn."],
    ["kernel_from", header.kernel_from, "[text] Kernel that is replaced."],
    ["kernel_to", header.kernel_to, "[text] Kernel that takes over."],
    ["concurrency_count", header.concurrency, "[count] Hosts that are updated at once."],
    ["abort_host_count", header.abort_hosts, "[count] Failed hosts with which the rollout ends; 0: it does not."],
    ["recovery_ns", header.recovery_ns, "[ns] Cold reboot of a failed host."],
    ["fleet_json", header.fleet_json, "[text] The fleet's configuration, complete."],
  ];
  const inventories: FactTable = {
    name: "inventory",
    doc: "The traces that VMs or hosts were taken from.",
    columns: [
      ["name", "VARCHAR", "[text] Name of the trace."],
      ["sha256", "VARCHAR", "[text] Identity of the trace."],
    ],
    rows: header.inventories.map(({ name, sha256 }) => [name, sha256]),
  };
  return [oneRow("fleet", "What fleet.json says: one row.", facts), inventories];
}

function traceFacts(header: TraceHeader): readonly FactTable[] {
  const facts: readonly Fact[] = [
    ["name", header.name, "[text] Name of the trace."],
    ["trace_sha256", header.sha256, "[text] Identity of the trace."],
    ["source", header.source, "[text] Where the recording comes from."],
    ["licence", header.licence, "[text] Licence of the data."],
    ["importer", header.importer, "[text] Importer and its version."],
    ["clock", header.clock, "[text] Clock that the times were taken from."],
    ["page_bytes", header.page_bytes, "[bytes] Size of a page."],
    ["span_ns", header.span_ns, "[ns] Time of the last event of any table."],
  ];
  const inputs: FactTable = {
    name: "input",
    doc: "The source files, as trace.json lists them.",
    columns: [
      ["file", "VARCHAR", "[text] Name of the file."],
      ["file_bytes", "BIGINT", "[bytes] Its size."],
      ["sha256", "VARCHAR", "[text] Identity of its content."],
    ],
    rows: header.inputs.map(({ file, bytes, sha256 }) => [file, BigInt(bytes), sha256]),
  };
  return [oneRow("trace", "What trace.json says: one row.", facts), inputs];
}

function sweepFacts(header: SweepHeader): readonly FactTable[] {
  const facts: readonly Fact[] = [
    ["luoscope_version", header.luoscope_version, "[text] Version that made the sweep."],
    ["sweep_sha256", header.sha256, "[text] Identity of the results."],
    ["plan_name", header.plan.name, "[text] Name of the plan."],
    ["plan_sha256", header.plan.sha256, "[text] Identity of the plan and all that it names."],
    ["seed", header.seed, "[count] Seed of the plan."],
    ["repeat_count", header.repeats, "[count] Draws of what is uncertain, a configuration."],
    ["slo_name", header.slo.name, "[text] Name of the SLO."],
    ["slo_source", header.slo.source, "[text] Where it comes from."],
    ["slo_pause_ns", header.slo.pause_ns, "[ns] Longest pause that keeps it."],
    ["slo_vm_ratio", header.slo.vm_ratio, "[ratio] Share of the VMs of which it is promised."],
    ["memory_limit_bytes", header.memory_limit_bytes, "[bytes] Most memory overhead that is allowed; 0: no limit."],
  ];
  const inputs = [
    ...header.traces.map((each) => ({ kind: "trace", ...each })),
    ...header.profiles.map((each) => ({ kind: "profile", ...each })),
  ];
  const sources: FactTable = {
    name: "source",
    doc: "The traces and profiles of the plan, as sweep.json lists them.",
    columns: [
      ["kind", "VARCHAR", "[text] trace or profile."],
      ["name", "VARCHAR", "[text] Its name."],
      ["sha256", "VARCHAR", "[text] Identity of its content."],
    ],
    rows: inputs.map(({ kind, name, sha256 }) => [kind, name, sha256]),
  };
  return [oneRow("sweep", "What sweep.json says: one row.", facts), sources];
}

function differenceFacts(header: DifferenceHeader): readonly FactTable[] {
  const facts: readonly Fact[] = [
    ["luoscope_version", header.luoscope_version, "[text] Version that made the folder."],
    ["difference_sha256", header.sha256, "[text] Identity of the folder."],
    ["title", header.title, "[text] Name for people."],
    ["alpha_ratio", header.alpha, "[ratio] Chance of at least one false alarm in the whole comparison."],
    ["min_sample_count", header.min_samples, "[count] Samples of each side below which nothing noisy is decided."],
    ["seed", header.seed, "[count] Seed of intervals and permutations."],
    ["test_count", header.test_count, "[count] Tests that the correction for many tests went over."],
    ["gate_policy", header.gate?.policy ?? "", "[text] Policy of the gate; empty: there was none."],
    ["gate_outcome", header.gate?.outcome ?? "", "[text] What came of the gate; empty: there was none."],
    ["iteration_count", header.gate?.iterations ?? 0, "[count] Times that the gate had samples collected anew."],
  ];
  return [oneRow("difference", "What difference.json says: one row.", facts)];
}

export function factTables(kind: AnalysedKind, header: FolderHeader): readonly FactTable[] {
  switch (kind) {
    case "run":
      return runFacts(header as RunHeader);
    case "comparison":
      return comparisonFacts(header as ComparisonHeader);
    case "sweep":
      return sweepFacts(header as SweepHeader);
    case "trace":
      return traceFacts(header as TraceHeader);
    case "fleet":
      return fleetFacts(header as FleetHeader);
    case "difference":
      return differenceFacts(header as DifferenceHeader);
  }
}

const noHash = { name: "", sha256: "" };
const noTables = { sha256: "", tables: {} };

/** Headers that say nothing: what a fact table's columns are does not hang on its rows. */
const blankHeaders: { readonly [Kind in AnalysedKind]: FolderHeader<Kind> } = {
  run: {
    ...noTables,
    format: "luoscope-run",
    version: 1,
    luoscope_version: "",
    trace: noHash,
    scenario: noHash,
    profile: { ...noHash, constants: 0, assumed_constants: 0 },
    seed: 0,
    kernel_from: "",
    kernel_to: "",
    span_ns: 0,
    blackout_start_ns: 0,
    blackout_end_ns: 0,
    scenario_json: "",
  },
  comparison: {
    ...noTables,
    format: "luoscope-comparison",
    version: 1,
    luoscope_version: "",
    profile: noHash,
    recordings: [],
  },
  sweep: {
    ...noTables,
    format: "luoscope-sweep",
    version: 1,
    luoscope_version: "",
    plan: noHash,
    traces: [],
    profiles: [],
    seed: 0,
    repeats: 0,
    slo: { name: "", pause_ns: 0, vm_ratio: 1, source: "" },
    memory_limit_bytes: 0,
  },
  fleet: {
    ...noTables,
    format: "luoscope-fleet",
    version: 1,
    luoscope_version: "",
    fleet: noHash,
    profile: { ...noHash, constants: 0, assumed_constants: 0 },
    inventories: [],
    seed: 0,
    kernel_from: "",
    kernel_to: "",
    concurrency: 0,
    abort_hosts: 0,
    recovery_ns: 0,
    fleet_json: "",
  },
  difference: {
    ...noTables,
    format: "luoscope-difference",
    version: 1,
    luoscope_version: "",
    title: "",
    columns: [],
    alpha: 0.05,
    min_samples: 0,
    seed: 0,
    test_count: 0,
    gate: null,
  },
  trace: {
    ...noTables,
    format: "luoscope-trace",
    version: 2,
    name: "",
    source: "",
    licence: "",
    importer: "",
    clock: "",
    page_bytes: 4096,
    span_ns: 0,
    inputs: [],
  },
};

/** The tables that a kind's header becomes, without rows: for documents. */
export function describeFacts(kind: AnalysedKind): readonly Omit<FactTable, "rows">[] {
  return factTables(kind, blankHeaders[kind]).map(({ name, doc, columns }) => ({ name, doc, columns }));
}
