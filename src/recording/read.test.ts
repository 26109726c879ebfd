import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { tempFolder } from "../../test/kit/temp-folder.ts";
import { FormatError, mibBytes } from "../base/index.ts";
import { parseBootArguments, parseReserveMem, parseScratch } from "./command-line.ts";
import { parseRecording, readRecording } from "./recorded.ts";

const recording = (name: string) => readRecording(`recordings/${name}.log.gz`);

describe("both kernels of a log", () => {
  test("release, RAM, CPUs, nodes and where RAM lies", () => {
    const { oldKernel, newKernel } = recording("hop-72-73-s8-f4");
    expect([oldKernel.version, newKernel.version]).toEqual(["7.2.13", "7.3.4"]);
    expect([oldKernel.handedOver, newKernel.handedOver]).toEqual([false, true]);
    expect(oldKernel).toMatchObject({ cpuCount: 2, nodeCount: 1, logBufBytes: 4 * mibBytes });
    expect(newKernel.commandLine).toContain("lab.stage=2");
    expect(oldKernel.initrd!.startBytes + oldKernel.initrd!.bytes).toBe(0xbffe_0000);
  });

  test("nodes of RAM and of CPUs", () => {
    const { oldKernel } = recording("numa-uneven-thp-5");
    expect(oldKernel.ramRanges.map(({ node }) => node)).toEqual([0, 0, 1]);
    expect(oldKernel.ramRanges[1]!.endBytes).toBe(1024 * mibBytes);
    expect([1, 2].map((cpu) => oldKernel.cpuNodes.get(cpu))).toEqual([0, 1]);
  });

  test("workload, blobs, memory and events of a traced one", () => {
    const traced = recording("traced-s4-f4");
    expect(traced.workload).toMatchObject({ sessions: 4, files: 4, fileMib: 16, traced: true });
    expect(traced.blobs.map(({ tag }) => tag)).toEqual(["out/fdt", "out/LUO", "in/fdt"]);
    expect(traced.blobs[1]!.bytes).toHaveLength(32);
    expect([...traced.memory.keys()]).toEqual(["start", "populated", "preserved", "stage2", "restored"]);
    expect(traced.events.get("preserve_fd")).toHaveLength(16);
    expect(traced.failure).toBeUndefined();
  });

  test("a KEYS line cut at its end is mended, a LAB line is left out and counted", () => {
    expect(recording("frag-1")).toMatchObject({ mendedKeyLines: 1, damagedKeyLines: 0 });
    const cut = recording("smp-4");
    expect(cut.damagedLines).toBe(1);
    expect(cut.events.has("kexec_file_load")).toBe(false);
  });
});

