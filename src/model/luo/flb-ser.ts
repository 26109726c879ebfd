import { assert, divFloor, pageBytes } from "../../base/index.ts";
import { FieldReader, FieldWriter } from "../kho/fields.ts";
import { checkCount, faultAt, type MetadataPage } from "../kho/metadata-pages.ts";

/** Header: pages of the array, count of entries. Entry: name, data, count. linux-7.3 include/linux/kho/abi/luo.h */
const headerBytes = 16;
const nameBytes = 48;
const entryBytes = nameBytes + 16;

/** LUO_FLB_PGCNT and LUO_FLB_MAX. linux-7.3 kernel/liveupdate/luo_flb.c [LUO-13] */
const arrayPages = 1;
const maxFlbs = divFloor(arrayPages * pageBytes - headerBytes, entryBytes);

/** State shared by all files of a kind (File-Lifecycle-Bound data). */
export interface FlbSer {
  readonly compatible: string;
  /** What its owner makes of it. */
  readonly data: bigint;
  /** Files that depend on it. */
  readonly count: number;
}

/** Source: linux-7.3 kernel/liveupdate/luo_flb.c luo_flb_setup_outgoing(), luo_flb_serialize() [LUO-13] */
export function writeFlbs(page: Uint8Array, flbs: readonly FlbSer[]): void {
  assert(flbs.length <= maxFlbs, `${flbs.length} FLBs: liveupdate_register_flb() gives ENOSPC`);
  const fields = new FieldWriter(page).u52(arrayPages).u52(flbs.length);
  for (const { compatible, data, count } of flbs) fields.text(compatible, nameBytes).word(data).u52(count);
}

/** Source: linux-7.3 kernel/liveupdate/luo_flb.c luo_flb_setup_incoming(), luo_flb_retrieve_one() [LUO-13] */
export function readFlbs(page: MetadataPage): FlbSer[] {
  const fields = new FieldReader(page.bytes);
  const pages = fields.u52();
  if (pages !== arrayPages) throw faultAt(page, `it has ${pages ?? "2^52 or more"} pages; it must have ${arrayPages}`);
  const count = checkCount(page, fields.u52(), maxFlbs, "count of FLBs");
  return Array.from({ length: count }, () => {
    const compatible = fields.text(nameBytes);
    if (compatible === undefined) throw faultAt(page, "an FLB's name does not end");
    const data = fields.word();
    return { compatible, data, count: checkCount(page, fields.u52(), 2 ** 52, `FLB "${compatible}" counts files:`) };
  });
}
