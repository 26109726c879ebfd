import type { UpdateConfig, VmConfig } from "../config.ts";
import { type UpdateCounts, type VmCounts } from "../counts.ts";
import { deserializeTerms, finishSessionTerms, retrieveFileTerms, retrieveSessionTerms } from "./file-terms.ts";
import { alone, type Job, orderVms, type Stage, term, type Work } from "./work.ts";
import { splitFolios } from "../folios.ts";
import { divCeil, orderPages } from "../../base/index.ts";
import { mappedOrder } from "../mapping.ts";

function retrieveMemory(vm: VmCounts, vmIndex: number, nodeCount: number): Work {
  return {
    name: "retrieve-memory",
    lifecycleRow: 33,
    phase: "restore",
    vmIndex,
    detail: "luo_retrieve_file: memfd_luo_retrieve, kho_restore_folio, shmem_add_to_page_cache",
    terms: retrieveFileTerms(vm, nodeCount),
  };
}

function retrieveState({ stateFolioCount }: VmCounts, vmIndex: number, nodeCount: number): Work {
  return {
    name: "retrieve-state",
    lifecycleRow: 33,
    phase: "restore",
    vmIndex,
    detail: "luo_retrieve_file of the memfd with the VMM's state",
    terms: retrieveFileTerms({ folioCount: stateFolioCount, pageCount: stateFolioCount }, nodeCount),
  };
}

/** Files beyond memory and state: devices, their I/O address space, the VM's descriptor. */
function retrieveSideFiles({ sideFiles }: VmCounts, vmIndex: number): Work[] {
  if (sideFiles.fileCount === 0) return [];
  return [
    {
      name: "retrieve-devices",
      lifecycleRow: 33,
      phase: "restore",
      vmIndex,
      detail: "luo_retrieve_file of devices, their I/O address space, the VM's descriptor",
      terms: [term("retrieveFileNs", sideFiles.fileCount)],
    },
  ];
}

function rebuildVm(config: VmConfig, vm: VmCounts, vmIndex: number): Work[] {
  const emulated = config.devices.filter(({ treatment }) => treatment === "emulated");
  const passthrough = config.devices.filter(({ treatment }) => treatment !== "emulated");
  // An address space that is preserved keeps its mappings; any other is built anew.
  const isMapped = vm.sideFiles.pageTablePages > 0 && passthrough.every(({ treatment }) => treatment === "preserved");
  const unmapped = isMapped ? 0 : passthrough.length;
  const attach: Work = {
    name: "attach-devices",
    lifecycleRow: 34,
    phase: "restore",
    vmIndex,
    detail: passthrough.map(({ kind, name, treatment }) => `${kind} ${name} (${treatment})`).join(", "),
    terms: [
      term("attachDeviceNs", passthrough.length),
      // All devices of a VM share one I/O address space, so its memory is mapped once.
      term("mapDmaFolioNs", unmapped > 0 ? vm.folioCount : 0),
      term("mapDmaPageNs", unmapped > 0 ? vm.pageCount : 0),
    ],
  };
  const rebuild: Work = {
    name: "rebuild-vm",
    lifecycleRow: 34,
    phase: "restore",
    vmIndex,
    detail: `VMM: ${config.vcpuCount} vCPUs, ${emulated.length} emulated devices; vCPUs run at its end`,
    terms: [term("restoreVmNs", 1), term("restoreVcpuNs", config.vcpuCount), term("restoreDeviceNs", emulated.length)],
  };
  return passthrough.length > 0 ? [attach, rebuild] : [rebuild];
}

/** The VMM may fill the page tables ahead: what the guest would fault in afterwards, it waits for now [VMM-02]. */
function prepopulateMemory(config: VmConfig, vmIndex: number): Work {
  const entries = splitFolios(config).map(({ order, fromFrame, toFrame }) =>
    divCeil(toFrame - fromFrame, orderPages(mappedOrder(order))),
  );
  return {
    name: "prepopulate-memory",
    lifecycleRow: 34,
    phase: "restore",
    vmIndex,
    detail: "VMM: page tables of the process and of the guest filled before the vCPUs run",
    terms: [
      term(
        "prefaultNs",
        entries.reduce((sum, count) => sum + count, 0),
      ),
    ],
  };
}

interface RestorePlace {
  readonly vmIndex: number;
  readonly earlierSessions: number;
  readonly nodeCount: number;
  readonly prepopulate: boolean;
}

function restoreVm(config: VmConfig, vm: VmCounts, place: RestorePlace): Job {
  const { vmIndex, earlierSessions, nodeCount, prepopulate } = place;
  return [
    {
      name: "retrieve-session",
      lifecycleRow: 32,
      phase: "restore",
      vmIndex,
      detail: "luo_session_retrieve",
      terms: retrieveSessionTerms(earlierSessions),
    },
    retrieveMemory(vm, vmIndex, nodeCount),
    retrieveState(vm, vmIndex, nodeCount),
    ...retrieveSideFiles(vm, vmIndex),
    ...(prepopulate ? [prepopulateMemory(config, vmIndex)] : []),
    ...rebuildVm(config, vm, vmIndex),
  ];
}

/** Rows 31 to 35: each VM runs again at the end of its own job. */
export function restoreStages(config: UpdateConfig, counts: UpdateCounts): Stage[] {
  const { vms, agent, host } = config;
  return [
    alone({
      name: "open-and-deserialize",
      lifecycleRow: 31,
      phase: "restore",
      detail: "luo_open: luo_session_deserialize, luo_file_deserialize",
      terms: deserializeTerms(counts),
    }),
    {
      workers: agent.restoreWorkers,
      // Sessions lie in the order in which they were created, and the list is walked from its beginning.
      jobs: orderVms(config).map((vm, earlier) =>
        restoreVm(vms[vm]!, counts.vms[vm]!, {
          vmIndex: vm,
          earlierSessions: earlier,
          nodeCount: host.numaNodeCount,
          prepopulate: agent.prepopulate,
        }),
      ),
    },
  ];
}

/** Row 36: the guests run already. */
export function finishStages(counts: UpdateCounts): Stage[] {
  const jobs = counts.vms.map(({ fileCount }, vmIndex): Job => [
    {
      name: "finish-session",
      lifecycleRow: 36,
      phase: "finish",
      vmIndex,
      detail: "luo_session_finish: luo_file_finish",
      terms: finishSessionTerms(fileCount),
    },
  ]);
  return [{ workers: 1, jobs }];
}
