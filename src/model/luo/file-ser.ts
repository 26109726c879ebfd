import type { BlockLayout } from "../kho/block-chain.ts";
import type { FieldReader, FieldWriter } from "../kho/fields.ts";
import { faultAt, type MetadataPage } from "../kho/metadata-pages.ts";

/** LIVEUPDATE_HNDL_COMPAT_LENGTH, with the NUL. linux-7.3 include/linux/kho/abi/luo.h */
const compatibleBytes = 48;

/** struct luo_file_ser: the handler's compatible string, its data, the user's token. [LUO-02] [LUO-12] */
export const fileLayout: BlockLayout = { kind: "file-block", entryBytes: compatibleBytes + 16 };

/** A preserved file as its entry has it. */
export interface FileSer {
  readonly compatible: string;
  /** What the handler makes of it; mostly an address. */
  readonly data: bigint;
  readonly token: bigint;
}

/** Source: linux-7.3 kernel/liveupdate/luo_file.c luo_file_freeze() [LUO-12] */
export function writeFile(fields: FieldWriter, { compatible, data, token }: FileSer): void {
  fields.text(compatible, compatibleBytes).word(data).word(token);
}

/** Source: linux-7.3 kernel/liveupdate/luo_file.c luo_file_deserialize_one() [LUO-12] */
export function readFile(fields: FieldReader, page: MetadataPage): FileSer {
  const compatible = fields.text(compatibleBytes);
  if (compatible === undefined) throw faultAt(page, "a file handler's compatible string does not end");
  return { compatible, data: fields.word(), token: fields.word() };
}
