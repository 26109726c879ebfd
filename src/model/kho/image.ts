import { bytesToPagesCeil, divCeil, pageBytes } from "../../base/index.ts";
import type { HostConfig } from "../config.ts";
import { type ScratchAreas } from "./scratch.ts";

/** Entries of one indirection page: 512 less the link to the next. linux-7.3 kexec_core.c kimage_add_entry() */
const entriesPerPage = 511;

/** Bytes of struct kho_scratch, one a region. linux-7.3 include/linux/kho/abi/kexec_handover.h */
const scratchDescriptorBytes = 16;

/**
 * Purgatory, and boot_params with command line, EFI map and setup_data; then control and swap page and the identity
 * tables. Their sum of 15 is measured, by MemFree before and after kexec_file_load() of 7.3.4; how it divides is not.
 */
const smallSegmentPages = 7;
const controlPages = 8;

/** Memory that a loaded kexec image takes, and the part of it that is copied at the jump. */
export interface KexecImage {
  /** Pages that the jump copies: with KHO every segment's destination lies in scratch, so all of them [KHO-07]. */
  readonly copiedPages: number;
  readonly imageBytes: number;
}

/** Source: linux-7.3 kexec_file.c, kexec_core.c kimage_load_segment(), kexec_handover.c kho_fill_kimage() */
export function sizeKexecImage(
  host: Pick<HostConfig, "kernelInitBytes" | "initrdBytes">,
  areas: ScratchAreas,
): KexecImage {
  const regions = 2 + areas.nodeBytes.length;
  const segmentPages =
    bytesToPagesCeil(host.kernelInitBytes) +
    bytesToPagesCeil(host.initrdBytes) +
    bytesToPagesCeil(regions * scratchDescriptorBytes) +
    smallSegmentPages;
  const indirectionPages = divCeil(segmentPages, entriesPerPage);
  return { copiedPages: segmentPages, imageBytes: (segmentPages + indirectionPages + controlPages) * pageBytes };
}
