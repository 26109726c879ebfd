/** Nodes of the root FDT that every kernel of 7.2 and 7.3 may write.
 * Source: linux-7.3 include/linux/kho/abi/luo.h, kexec_metadata.h */
export const subtreeNames = { luo: "LUO", kexecMetadata: "kexec-metadata" } as const;
