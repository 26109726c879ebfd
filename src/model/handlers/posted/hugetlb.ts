import type { FlbOps } from "../../luo/file-handler.ts";
import { sizeMemfd, sumMemfdPages } from "../memfd.ts";

/** Counters of preserved pages by size, so that the next boot leaves them out of its pool. Posted: RFC, 2025-12 [HUGE-01] */
const poolPages = 1;

export class HugetlbFlb implements FlbOps {
  readonly compatible = "hugetlb-v1";

  preserve(): number {
    return poolPages;
  }
}

/** A hugetlb memfd notes its folios as a memfd does: 16 bytes each [HUGE-01]. */
export function sizeHugetlbFile(fileBytes: number, hugePageBytes: number): number {
  return sumMemfdPages(sizeMemfd({ fileBytes, folioCount: Math.ceil(fileBytes / hugePageBytes) }));
}
