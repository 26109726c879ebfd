import { bytesToPagesCeil, mibBytes, pagesToBytes } from "../../base/index.ts";
import type { HostConfig, UpdateConfig, VmConfig } from "../config.ts";
import type { CostId } from "../costs.ts";
import { type UpdateCounts, type VmCounts } from "../counts.ts";
import { sumMemfdPages } from "../handlers/memfd.ts";
import { resetsDevices } from "../handlers/posted/series.ts";
import { kernelFeatures } from "../kernel/versions.ts";
import { createSessionTerms, type FileCounts, preserveFileTerms } from "./file-terms.ts";
import { alone, type Job, orderVms, type Phase, type Stage, term, type Work } from "./work.ts";

/** The radix tree's mutex is taken for every key: parallel preserves queue behind it [MEMFD-05]. */
const underTrackerMutex: ReadonlySet<CostId> = new Set(["addKeyNs"]);

/** Loads the next kernel; through 7.2 its pages are hashed at once [KEXEC-01]. */
export function loadKexec(host: HostConfig, counts: UpdateCounts, phase: Phase): Work {
  const hashedBytes = kernelFeatures(host.kernelFrom).hashesImage ? pagesToBytes(counts.image.copiedPages) : 0;
  return {
    name: "load-kexec",
    lifecycleRow: 5,
    phase,
    detail: "kexec_file_load: kimage_load_segment",
    terms: [
      term("kexecLoadNs", 1),
      term("kexecLoadMibNs", (host.kernelImageBytes + host.initrdBytes) / mibBytes),
      ...(hashedBytes > 0 ? [term("hashLoadMibNs", hashedBytes / mibBytes)] : []),
    ],
  };
}

export function stopUserspace(phase: Phase): Work {
  return {
    name: "stop-userspace",
    lifecycleRow: 7,
    phase,
    detail: "systemd-shutdown of everything that is not preserved",
    terms: [term("stopUserspaceNs", 1)],
  };
}

function preserveMemory(vm: VmCounts, vmIndex: number): Work {
  return {
    name: "preserve-memory",
    lifecycleRow: 3,
    phase: "preserve",
    vmIndex,
    detail: "luo_preserve_file: memfd_luo_preserve, memfd_pin_folios, kho_preserve_folio",
    terms: preserveFileTerms({ ...vm, metadataPages: sumMemfdPages(vm.memory) }, 0),
  };
}

/** The VMM has just written it, outside of scratch. */
function stateFile({ stateFolioCount, state }: VmCounts): FileCounts {
  return {
    folioCount: stateFolioCount,
    pageCount: stateFolioCount,
    metadataPages: sumMemfdPages(state),
    holeFolioCount: 0,
    holePageCount: 0,
    migratedFolioCount: 0,
    migratedPageCount: 0,
    spilledPageCount: 0,
  };
}

function preserveState(vm: VmCounts, vmIndex: number): Work {
  return {
    name: "preserve-state",
    lifecycleRow: 3,
    phase: "preserve",
    vmIndex,
    detail: "luo_preserve_file of the memfd that takes the VMM's state",
    terms: preserveFileTerms(stateFile(vm), 1),
  };
}

/** Devices, their address space and the VM's descriptor, as the posted series have it [VFIO-01] [IOMMU-03] [KVM-01]. */
function preserveSideFiles({ sideFiles, fileCount }: VmCounts, vmIndex: number): Work[] {
  const files = sideFiles.fileCount;
  if (files === 0) return [];
  const first = fileCount - files;
  return [
    {
      name: "preserve-devices",
      lifecycleRow: 4,
      phase: "preserve",
      vmIndex,
      detail: "luo_preserve_file of devices, their I/O address space, the VM's descriptor",
      terms: [
        term("preserveFileNs", files),
        term("preserveFileScanNs", files * first + (files * (files - 1)) / 2),
        term("addKeyNs", sideFiles.statePages + sideFiles.pageTablePages),
      ],
    },
  ];
}

function preserveVm(vm: VmCounts, vmIndex: number, earlierSessions: number): Job {
  return [
    {
      name: "create-session",
      lifecycleRow: 2,
      phase: "preserve",
      vmIndex,
      detail: "luo_session_create, luo_session_insert",
      terms: createSessionTerms(earlierSessions),
    },
    preserveMemory(vm, vmIndex),
    preserveState(vm, vmIndex),
    ...preserveSideFiles(vm, vmIndex),
  ];
}

/** While its guest_memfd is preserved a VM that touches a new page fails, so it is paused before [KVM-03]. */
function isPausedFirst({ backing }: VmConfig): boolean {
  return backing === "guest_memfd";
}

/** Preserving those VMs that run meanwhile, or those that stand still already. */
function preserveVms(
  { config, counts }: { config: UpdateConfig; counts: UpdateCounts },
  pausedFirst: boolean,
): Stage[] {
  const jobs = [...orderVms(config).entries()]
    .filter(([, vm]) => isPausedFirst(config.vms[vm]!) === pausedFirst)
    .map(([earlier, vm]) => preserveVm(counts.vms[vm]!, vm, earlier));
  if (jobs.length === 0) return [];
  const phase = pausedFirst ? "freeze" : "preserve";
  const inPhase = jobs.map((job) => job.map((work): Work => ({ ...work, phase })));
  return [{ workers: config.agent.preserveWorkers, jobs: inPhase, exclusive: underTrackerMutex }];
}

