/** Orders that one entry of a second-level page table maps: 1 GiB, 2 MiB, 4 KiB. */
const mappedOrders = [18, 9, 0] as const;

/**
 * Order of what one fault maps of a folio: the largest page of the processor's that fits it [VMM-01].
 *
 * Source   linux-7.3 arch/x86/kvm/mmu/mmu.c kvm_mmu_hugepage_adjust()
 */
export function mappedOrder(folioOrder: number): number {
  return mappedOrders.find((order) => folioOrder >= order)!;
}
