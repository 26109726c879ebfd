import type { BootFacts, ScratchConfig } from "../model/index.ts";

const suffixFactors: Readonly<Record<string, number>> = Object.fromEntries(
  ["", "k", "m", "g", "t", "p", "e"].map((suffix, power) => [suffix, 1024 ** power]),
);

/** A number as the kernel reads it, and the text behind it: decimal, 0x or octal, with K, M, G … linux-7.3 memparse() */
function parseSize(text: string): { value: number; rest: string } | undefined {
  const match = /^(0x[0-9a-f]+|\d+)([kmgtpe]?)(.*)$/is.exec(text);
  if (!match) return undefined;
  const [, digits, suffix, rest] = match as unknown as [string, string, string, string];
  const isOctal = /^0[0-7]+$/.test(digits);
  const value = isOctal ? Number.parseInt(digits, 8) : Number(digits);
  return { value: value * suffixFactors[suffix.toLowerCase()]!, rest };
}

/** Values that an argument was given, in order. */
function argumentsOf(commandLine: string, name: string): readonly string[] {
  return commandLine
    .split(/\s+/)
    .filter((word) => word.startsWith(`${name}=`))
    .map((word) => word.slice(name.length + 1));
}

/** The lab's own argument; like the lab, the first that fits. */
export function labNumber(commandLine: string, name: string): number | undefined {
  const [text] = argumentsOf(commandLine, `lab.${name}`);
  const digits = text === undefined ? undefined : /^\d{1,9}/.exec(text)?.[0];
  return digits === undefined ? undefined : Number(digits);
}

function parseScratchArgument(text: string): ScratchConfig | undefined {
  const percent = /^(\d{1,10})%$/.exec(text)?.[1];
  if (percent !== undefined) return { kind: "percent", percent: Number(percent) };
  const sizes: number[] = [];
  for (let rest = text; ;) {
    const size = parseSize(rest);
    if (!size) return undefined;
    sizes.push(size.value);
    if (sizes.length === 3) {
      rest = size.rest;
      if (rest !== "" || sizes.every((bytes) => bytes === 0)) return undefined;
      break;
    }
    if (!size.rest.startsWith(",")) return undefined;
    rest = size.rest.slice(1);
  }
  const [lowmemBytes, globalBytes, nodeBytes] = sizes as [number, number, number];
  return { kind: "fixed", lowmemBytes, globalBytes, nodeBytes };
}

/**
 * The scratch that a command line asks for: the last kho_scratch= that is well formed, 200 % without one.
 *
 * Source   linux-7.3 kexec_handover.c kho_parse_scratch_size() [KHO-06]
 */
export function parseScratch(commandLine: string): ScratchConfig {
  const wanted = argumentsOf(commandLine, "kho_scratch")
    .map(parseScratchArgument)
    .filter((scratch) => scratch !== undefined);
  return wanted.at(-1) ?? { kind: "percent", percent: 200 };
}

/** Most regions, and longest name with its end. linux-7.3 mm/memblock.c RESERVE_MEM_MAX_ENTRIES, RESERVE_MEM_NAME_SIZE */
const maxRegions = 8;
const maxNameChars = 15;

/**
 * Regions that reserve_mem= asks for and gets.
 *
 * Source   linux-7.3 mm/memblock.c reserve_mem() [KHO-09]
 */
export function parseReserveMem(commandLine: string): { readonly bytes: number; readonly alignBytes: number }[] {
  const names = new Set<string>();
  const regions: { bytes: number; alignBytes: number }[] = [];
  for (const text of argumentsOf(commandLine, "reserve_mem")) {
    const size = parseSize(text);
    const align = size?.rest.startsWith(":") ? parseSize(size.rest.slice(1)) : undefined;
    if (!size || !align?.rest.startsWith(":") || size.value === 0) continue;
    const name = align.rest.slice(1);
    if (name === "" || name.length > maxNameChars || names.has(name) || regions.length === maxRegions) continue;
    names.add(name);
    regions.push({ bytes: size.value, alignBytes: align.value });
  }
  return regions;
}

/** Slots of 2 KiB. linux-7.3 include/linux/swiotlb.h IO_TLB_SHIFT */
const bounceSlotBytes = 2048;
const gibText = 1024 ** 3;

/** What a command line tells of memory that the boot takes for itself. */
export function parseBootArguments(
  commandLine: string,
): Pick<BootFacts, "reserveMem" | "giganticPages" | "bounceBytes"> & { readonly randomised: boolean } {
  const bounce = argumentsOf(commandLine, "swiotlb").at(-1);
  const slots = bounce === undefined ? undefined : Number(/^\d+/.exec(bounce)?.[0]);
  const bounceBytes = bounce?.includes("noforce") ? 0 : (slots ?? Number.NaN) * bounceSlotBytes;
  const hugeSize = parseSize(argumentsOf(commandLine, "hugepagesz").at(-1) ?? "")?.value;
  const hugeCount = Number(argumentsOf(commandLine, "hugepages").at(-1));
  return {
    reserveMem: parseReserveMem(commandLine),
    // Smaller ones come from the buddy allocator, later.
    ...(hugeSize === gibText && hugeCount > 0 ? { giganticPages: { bytes: hugeSize, count: hugeCount } } : {}),
    ...(Number.isFinite(bounceBytes) ? { bounceBytes } : {}),
    randomised: !commandLine.split(/\s+/).includes("nokaslr"),
  };
}
