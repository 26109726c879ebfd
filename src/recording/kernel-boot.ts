import { kibBytes, mibBytes, roundUp } from "../base/index.ts";
import type { RamRange } from "../model/index.ts";
import type { KernelBoot } from "./recording.ts";

/** Text and read-only data end at a 2 MiB border each. linux-7.3 arch/x86/kernel/vmlinux.lds.S */
const sectionAlignBytes = 2 * mibBytes;

/** What lies between the sections in the third part, from its data to the end of its bss. /proc/iomem of a recorded boot */
const sectionGapBytes = 96 * kibBytes;

/** More nodes than any machine has; a log may claim anything. */
const maxRanges = 4096;

/** Reads the messages of one kernel's boot, in the order in which they come; the first of each kind counts. */
export class KernelBootReader {
  readonly #ranges: RamRange[] = [];
  readonly #cpuNodes = new Map<number, number>();
  readonly #facts: { -readonly [Key in keyof KernelBoot]?: KernelBoot[Key] } = {};

  get started(): boolean {
    return this.#facts.version !== undefined;
  }

  add(text: string): void {
    for (const [pattern, take] of patterns) {
      const match = pattern.exec(text);
      if (match) take(this, match.slice(1));
    }
  }

  finish(): KernelBoot {
    const { version, commandLine, ramBytes, cpuCount, nodeCount } = this.#facts;
    const { kernelMemoryBytes, initrd, logBufBytes, handedOver = false } = this.#facts;
    return {
      version,
      commandLine,
      ramBytes,
      cpuCount,
      nodeCount,
      ramRanges: this.#ranges,
      cpuNodes: this.#cpuNodes,
      kernelMemoryBytes,
      initrd,
      logBufBytes,
      handedOver,
    };
  }

  set(facts: Partial<KernelBoot>): void {
    for (const [key, value] of Object.entries(facts)) {
      if (this.#facts[key as keyof KernelBoot] === undefined) Object.assign(this.#facts, { [key]: value });
    }
  }

  addRange(range: RamRange): void {
    if (this.#ranges.length < maxRanges && range.endBytes > range.startBytes) this.#ranges.push(range);
  }

  addCpus(node: number, list: string): void {
    for (const [, cpu] of list.matchAll(/#(\d{1,5})/g)) this.#cpuNodes.set(Number(cpu), node);
  }
}

type Take = (boot: KernelBootReader, parts: readonly string[]) => void;

const hexRange = String.raw`\[mem 0x([0-9a-f]{1,16})-0x([0-9a-f]{1,16})\]`;

function hexSpan(from: string, to: string): { startBytes: number; endBytes: number } {
  return { startBytes: Number(`0x${from}`), endBytes: Number(`0x${to}`) + 1 };
}

const patterns: readonly (readonly [RegExp, Take])[] = [
  [/^Linux version (\d+\.\d+\S*)/, (boot, [version]) => boot.set({ version: version! })],
  [/^Command line: (.*)$/, (boot, [commandLine]) => boot.set({ commandLine: commandLine! })],
  [/^KHO: found kexec handover data/, (boot) => boot.set({ handedOver: true })],
  [/^printk: log buffer data \+ meta data: (\d+)/, (boot, [bytes]) => boot.set({ logBufBytes: Number(bytes) })],
  [
    /Brought up (\d+) nodes?, (\d+) CPU/,
    (boot, [nodes, cpus]) => boot.set({ nodeCount: Number(nodes), cpuCount: Number(cpus) }),
  ],
  [
    new RegExp(String.raw`^ {2}node +(\d+): ${hexRange}`),
    (boot, [node, from, to]) => boot.addRange({ ...hexSpan(from!, to!), node: Number(node) }),
  ],
  [/^\.+ node +#(\d+), CPUs:(.*)$/, (boot, [node, list]) => boot.addCpus(Number(node), list!)],
  [
    new RegExp(`RAMDISK: ${hexRange}`),
    (boot, [from, to]) => {
      const { startBytes, endBytes } = hexSpan(from!, to!);
      boot.set({ initrd: { startBytes, bytes: endBytes - startBytes } });
    },
  ],
  [
    /^Memory: \d+K\/(\d+)K available \((\d+)K kernel code, (\d+)K rwdata, (\d+)K rodata, (\d+)K init, (\d+)K bss/,
    (boot, parts) => {
      const [ram, code, data, rodata, init, bss] = parts.map((kib) => Number(kib) * kibBytes);
      const kernelMemoryBytes =
        roundUp(code!, sectionAlignBytes) +
        roundUp(rodata!, sectionAlignBytes) +
        data! +
        init! +
        bss! +
        sectionGapBytes;
      boot.set({ ramBytes: ram!, kernelMemoryBytes });
    },
  ],
];
