import { FormatError, InterruptedError, mibBytes, pageBytes } from "../base/index.ts";
import { formatAddress, type HandoverImage, inspectHandover, type ReadHandover } from "../model/index.ts";
import { findRootFdts } from "./find-root-fdt.ts";
import type { MemoryImage } from "./open-image.ts";

/** Preserved pages of unknown use that are looked at for a copy of the FDT. */
const maxCandidates = 65_536;

/** Root FDTs that are read: each costs a walk of its tracker, and a kernel has its own, its predecessor's and torn ones. */
const maxTrees = 16;

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
  // Read twice rather than kept twice: a handover of millions of runs takes a good part of this process's memory.
  const fdtAddress = fdt.length <= pageBytes ? findCopy(read(), image, fdt) : undefined;
  const notes = fdtAddress === undefined ? ["the device tree's own page is not in the image"] : [];
  return { ...read(fdtAddress), fdtAddress, notes };
}

type FoundAt = ReadHandover & { readonly fdtAddress: number };

function readAt(image: MemoryImage, fdtAddress: number): FoundAt | FormatError {
  const candidate: HandoverImage = { fdt: image.page(fdtAddress)!, fdtAddress, memory: image };
  try {
    return { ...inFile(image.path, () => inspectHandover(candidate)), fdtAddress };
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    return error;
  }
}

/** The readable handover of the latest kexec, the first of equals; one at a time, and never more than two are kept. */
async function readLatest(image: MemoryImage, addresses: readonly number[], signal: AbortSignal): Promise<FoundAt> {
  const kexecs = ({ handover }: ReadHandover): number => handover.kexec?.kexecCount ?? 0;
  let best: FoundAt | undefined;
  let firstError: FormatError | undefined;
  for (const address of addresses) {
    if (signal.aborted) throw new InterruptedError();
    const found = readAt(image, address);
    if (found instanceof FormatError) firstError ??= found;
    else if (!best || kexecs(found) > kexecs(best)) best = found;
    await new Promise(setImmediate);
  }
  if (best) return best;
  throw firstError!;
}

/**
 * Finds the root FDT in the image and reads its handover. A kernel that was itself handed something keeps that tree
 * beside its own, so of several the one of the latest kexec is taken.
 *
 * Errors   FormatError when there is none, or none that can be read: then the first one's reason; InterruptedError after
 *          an abort
 */
export async function readFromImage(image: MemoryImage, signal: AbortSignal): Promise<FoundHandover> {
  const addresses = await findRootFdts(image, signal);
  if (addresses.length === 0) {
    const megabytes = image.segments.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / mibBytes;
    throw new FormatError(`${image.path}: no root FDT of a handover in ${Math.floor(megabytes)} MiB (${image.kind})`, {
      hint: "the kernel must run with kho=on; give the tree with --fdt if its page is not in the image",
    });
  }
  const best = await readLatest(image, addresses.slice(0, maxTrees), signal);
  const at = formatAddress(best.fdtAddress);
  const others = addresses.filter((address) => address !== best.fdtAddress).map(formatAddress);
  const notes = [`root FDT found at ${at}`];
  if (others.length > 0) notes.push(`passed over: root FDTs at ${others.slice(0, 8).join(", ")}, older or torn`);
  if (addresses.length > maxTrees) notes.push(`only the first ${maxTrees} of ${addresses.length} root FDTs were read`);
  return { ...best, notes };
}
