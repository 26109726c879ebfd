import { mkdirSync } from "node:fs";
import { dirname } from "node:path";

import { createPrng, gibBytes, kibBytes, mibBytes, msNs, secNs } from "../../src/base/index.ts";
import { codeOf, FolderWriter, type RunHeader, runSchema, type Table } from "../../src/trace/index.ts";
import { serviceTables } from "./tiny-services.ts";

type Row = Readonly<Record<string, number | string | null>>;

export interface TinyRunOptions {
  /** Names of the VMs; one VM each. */
  readonly vmNames?: readonly string[];
  readonly markNames?: readonly string[];
  readonly traceName?: string;
  readonly profileName?: string;
  /** Leave every table empty. */
  readonly empty?: boolean;
  readonly warnings?: readonly Row[];
  readonly detail?: string;
  readonly deviceName?: string;
  /** Steps of devices beside the others: name, what the step says of itself, from and to in ns since the VMs stop. */
  readonly deviceSteps?: readonly DeviceStep[];
  /** Text in every other place that takes text from outside. */
  readonly outside?: string;
}

export type DeviceStep = readonly [name: string, detail: string, startNs: number, endNs: number];

const blackoutStartNs = 10 * secNs;
const traceSpanNs = 20 * secNs;

/** Steps of the whole host or, where marked, one after the other for each VM: name, phase, row, ns, cost, count. */
const steps: readonly (readonly [
  name: string,
  phase: string,
  row: number,
  ns: number,
  cost: string,
  perVm?: boolean,
])[] = [
  ["guest-memory.prepare", "preserve", 1, 1_900 * msNs, "page-zero", true],
  ["kho.preserve-folio", "preserve", 2, 380 * msNs, "radix-insert", true],
  ["memfd.preserve", "preserve", 3, 45 * msNs, "folio-serialize", true],
  ["vm.pause", "freeze", 4, 12 * msNs, "vcpu-kick", true],
  ["device.quiesce", "freeze", 5, 148 * msNs, "device-quiesce"],
  ["luo.freeze-files", "freeze", 6, 6 * msNs, "file-freeze"],
  ["kho.finalize", "serialize", 7, 20_000, "fixed-finalize"],
  ["luo.serialize-sessions", "serialize", 8, 606 * msNs, "session-serialize"],
  ["kexec.jump", "kexec", 9, 240 * msNs, "kexec-jump"],
  ["boot.early", "kexec", 10, 930 * msNs, "boot-early"],
  ["kho.memory-init", "kexec", 11, 310 * msNs, "page-init"],
  ["luo.deserialize", "restore", 12, 66 * msNs, "session-deserialize"],
  ["memfd.retrieve", "restore", 13, 140 * msNs, "folio-restore", true],
  ["vm.resume", "restore", 14, 25 * msNs, "vcpu-start", true],
  ["luo.finish", "finish", 15, 120 * msNs, "session-finish"],
  ["tracker.free", "brownout", 16, 350 * msNs, "page-free"],
];
const assumedCosts = new Set(["device-quiesce", "boot-early", "vcpu-kick", "vcpu-start", "kexec-jump"]);

const low = (ns: number) => Math.round(ns * 0.7);
const high = (ns: number) => Math.round(ns * 1.6);

/** While kexec jumps and the new kernel boots. */
const usualDeviceSteps: readonly DeviceStep[] = [
  ["shutdown-device", "nic eth0", 800 * msNs, 900 * msNs],
  ["shutdown-device", "nvme nvme0", 900 * msNs, 980 * msNs],
  ["probe-device", "nic eth0", 1_200 * msNs, 1_700 * msNs],
  ["probe-device", "nvme nvme0", 1_400 * msNs, 1_600 * msNs],
];

