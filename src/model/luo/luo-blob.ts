import { FieldReader, FieldWriter } from "../kho/fields.ts";
import { checkAddress, checkCount, faultAt, type MetadataPage } from "../kho/metadata-pages.ts";

/** Version of the layout that Linux 7.2 and 7.3 hand over. linux-7.3 include/linux/kho/abi/luo.h [LUO-10] */
export const luoCompatible = "luo-v5";
const compatibleBytes = 8;

/** struct luo_ser: compatible string, number, sessions, FLBs. */
export const luoBlobBytes = 32;

/** The root of what the Live Update Orchestrator hands over. */
export interface LuoBlob {
  readonly liveupdateNumber: number;
  /** First block of sessions; 0: there are none. */
  readonly sessionsAddress: number;
  readonly flbsAddress: number;
}

/** Source: linux-7.3 kernel/liveupdate/luo_core.c luo_state_setup(), luo_session.c luo_session_serialize() [LUO-10] */
export function writeLuoBlob(page: Uint8Array, blob: LuoBlob): void {
  new FieldWriter(page)
    .text(luoCompatible, compatibleBytes)
    .u52(blob.liveupdateNumber)
    .u52(blob.sessionsAddress)
    .u52(blob.flbsAddress);
}

/** Source: linux-7.3 kernel/liveupdate/luo_core.c luo_early_startup() [LUO-10] */
export function readLuoBlob(page: MetadataPage): LuoBlob {
  const fields = new FieldReader(page.bytes);
  const found = fields.text(compatibleBytes);
  if (found !== luoCompatible) {
    throw faultAt(page, `it is compatible with "${found ?? "a string without end"}", not with "${luoCompatible}"`);
  }
  const liveupdateNumber = checkCount(page, fields.u52(), 2 ** 52, "live update number");
  const sessions = fields.u52();
  return {
    liveupdateNumber,
    sessionsAddress: sessions === 0 ? 0 : checkAddress(page, sessions, "the first session block"),
    flbsAddress: checkAddress(page, fields.u52(), "the FLB array"),
  };
}
