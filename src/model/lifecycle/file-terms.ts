import { type CostTerm, term } from "./work.ts";

/** What preserving and retrieving one memfd takes, in counts. */
export interface FileCounts {
  readonly folioCount: number;
  readonly pageCount: number;
  /** Order-0 keys beside its folios: descriptor, array, chunks. */
  readonly metadataPages: number;
  readonly holeFolioCount: number;
  readonly holePageCount: number;
  readonly migratedFolioCount: number;
  readonly migratedPageCount: number;
  /** Those of the migrated pages that found no place in the zone they came from [MEMFD-15]. */
  readonly spilledPageCount: number;
}

/** Source: linux-7.3 luo_session.c luo_session_create(), luo_session_insert() */
export function createSessionTerms(earlierSessions: number): CostTerm[] {
  return [term("createSessionNs", 1), term("createSessionScanNs", earlierSessions)];
}

/**
 * One PRESERVE_FD of a memfd. When a single folio has to move, pinning starts over and takes every folio again [MEMFD-13].
 *
 * Source   linux-7.3 luo_file.c luo_preserve_file(); mm/memfd_luo.c; mm/gup.c memfd_pin_folios()
 */
export function preserveFileTerms(file: FileCounts, earlierFiles: number): CostTerm[] {
  return [
    term("preserveFileNs", 1),
    term("preserveFileScanNs", earlierFiles),
    term("preserveFolioNs", file.folioCount),
    term("preservePageNs", file.pageCount),
    term("addKeyNs", file.folioCount + file.metadataPages),
    term("allocFolioNs", file.holeFolioCount),
    term("zeroPageNs", file.holePageCount),
    term("repinFolioNs", file.migratedFolioCount > 0 ? file.folioCount : 0),
    term("migrateFolioNs", file.migratedFolioCount),
    term("migratePageNs", file.migratedPageCount),
    term("spillPageNs", file.spilledPageCount),
  ];
}

/** The first open in the new kernel. Source: linux-7.3 luo_session.c luo_session_deserialize(): every name is compared */
export function deserializeTerms({ sessionCount, fileCount }: { sessionCount: number; fileCount: number }): CostTerm[] {
  return [
    term("deserializeOpenNs", 1),
    term("deserializeSessionNs", sessionCount),
    term("deserializeScanNs", (sessionCount * (sessionCount - 1)) / 2),
    term("deserializeFileNs", fileCount),
  ];
}

/** Source: linux-7.3 luo_session.c luo_session_retrieve(): the list is walked from its beginning */
export function retrieveSessionTerms(earlierSessions: number): CostTerm[] {
  return [term("retrieveSessionNs", 1), term("retrieveSessionScanNs", earlierSessions)];
}

/**
 * One RETRIEVE_FD of a memfd. Each folio costs more with each node [MEMFD-14]: it changes its zone's count of pages, on
 * which the reserves of all zones of all nodes depend. That is inferred; recordings numa-* show the cost.
 *
 * Source   linux-7.3 mm/memfd_luo.c memfd_luo_retrieve_folios(); kexec_handover.c kho_restore_page(); mm/page_alloc.c
 *          adjust_managed_page_count()
 */
export function retrieveFileTerms(
  { folioCount, pageCount }: Pick<FileCounts, "folioCount" | "pageCount">,
  nodeCount: number,
): CostTerm[] {
  return [
    term("retrieveFileNs", 1),
    term("retrieveFolioNs", folioCount),
    term("retrievePageNs", pageCount),
    term("retrieveNodeNs", folioCount * (nodeCount - 1)),
  ];
}

export function finishSessionTerms(fileCount: number): CostTerm[] {
  return [term("finishSessionNs", 1), term("finishFileNs", fileCount)];
}
