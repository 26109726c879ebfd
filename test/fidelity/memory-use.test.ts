// What preserving and loading take of a recorded machine's free memory, against what the model says they take.
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { kibBytes, pageBytes } from "../../src/base/index.ts";
import { sizeKexecImage } from "../../src/model/kho/image.ts";
import { type MemoryPrediction, predictMemory, readRecording, type Recording } from "../../src/recording/index.ts";
import { ownLogs } from "../kit/recordings.ts";

const kibPages = kibBytes / pageBytes;

/** Pages in use more after preserving than before, beside the files' own and the slab's; scratch is counted apart. */
function measurePages({ memory }: Recording): number | undefined {
  const before = memory.get("populated");
  const after = memory.get("preserved");
  if (!before || !after) return undefined;
  const grown = (field: string): number => (after[field]! - before[field]!) * kibPages;
  // What leaves scratch makes it freer, and the rest of memory fuller.
  return -grown("MemFree_kb") + grown("CmaFree_kb") - grown("Shmem_kb") - grown("Slab_kb");
}

/** Metadata and tracker pages of the workload, and new places for what lay in scratch. */
function predictPages({ pagesInScratch = 0 }: Recording, prediction: MemoryPrediction): number {
  const trackerPages = prediction.nodesPerLevel.found!.reduce((sum, pages) => sum + pages, 0);
  return prediction.metadataKeys.found! + trackerPages + pagesInScratch;
}

const recorded = ownLogs
  .map((path) => readRecording(path))
  .map((recording) => [recording.name, recording, predictMemory(recording)] as const)
  // The tracer allocates its buffer between the two readings.
  .filter(([, recording]) => measurePages(recording) !== undefined && recording.workload?.traced === false);

/** The four fixed pages and the first six of the tracker are there before. */
const earlierPages = 10;

/** Free pages in the lists of a CPU count as used: batches of at most 63, of several sizes. */
const listPages = 128;

/** When a file's holes are filled, or a large array is made, the lists are filled in batches of up to 63 << 5 pages. */
const filledListPages = 640;
const fewPages = 512;

function boundOf({ workload }: Recording, expectedPages: number): number {
  return workload!.touchPercent < 100 || expectedPages > fewPages ? filledListPages : listPages;
}

/** After freeing many pages of scratch, the lists have grown by this much at most, or shrunk. */
const grownListPages = 2500;

const still = recorded.filter(([, { pagesInScratch }]) => pagesInScratch === 0);
const moved = recorded.filter(([, { pagesInScratch = 0 }]) => pagesInScratch > 0);

describe("[MEMFD-01] [KHO-02] preserving takes metadata and tracker pages, and nothing else that stays", () => {
  test.each(still)("%s", (_, recording, prediction) => {
    const expected = predictPages(recording, prediction) - earlierPages;
    expect(Math.abs(measurePages(recording)! - expected)).toBeLessThanOrEqual(boundOf(recording, expected));
  });

  test("over all of them the lists' noise partly cancels out: a quarter of what is used", () => {
    const measured = still.reduce((sum, [, recording]) => sum + measurePages(recording)!, 0);
    const expected = still.reduce(
      (sum, [, recording, prediction]) => sum + predictPages(recording, prediction) - earlierPages,
      0,
    );
    expect(expected).toBeGreaterThan(2500);
    expect(Math.abs(measured / expected - 1)).toBeLessThan(0.25);
  });
});

describe("[MEMFD-04] pages that lie in scratch are moved out of it", () => {
  test.each(moved)("%s", (_, recording, prediction) => {
    const expected = predictPages(recording, prediction) - earlierPages;
    expect(Math.abs(measurePages(recording)! - expected)).toBeLessThanOrEqual(grownListPages);
  });

  test("over all of them: 3 %", () => {
    const measured = moved.reduce((sum, [, recording]) => sum + measurePages(recording)!, 0);
    const expected = moved.reduce((sum, [, recording, prediction]) => sum + predictPages(recording, prediction), 0);
    expect(expected).toBeGreaterThan(500_000);
    expect(Math.abs(measured / expected - 1)).toBeLessThan(0.03);
  });
});

interface LoadReading {
  readonly when?: string;
  readonly initrd?: number;
  readonly MemFree_kb: number;
  readonly pcp_pages: number;
}

/** Free pages, those in the CPUs' lists included, that a load took or an unload gave back, after the first load. */
function measureLoads(name: string): { initrdBytes: number; pages: number[] } {
  const path = ownLogs.find((candidate) => basename(candidate) === `${name}.log.gz`)!;
  const log = gunzipSync(readFileSync(path)).toString("latin1");
  const readings = [...log.matchAll(/^HOOK kexec (\{.*\})/gm)].map(([, json]) => JSON.parse(json!) as LoadReading);
  const free = ({ MemFree_kb: kib, pcp_pages: listed }: LoadReading): number => kib * kibPages + listed;
  const pages: number[] = [];
  for (const [index, reading] of readings.entries()) {
    const before = readings[index - 1]!;
    if (reading.when === "loaded") pages.push(free(before) - free(reading));
    if (reading.when === "unloaded") pages.push(free(reading) - free(before));
  }
  // The first load also takes what the kernel keeps for the next ones.
  return { initrdBytes: readings.find(({ initrd }) => initrd !== undefined)!.initrd!, pages: pages.slice(1) };
}

/** init_size of the recorded bzImage files' headers. */
test.each([
  ["kexec-load", 18_776_064],
  ["v72-kexec-load", 20_918_272],
])(
  "[KHO-07] %s: kexec_file_load() takes as many pages as the model says, within 5 of 6,000",
  (name, kernelInitBytes) => {
    const { initrdBytes, pages } = measureLoads(name);
    const areas = { lowmemBytes: 0, globalBytes: 0, nodeBytes: [0] };
    const { imageBytes } = sizeKexecImage({ kernelInitBytes, initrdBytes }, areas);
    expect(pages).toHaveLength(5);
    for (const measured of pages) expect(Math.abs(measured - imageBytes / pageBytes)).toBeLessThanOrEqual(5);
  },
);
