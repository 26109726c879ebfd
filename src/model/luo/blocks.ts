import { divCeil } from "../../base/index.ts";

/** Entries of one 4 KiB block behind its 16-byte header: sessions of 80 bytes, files of 64. [LUO-01] [LUO-02]
 * Source: linux-7.3 include/linux/kho/abi/luo.h, kernel/liveupdate/kho_block.c */
const sessionsPerBlock = 51;
const filesPerBlock = 63;

/** KHO_MAX_BLOCKS: a longer chain is refused with ENOSPC. linux-7.3 kho_block.c [LUO-03] */
const maxBlocks = 10_000;
export const maxSessions: number = maxBlocks * sessionsPerBlock;

/** Pages that are there whatever is preserved: root FDT, kexec metadata, LUO blob, FLB array. [LUO-04] */
export const fixedPages = 4;

export function sessionBlocks(sessions: number): number {
  return divCeil(sessions, sessionsPerBlock);
}

/** Blocks of one session's files. */
export function fileBlocks(files: number): number {
  return divCeil(files, filesPerBlock);
}
