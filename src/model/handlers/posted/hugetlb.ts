/**
 * Counters of preserved huge pages by size, so that the next boot leaves them out of its pool: one page while any hugetlb
 * file is preserved. The file itself is noted as a memfd is, 16 bytes a folio [HUGE-01].
 *
 * Source   posted: hugetlb RFC, 2025-12, file-lifecycle-bound state "hugetlb-v1"
 */
export const hugetlbPoolPages = 1;