function deviceStepRows({ deviceSteps = usualDeviceSteps, outside }: TinyRunOptions): Row[] {
  return deviceSteps.map(([name, detail, startNs, endNs]) => ({
    name,
    phase: phaseCode("kexec"),
    lifecycle_row: name === "shutdown-device" ? 9 : 10,
    vm_index: null,
    start_ns: blackoutStartNs + startNs,
    end_ns: blackoutStartNs + endNs,
    low_ns: low(endNs - startNs),
    high_ns: high(endNs - startNs),
    detail: outside ?? detail,
  }));
}

interface Timeline {
  readonly phases: Row[];
  readonly steps: Row[];
  readonly terms: Row[];
  readonly blackoutEndNs: number;
}

function phaseCode(label: string): number {
  return codeOf(runSchema.phaseTable.columns[0], label);
}

function layPieces(vmCount: number, timeline: Timeline, step: (typeof steps)[number], startNs: number): number {
  const [name, phase, row, ns, cost, perVm] = step;
  let now = startNs;
  const pieces = perVm ? vmCount : 1;
  for (let vm = 0; vm < pieces; vm++) {
    const pieceNs = Math.max(1, Math.floor(ns / pieces));
    const index = timeline.steps.length;
    timeline.steps.push({
      name,
      phase: phaseCode(phase),
      lifecycle_row: row,
      vm_index: perVm ? vm : null,
      start_ns: now,
      end_ns: now + pieceNs,
      low_ns: low(pieceNs),
      high_ns: high(pieceNs),
      detail: `kernel function of ${name}`,
    });
    const unitNs = pieceNs / (10 * (vm + 1));
    timeline.terms.push({
      step_index: index,
      cost,
      unit_count: 10 * (vm + 1),
      unit_ns: unitNs,
      total_ns: pieceNs,
      low_ns: low(pieceNs),
      high_ns: high(pieceNs),
      source: assumedCosts.has(cost) ? "assumed from a similar driver" : "measured on one machine, 2026-08",
      assumed: assumedCosts.has(cost) ? 1 : 0,
    });
    now += pieceNs;
  }
  return now;
}

function layTimeline(vmCount: number): Timeline {
  const timeline = { phases: [] as Row[], steps: [] as Row[], terms: [] as Row[], blackoutEndNs: 0 };
  const preserveNs = steps
    .filter(([, phase]) => phase === "preserve")
    .reduce((sum, [, , , ns, , perVm]) => sum + (perVm ? Math.floor(ns / vmCount) * vmCount : ns), 0);
  let now = blackoutStartNs - preserveNs;
  for (const phase of runSchema.phaseLabels) {
    const startNs = now;
    for (const step of steps) if (step[1] === phase) now = layPieces(vmCount, timeline, step, now);
    const inBlackout = ["freeze", "serialize", "kexec", "restore"].includes(phase);
    if (phase === "restore") timeline.blackoutEndNs = now;
    timeline.phases.push({
      phase: phaseCode(phase),
      start_ns: startNs,
      end_ns: now,
      low_ns: low(now - startNs),
      high_ns: high(now - startNs),
      in_blackout: inBlackout ? 1 : 0,
    });
  }
  return timeline;
}

function vmRows(names: readonly string[], timeline: Timeline): Row[] {
  const ends = (step: string) =>
    timeline.steps.filter(({ name }) => name === step).map((row) => [row["start_ns"], row["end_ns"]] as number[]);
  const pauses = ends("vm.pause");
  const resumes = ends("vm.resume");
  return names.map((name, index) => {
    const pauseNs = pauses[index]![0]!;
    const resumeNs = resumes[index]![1]!;
    return {
      name,
      trace_vm_index: index % 2,
      guest_bytes: (4 + 4 * index) * gibBytes,
      vcpu_count: 2 + index,
      folio_count: 2048 * (index + 1),
      hole_pages: 100 * index,
      migrated_pages: 12 * index,
      pause_ns: pauseNs,
      resume_ns: resumeNs,
      blackout_ns: resumeNs - pauseNs,
      low_ns: low(resumeNs - pauseNs),
      high_ns: high(resumeNs - pauseNs),
    };
  });
}

