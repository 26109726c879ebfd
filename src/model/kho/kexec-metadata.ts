import { FieldReader, FieldWriter } from "./fields.ts";
import { faultAt, type MetadataPage } from "./metadata-pages.ts";

/** struct kho_kexec_metadata: version, release with its NUL, count. linux-7.3 include/linux/kho/abi/kexec_metadata.h */
export const kexecMetadataBytes = 73;
const version = 1;
const releaseBytes = 65;

/** Which kernel hands over, and after how many kexec boots. */
export interface KexecMetadata {
  /** Release of the old kernel, `uname -r`: at most 64 bytes. */
  readonly previousRelease: string;
  /** Kexec boots since the last cold boot, with the one that is about to come: from 1 on. */
  readonly kexecCount: number;
}

/** Source: linux-7.3 kexec_handover.c kho_out_kexec_metadata() [KHO-16] */
export function writeKexecMetadata(page: Uint8Array, { previousRelease, kexecCount }: KexecMetadata): void {
  new FieldWriter(page).u32(version).text(previousRelease, releaseBytes).u32(kexecCount);
}

/** Source: linux-7.3 kexec_handover.c kho_in_kexec_metadata() [KHO-16] */
export function readKexecMetadata(page: MetadataPage): KexecMetadata {
  const fields = new FieldReader(page.bytes);
  const found = fields.u32();
  if (found !== version) throw faultAt(page, `version ${found}; it must be ${version}`);
  const previousRelease = fields.text(releaseBytes);
  if (previousRelease === undefined) throw faultAt(page, "the release does not end");
  return { previousRelease, kexecCount: fields.u32() };
}
