import { FaultLayout } from "../impact/index.ts";
import { mappedOrder, splitFolios } from "../model/index.ts";
import type { ResolvedScenario } from "./scenario/resolve.ts";

/** VMs of a scenario that are copies of each other: they share a VM of the trace and how memory is mapped. */
export interface VmClass {
  readonly traceVmIndex: number;
  readonly vmIndexes: readonly number[];
  readonly vcpuCount: number;
  readonly layout: FaultLayout;
}

/** The classes in the order of their first VM. */
export function listVmClasses({ vms }: Pick<ResolvedScenario, "vms">): VmClass[] {
  const classes = new Map<unknown, { readonly vmIndexes: number[] } & VmClass>();
  for (const [index, { config, traceVmIndex }] of vms.entries()) {
    // Copies are made from one entry of the scenario, and share its list of folios.
    const known = classes.get(config.folios);
    if (known) {
      known.vmIndexes.push(index);
      continue;
    }
    const groups = splitFolios(config).map((group) => ({ ...group, order: mappedOrder(group.order) }));
    const layout = new FaultLayout(groups);
    classes.set(config.folios, { traceVmIndex, vmIndexes: [index], vcpuCount: config.vcpuCount, layout });
  }
  return [...classes.values()];
}
