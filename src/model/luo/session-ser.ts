import { type BlockLayout, entriesPerBlock, maxBlocks } from "../kho/block-chain.ts";
import type { FieldReader, FieldWriter } from "../kho/fields.ts";
import { checkAddress, checkCount, faultAt, type MetadataPage } from "../kho/metadata-pages.ts";
import { fileLayout } from "./file-ser.ts";

/** LIVEUPDATE_SESSION_NAME_LENGTH, with the NUL. linux-7.3 include/uapi/linux/liveupdate.h */
export const nameBytes = 64;

/** struct luo_session_ser: name, address of the first block of files, their count. [LUO-01] [LUO-11] */
export const sessionLayout: BlockLayout = { kind: "session-block", entryBytes: nameBytes + 16 };

/** More files than fit the longest chain cannot be counted [LUO-03]. */
const maxFiles = maxBlocks * entriesPerBlock(fileLayout);

/** A session as its entry has it. */
export interface SessionSer {
  readonly name: string;
  /** First block of files; 0: there are none. */
  readonly filesAddress: number;
  readonly fileCount: number;
}

/** Source: linux-7.3 kernel/liveupdate/luo_session.c luo_session_serialize(), luo_file.c luo_file_freeze() [LUO-11] */
export function writeSession(fields: FieldWriter, { name, filesAddress, fileCount }: SessionSer): void {
  fields.text(name, nameBytes).u52(filesAddress).u52(fileCount);
}

/** Source: linux-7.3 kernel/liveupdate/luo_session.c luo_session_deserialize_one() [LUO-11] */
export function readSession(fields: FieldReader, page: MetadataPage): SessionSer {
  const name = fields.text(nameBytes);
  if (name === undefined) throw faultAt(page, "a session's name does not end");
  const files = fields.u52();
  const fileCount = checkCount(page, fields.u52(), maxFiles, `session "${name}" counts files:`);
  const filesAddress = files === 0 ? 0 : checkAddress(page, files, `the first file block of session "${name}"`);
  return { name, filesAddress, fileCount };
}