/** Rows 1 to 5 (and 7 where userspace stops early): the VMs still run. */
export function preserveStages(config: UpdateConfig, counts: UpdateCounts): Stage[] {
  const { host, agent } = config;
  const stages: Stage[] = [
    alone({
      name: "open-device",
      lifecycleRow: 1,
      phase: "preserve",
      detail: "luo_open",
      terms: [term("openDeviceNs", 1)],
    }),
    ...preserveVms({ config, counts }, false),
  ];
  if (agent.kexecLoad === "before") stages.push(alone(loadKexec(host, counts, "preserve")));
  if (agent.stopUserspace === "before") stages.push(alone(stopUserspace("preserve")));
  return stages;
}

/** The VMM waits for requests in flight before it saves its devices; no vCPU runs meanwhile [SVC-01]. */
function drainRequests(vmIndex: number, drainNs: number): Work[] {
  if (drainNs === 0) return [];
  return [
    {
      name: "drain-requests",
      lifecycleRow: 6,
      phase: "freeze",
      vmIndex,
      detail: "VMM: requests in flight at emulated devices complete, as long as the trace has it",
      terms: [],
      fixedNs: drainNs,
    },
  ];
}

/**
 * Rows 3 to 7 as far as they lie in the blackout: vCPUs stop and the VMM saves what the new kernel will not know.
 *
 * `drainNs` says of each VM how long its requests in flight take.
 */
export function freezeStages(config: UpdateConfig, counts: UpdateCounts, drainNs: readonly number[]): Stage[] {
  const { host, vms, agent } = config;
  const jobs = orderVms(config).map((vmIndex): Job => {
    const vm = vms[vmIndex]!;
    const emulated = vm.devices.filter(({ treatment }) => treatment === "emulated").length;
    return [
      ...drainRequests(vmIndex, drainNs[vmIndex] ?? 0),
      {
        name: "pause-and-save",
        lifecycleRow: 6,
        phase: "freeze",
        vmIndex,
        detail: `VMM: ${vm.vcpuCount} vCPUs, ${emulated} emulated devices, ${bytesToPagesCeil(vm.stateBytes)} pages of state`,
        terms: [term("pauseVcpuNs", vm.vcpuCount), term("saveDeviceNs", emulated), term("saveVmNs", 1)],
      },
    ];
  });
  const stages: Stage[] = [{ workers: agent.pauseWorkers, jobs }, ...preserveVms({ config, counts }, true)];
  if (agent.kexecLoad === "blackout") stages.push(alone(loadKexec(host, counts, "freeze")));
  if (agent.stopUserspace === "blackout") stages.push(alone(stopUserspace("freeze")));
  return stages;
}

/** Posted VFIO resets each preserved device while its file is frozen, one after the other [VFIO-02]. */
function resetStages({ host, vms }: UpdateConfig): Stage[] {
  if (!resetsDevices(host.postedSeries)) return [];
  return vms.flatMap(({ devices }, vmIndex) =>
    devices
      .filter(({ treatment }) => treatment === "preserved")
      .map(({ kind, name }) =>
        alone({
          name: "reset-device",
          lifecycleRow: 9,
          phase: "serialize",
          vmIndex,
          detail: `${kind} ${name}: vfio_pci freeze()`,
          terms: [term("resetDeviceNs", 1)],
        }),
      ),
  );
}

/** Through 7.0 the tracker is turned into lists before the jump [KHO-21]. */
function finalizeStages({ host }: UpdateConfig, { tracker }: UpdateCounts): Stage[] {
  if (!kernelFeatures(host.kernelFrom).finalizes) return [];
  return [
    alone({
      name: "finalize-kho",
      lifecycleRow: 9,
      phase: "serialize",
      detail: "kho_finalize: kho_mem_serialize",
      terms: [term("finalizeBitmapNs", tracker.bitmapCount)],
    }),
  ];
}

/** Rows 8 and 9: no work a page, only a session and a file. */
export function serializeStages(config: UpdateConfig, counts: UpdateCounts): Stage[] {
  return [
    alone({
      name: "reboot-call",
      lifecycleRow: 8,
      phase: "serialize",
      detail: "__do_sys_reboot, kernel_kexec",
      terms: [term("rebootCallNs", 1)],
    }),
    alone({
      name: "liveupdate-reboot",
      lifecycleRow: 9,
      phase: "serialize",
      detail: "liveupdate_reboot: luo_session_serialize, luo_file_freeze",
      terms: [term("freezeSessionNs", counts.sessionCount), term("freezeFileNs", counts.fileCount)],
    }),
    ...resetStages(config),
    ...finalizeStages(config, counts),
  ];
}
