import { errno } from "../../kernel/errno.ts";
import type { FileHandler, FileState, FlbOps, PreservedFile, SessionView } from "../../luo/file-handler.ts";
import { ControlFile } from "../../vfs/control-file.ts";
import type { FileObject } from "../../vfs/file-object.ts";

/** An I/O address space: which files its entries point at, and whether a device still hangs on it. */
export class Iommufd extends ControlFile {
  /** Files whose folios it maps for DMA. */
  readonly backing: readonly FileObject[];
  /** After retrieving: a domain that nobody has taken over yet. */
  hasUnclaimedDomain = false;

  constructor(backing: readonly FileObject[]) {
    super();
    this.backing = backing;
  }
}

/**
 * Carries I/O address spaces over: their page tables stay, so preserved devices reach the same folios [IOMMU-03].
 *
 * Freeze asks that every file it maps is preserved in the same session [IOMMU-04]; finish is refused while a restored
 * domain has not been claimed [IOMMU-05]. Errors and compatible string are assumed.
 */
export class IommufdHandler implements FileHandler {
  readonly compatible = "iommufd-v1";
  readonly flbs: readonly FlbOps[];
  readonly #pageTablePages: number;

  constructor(flbs: readonly FlbOps[], pageTablePages: number) {
    this.flbs = flbs;
    this.#pageTablePages = pageTablePages;
  }

  canPreserve(file: FileObject): boolean {
    return file instanceof Iommufd;
  }

  preserve(): number {
    return this.#pageTablePages;
  }

  unpreserve(): void {
    // The tables live on in this kernel.
  }

  freeze({ file, session }: PreservedFile): FileState | number {
    const tokens = (file as Iommufd).backing.map((backing) => session.tokenOf(backing));
    if (tokens.includes(undefined)) return errno.ENOENT;
    return { kind: "opaque", facts: { backingTokens: tokens.join(" ") }, metadataPages: this.#pageTablePages };
  }

  retrieve(state: FileState, session: SessionView): FileObject | number {
    if (state.kind !== "opaque") return errno.EINVAL;
    const tokens = String(state.facts["backingTokens"]).split(" ").filter(Boolean).map(Number);
    const files = tokens.map((token) => session.retrieve(token));
    const failed = files.find((file) => typeof file === "number");
    if (typeof failed === "number") return failed;
    const iommufd = new Iommufd(files as FileObject[]);
    iommufd.hasUnclaimedDomain = true;
    return iommufd;
  }

  canFinish(_state: FileState, retrieved: FileObject | undefined): boolean {
    return !(retrieved instanceof Iommufd && retrieved.hasUnclaimedDomain);
  }

  finish(): void {
    // The new kernel owns the tables.
  }
}
