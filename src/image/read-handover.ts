import { FormatError, mibBytes, pageBytes } from "../base/index.ts";
import { formatAddress, type HandoverImage, inspectHandover, type ReadHandover } from "../model/index.ts";
import { findRootFdts } from "./find-root-fdt.ts";
import type { MemoryImage } from "./open-image.ts";

/** Preserved pages of unknown use that are looked at for a copy of the FDT. */
const maxCandidates = 65_536;

/** A handover with where it was found and what people should know about that. */
export interface FoundHandover extends ReadHandover {
  readonly fdtAddress: number | undefined;
  readonly notes: readonly string[];
}

/** An error of the model says where in memory; this adds in which file. */
function inFile<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const hint = error.hint ?? "the image must be taken after the reboot call, and before the next kernel frees pages";
    throw new FormatError(`${path}: ${error.message}`, { cause: error, hint });
  }
}

/** The preserved page that holds these very bytes: the FDT that was given as a file. */
function findCopy({ handover }: ReadHandover, image: MemoryImage, fdt: Uint8Array): number | undefined {
  const isCopy = (address: number): boolean => {
    const page = image.page(address);
    return page !== undefined && fdt.every((byte, offset) => page[offset] === byte);
  };
  let left = maxCandidates;
  for (const { first, count } of handover.otherKeys.filter(({ order }) => order === 0)) {
    const end = first + Math.min(count, left);
    for (let block = first; block < end; block++) if (isCopy(block * pageBytes)) return block * pageBytes;
    left -= end - first;
  }
  return undefined;
}

/** Reads the handover whose root FDT was saved as a file of its own. */
export function readWithFdt(image: MemoryImage, { fdt, path }: { fdt: Uint8Array; path: string }): FoundHandover {
  const read = (fdtAddress?: number): ReadHandover =>
    inFile(path, () => inspectHandover({ fdt, fdtAddress, memory: image }));
  const found = read();
  const fdtAddress = fdt.length <= pageBytes ? findCopy(found, image, fdt) : undefined;
  if (fdtAddress === undefined)
    return { ...found, fdtAddress, notes: ["the device tree's own page is not in the image"] };
  return { ...read(fdtAddress), fdtAddress, notes: [] };
}

interface Candidate {
  readonly image: HandoverImage & { readonly fdtAddress: number };
  readonly found?: ReadHandover;
  readonly error?: unknown;
}

function tryAt(image: MemoryImage, fdtAddress: number): Candidate {
  const candidate = { fdt: image.page(fdtAddress)!, fdtAddress, memory: image };
  try {
    return { image: candidate, found: inFile(image.path, () => inspectHandover(candidate)) };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return { image: candidate, error };
  }
}

/**
 * Finds the root FDT in the image and reads its handover. A kernel that was itself handed something keeps that tree
 * beside its own, so of several the one of the latest kexec is taken.
 *
 * Errors   FormatError when there is none, or none that can be read: then the first one's reason
 */
export async function readFromImage(image: MemoryImage, signal: AbortSignal): Promise<FoundHandover> {
  const addresses = await findRootFdts(image, signal);
  if (addresses.length === 0) {
    const megabytes = image.segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / mibBytes;
    throw new FormatError(`${image.path}: no root FDT of a handover in ${Math.floor(megabytes)} MiB (${image.kind})`, {
      hint: "the kernel must run with kho=on; give the tree with --fdt if its page is not in the image",
    });
  }
  const candidates = addresses.map((address) => tryAt(image, address));
  const readable = candidates.filter((candidate) => candidate.found !== undefined);
  const kexecs = ({ found }: Candidate): number => found?.handover.kexec?.kexecCount ?? 0;
  const [best] = readable.sort((left, right) => kexecs(right) - kexecs(left));
  if (!best?.found) throw candidates[0]!.error;
  const at = formatAddress(best.image.fdtAddress);
  const others = addresses.filter((address) => address !== best.image.fdtAddress).map(formatAddress);
  const notes = [`root FDT found at ${at}`];
  if (others.length > 0) notes.push(`passed over: root FDTs at ${others.slice(0, 8).join(", ")}, older or torn`);
  return { ...best.found, fdtAddress: best.image.fdtAddress, notes };
}
