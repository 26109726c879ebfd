import type { ErrnoName } from "./errno.ts";

/** How sure a row of the version table is. */
export type Evidence = "recorded" | "source" | "assumed";

/** Where session and file entries live until the next kernel reads them. */
export type EntryStoreFeature =
  | { readonly kind: "blocks"; readonly entriesPerBlock: number; readonly maxBlocks: number }
  | {
      readonly kind: "array";
      readonly pages: number;
      readonly maxEntries: number;
      readonly overflow: ErrnoName;
      /** Allocated when the kernel boots; otherwise with the first entry. */
      readonly preallocated: boolean;
    };

/** What notes the preserved memory. */
export type TrackerFeature =
  | { readonly kind: "radix" }
  | { readonly kind: "bitmaps"; readonly bitmapBytes: 512 | 4096 };

/** What a kernel's live update does and does not do; one row of the version table. */
export interface KernelFeatures {
  readonly version: string;
  readonly evidence: Evidence;
  /** Compatible strings that are handed over; the next kernel's must be equal. Undefined: the kernel has no such part. */
  readonly kho: string;
  readonly luo: string | undefined;
  readonly handlers: readonly string[];
  readonly tracker: TrackerFeature;
  readonly sessions: EntryStoreFeature;
  readonly files: EntryStoreFeature;
  /** Pages that LUO and KHO keep whatever is preserved. */
  readonly fixedPages: number;
  /** The old kernel turns its tracker into lists before the jump. */
  readonly finalizes: boolean;
  /** kexec_file_load() and purgatory hash the image also when KHO is on. */
  readonly hashesImage: boolean;
  /** Blocks of 1 GiB without preserved memory serve early allocations. */
  readonly extendsScratch: boolean;
  /** CONFIG_DEFERRED_STRUCT_PAGE_INIT may be set together with KHO. */
  readonly allowsDeferredInit: boolean;
  readonly scratch: {
    readonly alignBytes: number;
    /** Sizes given on the command line are rounded up as well. */
    readonly roundsExplicit: boolean;
    /** Memory of gigantic pages is not multiplied by the percentage. */
    readonly subtractsHugetlb: boolean;
  };
  readonly hasGetName: boolean;
  /** Empty and unterminated session names are refused. */
  readonly checksNames: boolean;
  /** A file whose inode is preserved already is refused. */
  readonly refusesSameInode: boolean;
  /** KHO stays on in a crash kernel. */
  readonly keepsKhoInKdump: boolean;
}
