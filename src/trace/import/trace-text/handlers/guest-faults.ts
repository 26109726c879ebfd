/**
 * Guest memory that KVM backs when the guest first touches it, from `kvm_page_fault` (arch/x86/kvm/trace.h):
 * `vcpu 0 rip 0x1000 address 0x0000000000001000 error_code 0x100000014`, in kernels before 6.1 `address 1000 error_code 14`.
 *
 * A fault that turns out to be MMIO is followed by `kvm_mmio` before the vCPU enters again. Faults on pages that were
 * there, as after a reading of the dirty log, are left out by counting a frame's first fault alone. Which of several VMs
 * faults is not in the event: all are taken as one.
 */
import { mibBytes, pageBytes, roundUp } from "../../../../base/index.ts";
import { PageSet } from "../../../page-set.ts";
import { pagePopulationTable } from "../../../schema/trace-tables.ts";
import type { TableWriter } from "../../../write.ts";
import type { VmToSettle } from "../../catalogue.ts";
import type { ImportContext } from "../../importer.ts";
import type { EventFields } from "../event-fields.ts";

const leastGuestBytes = 64 * mibBytes;
const maxGfn = 2 ** 32 - 2;
const maxVcpus = 65_535;
/** Threads whose fault may yet turn out to be MMIO; beyond it the oldest counts as memory. */
const maxPending = 65_536;

export class GuestFaults {
  readonly #context: ImportContext;
  readonly #table: TableWriter;
  readonly #seen = new PageSet();
  readonly #pending = new Map<number, { readonly timeNs: number; readonly gfn: number }>();
  #vm: VmToSettle | undefined;
  #maxGfn = 0;
  #vcpuCount = 1;

  constructor(context: ImportContext) {
    this.#context = context;
    this.#table = context.writer.table(pagePopulationTable, { sort: true });
  }

  fault(fields: EventFields): boolean {
    if ((fields.find("vcpu ") || fields.find("vcpu_id=")) && fields.whole() && fields.value < maxVcpus) {
      this.#vcpuCount = Math.max(this.#vcpuCount, fields.value + 1);
    }
    if (!(fields.find("address ") || fields.find("fault_address=")) || !fields.hexPage()) return false;
    const gfn = fields.value;
    if (gfn > maxGfn) return false;
    this.settle(fields);
    this.#pending.set(fields.taskIndex, { timeNs: fields.timeNs, gfn });
    if (this.#pending.size > maxPending) this.#settleTask(this.#pending.keys().next().value!);
    return true;
  }

  /** The vCPU goes on: what it faulted on is memory. */
  settle(fields: EventFields): boolean {
    this.#settleTask(fields.taskIndex);
    return true;
  }

  /** The vCPU's fault was for a device. */
  mmio(fields: EventFields): boolean {
    this.#pending.delete(fields.taskIndex);
    return true;
  }

  #settleTask(taskIndex: number): void {
    const fault = this.#pending.get(taskIndex);
    if (!fault) return;
    this.#pending.delete(taskIndex);
    const { timeNs, gfn } = fault;
    this.#seen.add(gfn, 1, () => this.#populate(timeNs, gfn));
  }

  #populate(timeNs: number, gfn: number): void {
    this.#vm ??= this.#context.catalogue.vmOfUnknownSize("guest");
    this.#maxGfn = Math.max(this.#maxGfn, gfn);
    this.#table.push({ time_ns: timeNs, vm_index: this.#vm.vmIndex, start_gfn: gfn, page_count: 1, order: null });
  }

  end(): void {
    for (const taskIndex of this.#pending.keys()) this.#settleTask(taskIndex);
    if (!this.#vm) return;
    const { warnings } = this.#context;
    this.#vm.settle(roundUp((this.#maxGfn + 1) * pageBytes, leastGuestBytes), this.#vcpuCount);
    const assumed = "the least multiple of 64 MiB that holds every frame that a guest faulted on";
    warnings.add("guest-size-assumed", 1, assumed);
    const detail =
      "frames at their first fault within the recording: those that were backed before it are missing, and a fault may back more than its own frame";
    warnings.add("population-from-faults", this.#table.rows, detail);
  }
}
