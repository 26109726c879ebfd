import fc from "fast-check";
import { describe, expect, test } from "vitest";

import { type FrameRuns, GuestMemory } from "./guest-memory.ts";

interface Write {
  readonly vm: number;
  readonly first: number;
  readonly count: number;
}

function runsOf(writes: readonly Write[]): FrameRuns {
  return {
    timeNs: new Float64Array(writes.length),
    vmIndex: Uint16Array.from(writes, ({ vm }) => vm),
    startGfn: Uint32Array.from(writes, ({ first }) => first),
    pageCount: Uint32Array.from(writes, ({ count }) => count),
  };
}

const frames = [500, 64, 33];

/** The same bookkeeping with sets, one frame at a time. */
class SimpleMemory {
  readonly backed: Set<number>[] = frames.map(() => new Set());
  readonly since: Set<number>[] = frames.map(() => new Set());
  readonly dirty: number[] = frames.map(() => 0);
  readonly first: number[] = frames.map(() => 0);
  resumed = false;

  tick(writes: readonly Write[]): void {
    for (const vm of frames.keys()) {
      const written = new Set<number>();
      for (const write of writes.filter((candidate) => candidate.vm === vm)) {
        for (let frame = write.first; frame < write.first + write.count; frame++) written.add(frame);
      }
      this.dirty[vm] = written.size;
      this.first[vm] = this.resumed ? [...written].filter((frame) => !this.since[vm]!.has(frame)).length : 0;
      for (const frame of written) {
        this.backed[vm]!.add(frame);
        if (this.resumed) this.since[vm]!.add(frame);
      }
    }
  }
}

const write = fc
  .integer({ min: 0, max: frames.length - 1 })
  .chain((vm) =>
    fc
      .integer({ min: 0, max: frames[vm]! - 1 })
      .chain((first) => fc.integer({ min: 1, max: frames[vm]! - first }).map((count): Write => ({ vm, first, count }))),
  );

describe("guest memory", () => {
  test("equals sets of frames, for any writes in any ticks, before and after resume", () => {
    const ticks = fc.array(fc.array(write, { maxLength: 20 }), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(ticks, fc.nat(8), (drawn, resumeAt) => {
        const memory = new GuestMemory(frames);
        const simple = new SimpleMemory();
        for (const [index, writes] of drawn.entries()) {
          if (index === resumeAt) {
            memory.resume();
            simple.resumed = true;
          }
          memory.mark(runsOf(writes), 0, writes.length);
          memory.endTick();
          simple.tick(writes);
          expect(memory.badRow).toBe(-1);
          expect([...memory.dirtyPages]).toEqual(simple.dirty);
          expect([...memory.firstTouchPages]).toEqual(simple.first);
        }
        for (const [vm, backed] of simple.backed.entries()) {
          const whole = { order: 0, from: 0, to: frames[vm]! };
          expect(memory.countBackedFolios(vm, whole)).toBe(backed.size);
          const folios = new Set([...backed].map((frame) => Math.floor(frame / 16)));
          expect(memory.countBackedFolios(vm, { ...whole, order: 4 })).toBe(folios.size);
        }
      }),
    );
  });

  test("splitting a tick's rows anywhere changes nothing", () => {
    fc.assert(
      fc.property(fc.array(write, { minLength: 1, maxLength: 30 }), fc.nat(30), (writes, cut) => {
        const [whole, split] = [new GuestMemory(frames), new GuestMemory(frames)];
        const at = Math.min(cut, writes.length);
        whole.mark(runsOf(writes), 0, writes.length);
        split.mark(runsOf(writes), 0, at);
        split.mark(runsOf(writes), at, writes.length);
        whole.endTick();
        split.endTick();
        expect([...split.dirtyPages]).toEqual([...whole.dirtyPages]);
      }),
    );
  });

  test.each([
    ["a VM that is not there", { vm: 3, first: 0, count: 1 }],
    ["no pages", { vm: 0, first: 0, count: 0 }],
    ["the frame behind the last", { vm: 1, first: 64, count: 1 }],
    ["a run that leads out", { vm: 2, first: 30, count: 4 }],
    ["frames at the end of 32 bits", { vm: 0, first: 2 ** 32 - 1, count: 2 ** 32 - 1 }],
  ])("stops at a row with %s", (_, bad) => {
    const memory = new GuestMemory(frames);
    memory.mark(runsOf([{ vm: 0, first: 1, count: 1 }, bad]), 0, 2);
    expect(memory.badRow).toBe(1);
  });
});
