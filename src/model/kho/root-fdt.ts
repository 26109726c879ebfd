import { assert, FormatError, pageBytes } from "../../base/index.ts";
import {
  addProperty,
  addSubnode,
  buildFdt,
  createFdt,
  type FdtNode,
  type FdtProperty,
  parseFdt,
  startsFdt,
} from "./fdt.ts";
import { decodeText, FieldReader, FieldWriter } from "./fields.ts";

/** Version of the layout that Linux 7.2 and 7.3 hand over. linux-7.3 include/linux/kho/abi/kexec_handover.h [KHO-10] */
export const khoCompatible = "kho-v4";

/** Releases that wrote older layouts, to name them in the refusal. */
const olderReleases: Readonly<Record<string, string>> = {
  "kho-v1": "Linux 6.16 to 7.0",
  "kho-v2": "a development kernel before Linux 7.1",
  "kho-v3": "Linux 7.1",
};

/** Where a subsystem's blob lies. */
export interface SubtreeRef {
  readonly name: string;
  readonly address: number;
  readonly sizeBytes: number;
}

/** The root of a handover: the tracker of preserved memory, and one subtree a subsystem. */
export interface RootFdt {
  readonly trackerAddress: number;
  /** In the order of the blob: the one that was added last comes first. */
  readonly subtrees: readonly SubtreeRef[];
}

/** Addresses and sizes are words of the machine, unlike all else in a device tree. */
function wordProperty(name: string, value: number): FdtProperty {
  const bytes = new Uint8Array(8);
  new FieldWriter(bytes).u52(value);
  return { name, value: bytes };
}

/**
 * Builds the root FDT as the kernel does: the root by the sequential writer at boot, then each subtree in front of
 * those before it, its size in front of its address [KHO-11].
 *
 * Source   linux-7.3 kexec_handover.c kho_out_fdt_setup(), kho_add_subtree()
 */
export function buildRootFdt({ trackerAddress, subtrees }: RootFdt): Uint8Array {
  const tree = createFdt([
    { name: "compatible", value: new TextEncoder().encode(`${khoCompatible}\0`) },
    wordProperty("preserved-memory-map", trackerAddress),
  ]);
  for (const { name, address, sizeBytes } of [...subtrees].reverse()) {
    const node = addSubnode(tree.root, name);
    addProperty(tree, node, wordProperty("preserved-data", address));
    addProperty(tree, node, wordProperty("blob-size", sizeBytes));
  }
  const bytes = buildFdt(tree);
  assert(bytes.length <= pageBytes, "the root FDT is one page: kho_add_subtree() gives ENOMEM");
  return bytes;
}

function findProperty(node: FdtNode, name: string): Uint8Array {
  const found = node.properties.filter((property) => property.name === name);
  const where = node.name === "" ? "the root" : `subtree "${node.name}"`;
  if (found.length !== 1) {
    throw new FormatError(`root FDT: ${where} has property ${name} ${found.length} times; it must have it once`);
  }
  return found[0]!.value;
}

function readWord(node: FdtNode, name: string): number {
  const bytes = findProperty(node, name);
  const value = bytes.length === 8 ? new FieldReader(bytes).u52() : undefined;
  if (value === undefined) throw new FormatError(`root FDT: property ${name} is no address and no size`);
  return value;
}

function checkCompatible(root: FdtNode): void {
  const bytes = findProperty(root, "compatible");
  const found = decodeText(bytes.at(-1) === 0 ? bytes.subarray(0, -1) : bytes);
  if (found === khoCompatible) return;
  const release = olderReleases[found];
  throw new FormatError(
    `root FDT: it is compatible with "${found}"${release === undefined ? "" : ` (${release})`}, not with "${khoCompatible}"`,
    { hint: `only ${khoCompatible} (Linux 7.2 and 7.3) can be read: take the image from such a kernel` },
  );
}

/** Parses the root FDT; what lies behind its end is left alone. Errors: FormatError. */
export function parseRootFdt(bytes: Uint8Array): RootFdt {
  const { root } = parseFdt(bytes);
  checkCompatible(root);
  const names = new Set<string>();
  const subtrees = root.children.map((node) => {
    if (names.has(node.name)) throw new FormatError(`root FDT: subtree "${node.name}" is there twice`);
    names.add(node.name);
    return { name: node.name, address: readWord(node, "preserved-data"), sizeBytes: readWord(node, "blob-size") };
  });
  return { trackerAddress: readWord(root, "preserved-memory-map"), subtrees };
}

/** True for a page where the root FDT of some kernel may begin, whatever its version; `parseRootFdt` says more. */
export function looksLikeRootFdt(page: Uint8Array): boolean {
  if (!startsFdt(page)) return false;
  const stem = new TextEncoder().encode("kho-v");
  const last = page.length - stem.length;
  for (let at = page.indexOf(stem[0]!); at >= 0 && at <= last; at = page.indexOf(stem[0]!, at + 1)) {
    if (stem.every((byte, offset) => page[at + offset] === byte)) return true;
  }
  return false;
}