function overheadRows(vmCount: number, detail: string): Row[] {
  const kind = (label: string) => codeOf(runSchema.memoryOverheadTable.columns[0], label);
  const perVm = Array.from({ length: vmCount }, (_, vm) => [
    { kind: kind("folio-metadata"), vm_index: vm, overhead_bytes: (8 + 3 * vm) * mibBytes, detail },
    { kind: kind("blocks"), vm_index: vm, overhead_bytes: (vm + 1) * 256 * kibBytes, detail },
  ]).flat();
  const host = { vm_index: null, detail };
  return [
    ...perVm,
    { ...host, kind: kind("tracker"), overhead_bytes: 5 * mibBytes },
    { ...host, kind: kind("fixed"), overhead_bytes: 12 * kibBytes },
    { ...host, kind: kind("scratch"), overhead_bytes: 588 * mibBytes },
    { ...host, kind: kind("kexec-image"), overhead_bytes: 71 * mibBytes },
    { ...host, kind: kind("transient-peak"), overhead_bytes: 9 * mibBytes },
  ];
}

function tickRows(): Row[] {
  const random = createPrng(7);
  const tickNs = 50 * msNs;
  const rows: Row[] = [
    {
      trace_time_ns: 0,
      trace_vm_index: 0,
      start_ns: null,
      dirty_pages: 90_000,
      first_touch_pages: 0,
      after_resume: 0,
    },
  ];
  for (let endNs = tickNs; endNs <= traceSpanNs; endNs += tickNs) {
    for (const vm of [0, 1]) {
      const afterResume = endNs > blackoutStartNs;
      const busy = endNs < 4 * secNs ? 300 : 1200;
      const pages = busy + Math.round(400 * Math.sin(endNs / secNs) ** 2) + (random() % 200);
      const fresh = Math.round(pages * 0.8 * Math.exp(-(endNs - blackoutStartNs) / (2.5 * secNs)));
      rows.push({
        trace_time_ns: endNs,
        trace_vm_index: vm,
        start_ns: endNs - tickNs,
        dirty_pages: pages,
        first_touch_pages: afterResume ? fresh : 0,
        after_resume: afterResume ? 1 : 0,
      });
    }
  }
  return rows;
}

function eventRows(blackoutEndNs: number): Row[] {
  const random = createPrng(11);
  const columns = runSchema.deviceEventTable.columns;
  const mixes = [
    [0, "packet", "packet-lost", 1400],
    [0, "packet", "packet-kept", 1400],
    [1, "io-complete", "deferred", 4096],
    [1, "io-submit", "in-flight", 4096],
    [2, "dma", "dma-continues", 65_536],
    [2, "dma", "dma-lost", 4096],
    [0, "interrupt", "interrupt-lost", 0],
  ] as const;
  return Array.from({ length: 900 }, (_, index) => {
    const mix = mixes[random() % mixes.length]!;
    const timeNs = blackoutStartNs + Math.floor(((index + 0.5) / 900) ** 1.3 * (blackoutEndNs - blackoutStartNs));
    return {
      time_ns: timeNs,
      trace_device_index: mix[0],
      kind: codeOf(columns[2], mix[1]),
      effect: codeOf(columns[3], mix[2]),
      bytes: mix[3],
    };
  });
}

function costRows(timeline: Timeline): Row[] {
  const used = timeline.terms.filter(
    (term, index, all) => all.findIndex(({ cost }) => cost === term["cost"]) === index,
  );
  const rows = used.map(({ cost, unit_ns: unitNs, source, assumed }) => ({
    cost: cost!,
    unit_ns: unitNs!,
    low_ns: (unitNs as number) * 0.7,
    high_ns: (unitNs as number) * 1.6,
    per: "item",
    source: source!,
    assumed: assumed!,
    used: 1,
  }));
  return [
    ...rows,
    {
      cost: "vfio-reset",
      unit_ns: 1e8,
      low_ns: 1e7,
      high_ns: 1e9,
      per: "device",
      source: "assumed",
      assumed: 1,
      used: 0,
    },
  ];
}

