// Speed of the model: `npm run bench`, or `npm run bench -- --smoke` as a test that it still runs.
// Prints one JSON line a figure. Ratios compare within this one run; absolute times depend on the machine.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createPrng } from "../src/base/index.ts";
import {
  countRadixPages,
  kernelFeatures,
  LiveUpdate,
  RadixTracker,
  releasedHandlers,
  type Session,
  ShmemFile,
  ShmemInode,
} from "../src/model/index.ts";
import { compileC, fastest, median, print, timed } from "./harness.ts";

const smoke = process.argv.includes("--smoke");
const scatteredKeys = smoke ? 200_000 : 16_000_000;
const keyedKeys = smoke ? 200_000 : 8_000_000;
const calls = smoke ? 200_000 : 10_000_000;
const rounds = smoke ? 3 : 9;

/** 1 TiB of frames, in which scattered folios lie. */
const tebibyteFrames = 2 ** 28;

function drawBlocks(count: number): Uint32Array {
  const random = createPrng(11);
  return Uint32Array.from({ length: count }, () => random() % tebibyteFrames);
}

/** Contiguous memory: the work is a leaf's, not a key's. */
function benchRuns(): void {
  const cases = [
    { figure: "preserve 1 TiB in 4 KiB folios", order: 0, count: 2 ** 28, wantedMs: 1000 },
    { figure: "preserve 1 TiB in 2 MiB folios", order: 9, count: 2 ** 19, wantedMs: 10 },
  ];
  for (const { figure, order, count, wantedMs } of cases) {
    const run = { order, first: 4 * count, count };
    const counted = timed(() => countRadixPages([run]));
    const entered = timed(() => {
      const tracker = new RadixTracker();
      tracker.addRun(run);
      return tracker.pages();
    });
    if (counted.value.join() !== entered.value.join()) throw new Error(`${figure}: the counts disagree`);
    print(figure, {
      keys: count,
      pages: counted.value,
      count_ms: counted.ns / 1e6,
      enter_ms: entered.ns / 1e6,
      wanted_ms: wantedMs,
    });
  }
}

/** In a process of its own, so that its memory is its own. */
function scatteredChild(): void {
  const blocks = drawBlocks(scatteredKeys);
  const { ns, value } = timed(() => {
    const tracker = new RadixTracker();
    for (let index = 0; index < blocks.length; index++) tracker.add(0, blocks[index]!);
    return tracker.pages();
  });
  process.stdout.write(JSON.stringify({ ms: ns / 1e6, pages: value, rss: process.resourceUsage().maxRSS / 1024 }));
}

function benchScattered(): void {
  const child = spawnSync(process.execPath, [import.meta.filename, "--scattered", ...process.argv.slice(2)], {
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(child.stderr);
  const { ms, pages, rss } = JSON.parse(child.stdout) as { ms: number; pages: number[]; rss: number };
  print("scattered single folios", {
    keys: scatteredKeys,
    pages,
    enter_ms: ms,
    wanted_ms: 5000,
    peak_resident_mib: rss,
    wanted_peak_resident_mib: 1024,
  });
}

/** Key by key against the same insertion in C, taking turns; both must make the same pages. */
function benchKeys(folder: string): void {
  const program = compileC("radix", folder);
  if (program === undefined) {
    print("tracker, key by key", { skipped: "gcc is not there" });
    return;
  }
  const blocks = drawBlocks(keyedKeys);
  const file = join(folder, "blocks.bin");
  writeFileSync(file, new Uint8Array(blocks.buffer));
  const [ours, theirs]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const { ns, value } = timed(() => {
      const tracker = new RadixTracker();
      for (let index = 0; index < blocks.length; index++) tracker.add(0, blocks[index]!);
      return tracker.pages();
    });
    const [cNs, ...pages] = execFileSync(program, [file, String(keyedKeys)], { encoding: "utf8" })
      .trim()
      .split(" ")
      .map(Number);
    if (pages.join() !== value.join()) throw new Error(`the trees disagree: ${value.join()} and ${pages.join()}`);
    if (round === 0) continue; // It compiles.
    ours.push(ns);
    theirs.push(cNs!);
  }
  print("tracker, key by key", {
    keys: keyedKeys,
    ours_ns_per_key: fastest(ours) / keyedKeys,
    c_ns_per_key: fastest(theirs) / keyedKeys,
    ratio_to_c: fastest(theirs) / fastest(ours),
    ratio_of_medians: median(theirs) / median(ours),
    wanted_ratio: 0.5,
  });
}

/** Random calls on one /dev/liveupdate: sessions come and go, files are preserved, most calls are refused. */
function benchCalls(): void {
  const features = kernelFeatures("7.3");
  const device = new LiveUpdate(features, releasedHandlers(features));
  const files = Array.from({ length: 12 }, () => {
    const inode = new ShmemInode();
    inode.truncate(4096);
    return new ShmemFile(inode, { linked: false });
  });
  const sessions: (Session | undefined)[] = Array.from({ length: 8 }, () => undefined);
  const random = createPrng(3);
  let succeeded = 0;
  const { ns } = timed(() => {
    device.open();
    for (let call = 0; call < calls; call++) {
      const draw = random();
      const kind = draw % 100;
      const place = (draw >>> 8) & 7;
      const session = sessions[place];
      if (kind < 20 || !session) {
        const created = device.createSession(`s${(draw >>> 12) % 6}`);
        if (typeof created === "number") continue;
        session?.close();
        sessions[place] = created;
        succeeded++;
      } else if (kind < 70) {
        if (session.preserve(files[(draw >>> 12) % 12], (draw >>> 20) % 6) === 0) succeeded++;
      } else if (kind < 80) session.finish(0);
      else if (kind < 90) session.getName();
      else {
        session.close();
        sessions[place] = undefined;
        succeeded++;
      }
    }
  });
  print("state machine", { calls, succeeded, ms: ns / 1e6, wanted_ms: 5000, ns_per_call: ns / calls });
}

if (process.argv.includes("--scattered")) {
  scatteredChild();
} else {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
  try {
    benchRuns();
    benchScattered();
    benchKeys(folder);
    benchCalls();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