describe("hostile logs", () => {
  test("any text is read or refused by name", () => {
    const words = fc.constantFrom(
      "LAB {",
      "}",
      "KEYS ",
      "0 ",
      "7",
      "\n",
      '"ev":"radix"',
      '"__proto__":1',
      "[ 0.1] ",
      "Z",
    );
    const text = fc.array(fc.oneof(words, fc.string({ unit: "binary", maxLength: 6 })), { maxLength: 80 });
    fc.assert(
      fc.property(text, (parts) => {
        try {
          const found = parseRecording("drawn", Buffer.from(parts.join(""), "latin1"), "drawn.log");
          for (const { order, first, count } of found.keys) {
            expect(order).toBeLessThan(53);
            expect(Number.isSafeInteger(first) && count > 0).toBe(true);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 500 },
    );
  });

  test("numbers that no key has are damaged lines", () => {
    const text = "LAB {}\nKEYS 53 1 1\nKEYS 0 99999999999999999 1\nKEYS 0 1 0\nKEYS 0 -1 1\nKEYS 0 1 1 1\nKEYS 9 8 7\n";
    const found = parseRecording("drawn", Buffer.from(text), "drawn.log");
    expect(found.keys).toEqual([{ order: 9, first: 8, count: 7 }]);
    expect(found.damagedKeyLines).toBe(5);
  });

  test("a radix line of another shape is none", () => {
    const radix = (fields: string): string => `KEYS 0 1 1\nLAB {"ev":"radix",${fields}}\n`;
    const parse = (fields: string) => parseRecording("drawn", Buffer.from(radix(fields)), "drawn.log").tracker;
    expect(parse('"nodes":[1,1,1,1,1,1],"keys":{"0":1}')?.nodesPerLevel).toHaveLength(6);
    expect(parse('"nodes":[1,1,1,1,1],"keys":{"0":1}')).toBeUndefined();
    expect(parse('"nodes":[1,1,1,1,1,-1],"keys":{"0":1}')).toBeUndefined();
    expect(parse('"nodes":[1,1,1,1,1,1],"keys":{"zero":1}')).toBeUndefined();
    expect(parse('"nodes":[1,1,1,1,1,1],"keys":null')).toBeUndefined();
  });

  test("a line without end takes no more than its beginning", () => {
    const log = Buffer.concat([Buffer.from("LAB {}\nLAB {"), Buffer.alloc(4 * mibBytes, 0x20), Buffer.from("}\n")]);
    expect(parseRecording("drawn", log, "drawn.log").damagedLines).toBe(1);
  });

  test("compressed zeros beyond all measure are refused before they fill memory", () => {
    const part = gzipSync(Buffer.alloc(64 * mibBytes), { level: 1 });
    const path = join(tempFolder(), "zeros.log.gz");
    writeFileSync(path, Buffer.concat(Array.from({ length: 9 }, () => part)));
    expect(() => readRecording(path)).toThrow(/larger than 512 MiB/);
  });
});

describe("[KHO-06] kho_scratch= as the kernel reads it", () => {
  test.each([
    ["", { kind: "percent", percent: 200 }],
    ["kho_scratch=50%", { kind: "percent", percent: 50 }],
    ["kho_scratch=0%", { kind: "percent", percent: 0 }],
    ["kho_scratch=1M,2K,3", { kind: "fixed", lowmemBytes: 1_048_576, globalBytes: 2048, nodeBytes: 3 }],
    ["kho_scratch=0x10,010,1g", { kind: "fixed", lowmemBytes: 16, globalBytes: 8, nodeBytes: 2 ** 30 }],
    ["kho_scratch=0,0,0", { kind: "percent", percent: 200 }],
    ["kho_scratch=1M,2M", { kind: "percent", percent: 200 }],
    ["kho_scratch=1M,2M,3M,4M", { kind: "percent", percent: 200 }],
    ["kho_scratch=200", { kind: "percent", percent: 200 }],
    ["kho_scratch=1M,2M,3M kho_scratch=300%", { kind: "percent", percent: 300 }],
    ["kho_scratch=300% kho_scratch=1M,2M,x", { kind: "percent", percent: 300 }],
  ])("%s", (commandLine, scratch) => {
    expect(parseScratch(`quiet ${commandLine} ro`)).toEqual(scratch);
  });
});

test("[KHO-09] reserve_mem= that the kernel refuses reserves nothing", () => {
  const wanted = ["1M:4096:a", "1M:4096:a", "2M", "0:4096:b", "2M:4096:a-name-of-16-chr", "2M:4096:", "5000:64:c"];
  expect(parseReserveMem(wanted.map((text) => `reserve_mem=${text}`).join(" "))).toEqual([
    { bytes: mibBytes, alignBytes: 4096 },
    { bytes: 5000, alignBytes: 64 },
  ]);
});

test("other arguments that take memory at boot", () => {
  expect(parseBootArguments("nokaslr swiotlb=8192,4 hugepagesz=1G hugepages=3")).toEqual({
    reserveMem: [],
    randomised: false,
    bounceBytes: 16 * mibBytes,
    giganticPages: { bytes: 1024 * mibBytes, count: 3 },
  });
  expect(parseBootArguments("swiotlb=noforce hugepages=3")).toEqual({
    reserveMem: [],
    randomised: true,
    bounceBytes: 0,
  });
});