function markRows(names: readonly string[]): Row[] {
  return names.map((name, index) => ({
    trace_time_ns: Math.round(((index + 0.4) / names.length) * traceSpanNs),
    name,
  }));
}

function tinyTables(options: TinyRunOptions, timeline: Timeline): readonly (readonly [Table, readonly Row[]])[] {
  const names = options.vmNames ?? ["web-0", "web-1", "db-0"];
  return [
    [runSchema.runVmTable, vmRows(names, timeline)],
    [
      runSchema.runDeviceTable,
      [
        { vm_index: 0, name: "net0", kind: "virtio-net", treatment: 2, trace_device_index: 0 },
        { vm_index: null, name: "nvme0", kind: "nvme", treatment: 1, trace_device_index: null },
      ],
    ],
    [runSchema.phaseTable, timeline.phases],
    [runSchema.stepTable, [...timeline.steps, ...deviceStepRows(options)]],
    [runSchema.costTermTable, timeline.terms],
    [
      runSchema.memoryOverheadTable,
      overheadRows(names.length, options.detail ?? "struct memfd_luo_folio_ser, 16 bytes"),
    ],
    [runSchema.dirtyTickTable, tickRows()],
    [runSchema.deviceEventTable, eventRows(timeline.blackoutEndNs)],
    [
      runSchema.traceDeviceTable,
      [
        { trace_vm_index: 0, name: "net0", kind: "net" },
        { trace_vm_index: 0, name: "blk0", kind: "block" },
        { trace_vm_index: 1, name: "gpu0", kind: "vfio" },
        { trace_vm_index: 0, name: options.deviceName ?? "net1", kind: "net" },
      ],
    ],
    ...serviceTables({
      vmCount: names.length,
      stopNs: blackoutStartNs,
      resumeNs: timeline.blackoutEndNs,
      spanNs: traceSpanNs,
      outside: options.outside,
    }),
    [runSchema.runMarkTable, markRows(options.markNames ?? ["load", "warm-up", "serve", "checkpoint"])],
    [runSchema.costTable, costRows(timeline)],
    [
      runSchema.runWarningTable,
      options.warnings ?? [
        {
          origin: "profile",
          code: "assumed-constants",
          rows: 5,
          detail: "5 constants of the profile are assumed and not measured.",
        },
      ],
    ],
  ];
}

/** Writes a small, plausible run: what the replay engine would give for one short trace, without the engine. */
export function writeTinyRun(target: string, options: TinyRunOptions = {}): RunHeader {
  mkdirSync(dirname(target), { recursive: true });
  const timeline = layTimeline((options.vmNames ?? ["", "", ""]).length);
  const writer = new FolderWriter("run", target);
  for (const [table, rows] of tinyTables(options, timeline)) {
    const tableWriter = writer.table(table);
    if (!options.empty) for (const row of rows) tableWriter.push(row);
  }
  const input = (name: string, digit: string) => ({ name, sha256: digit.repeat(64) });
  return writer.finish({
    luoscope_version: "0.1.0",
    trace: input(options.traceName ?? "tiny", "a"),
    scenario: input("three-vms", "b"),
    profile: { ...input(options.profileName ?? "baseline", "c"), constants: 17, assumed_constants: 6 },
    seed: 1,
    kernel_from: "7.2",
    kernel_to: "7.3",
    span_ns: traceSpanNs + timeline.blackoutEndNs - blackoutStartNs,
    blackout_start_ns: options.empty ? 0 : blackoutStartNs,
    blackout_end_ns: options.empty ? 0 : timeline.blackoutEndNs,
    scenario_json: "{}",
  });
}
