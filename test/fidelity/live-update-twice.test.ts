// The state machine against a second, slow and obvious one: histories that no kernel was asked for.
import { globSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";

import { describe, expect, test } from "vitest";

import { createPrng } from "../../src/base/index.ts";
import { type Call, parseCalls } from "../../src/conform/calls.ts";
import { Program } from "../../src/conform/program.ts";
import { bootKernel, handOver, kernelFeatures, type LiveUpdate, releasedHandlers } from "../../src/model/index.ts";
import { SimpleLiveUpdate } from "../reference/live-update-simple.ts";

const features = kernelFeatures("7.3");

function boot(from?: LiveUpdate): LiveUpdate {
  const handed = from && handOver(from);
  expect(handed).not.toBeTypeOf("number");
  return bootKernel({ features, handlers: releasedHandlers(features) }, handed as Exclude<typeof handed, number>)
    .device!;
}

const memfds = ["memfd-0", "memfd-1p", "memfd-3p-sparse", "memfd-sealed"] as const;
const kinds = [...memfds, ...memfds, "pipe", "devnull", "tmpfs-file", "memfd-hugetlb"] as const;
const actions = ["write_existing", "extend", "punch_hole", "truncate_0"] as const;
const badIoctls = ["device_tail_nonzero", "session_unknown_nr", "device_size_zero"] as const;

/** Draws calls as a careless program makes them; it knows only which places hold something. */
class Drawer {
  readonly #random: () => number;
  readonly #slots = new Set<number>();
  readonly #objects = new Map<number, Extract<Call, { op: "preserve_fd" }>["kind"]>();

  constructor(seed: number) {
    this.#random = createPrng(seed);
  }

  #below(count: number): number {
    return this.#random() % count;
  }

  #of<T>(values: readonly T[]): T {
    return values[this.#below(values.length)]!;
  }

  /** Places of the kernel before are empty. */
  reset(): void {
    this.#slots.clear();
    this.#objects.clear();
  }

  draw(stage: number): Call | undefined {
    const ret = 0;
    const kind = this.#below(20);
    const name = this.#of(["s0", "s1", "s2", "s3", "", "x".repeat(63), "x".repeat(64)]);
    if (kind < 4) return { stage, op: "create_session", name, ret, slot: 0 };
    if (kind < 7) return { stage, op: "retrieve_session", name, ret, slot: 0 };
    if (kind < 9 && this.#objects.size > 0) {
      const [obj, of] = this.#of([...this.#objects]);
      return { stage, op: "file", what: this.#of(actions), obj, kind: of, ret };
    }
    if (kind < 10) return { stage, op: "open_second", ret };
    if (this.#slots.size === 0) return undefined;
    const slot = this.#of([...this.#slots]);
    const token = this.#below(4);
    if (kind < 14) return this.#drawPreserve({ stage, slot, token });
    if (kind < 17) return { stage, op: "retrieve_fd", slot, token, ret, obj: 0, size: 0, byte: 0 };
    if (kind < 18) return { stage, op: "finish", slot, reserved: this.#below(4) === 0 ? 1 : 0, ret };
    if (kind < 19) return { stage, op: "close_session", slot, ret };
    return this.#below(2) === 0
      ? { stage, op: "get_name", slot, ret, name: "" }
      : { stage, op: "bad_ioctl", what: this.#of(badIoctls), slot, ret };
  }

  #drawPreserve(at: { stage: number; slot: number; token: number }): Call {
    const call = { ...at, op: "preserve_fd" as const, ret: 0 };
    if (this.#below(3) > 0 && this.#objects.size > 0) {
      const [obj, kind] = this.#of([...this.#objects]);
      return { ...call, obj, kind, new: 0 };
    }
    if (this.#below(10) === 0) return { ...call, obj: -1, kind: "bad-fd", new: 0 };
    return { ...call, obj: 0, kind: this.#of(kinds), new: 1 };
  }

  note(call: Call, answer: Readonly<Record<string, number | string>>): void {
    const [slot, obj] = [Number(answer["slot"] ?? -1), Number(answer["obj"] ?? -1)];
    if (slot >= 0) this.#slots.add(slot);
    if (call.op === "close_session") this.#slots.delete(call.slot);
    if (call.op === "preserve_fd" && call.new === 1 && obj >= 0) this.#objects.set(obj, call.kind);
    if (call.op === "retrieve_fd" && obj >= 0) this.#objects.set(obj, "retrieved");
  }
}

/** Many calls, many updates, one after the other: the second update takes what the first brought. */
function compareHistory(seed: number, { updates, calls }: { updates: number; calls: number }): number {
  const drawer = new Drawer(seed);
  let [fast, slow] = [boot(), new SimpleLiveUpdate()];
  let succeeded = 0;
  for (let update = 0; update < updates; update++) {
    const program = new Program(fast);
    const open: Call = { stage: 1, op: "open", ret: 0 };
    expect(program.answer(open)).toEqual(slow.answer(open));
    for (let number = 0; number < calls; number++) {
      const call = drawer.draw(1);
      if (!call) continue;
      const [found, expected] = [program.answer(call), slow.answer(call)];
      expect(found, `seed ${seed}, update ${update}, call ${number}: ${JSON.stringify(call)}`).toEqual(expected);
      drawer.note(call, found);
      if (call.op === "retrieve_fd" && found["ret"] === 0) succeeded++;
    }
    [fast, slow] = [boot(fast), slow.kexec()];
    drawer.reset();
  }
  return succeeded;
}

describe("[LUO-23] [LUO-25] [LUO-26] [LUO-45] [MEMFD-12] fast and slow model", () => {
  test("agree on random histories over several updates", () => {
    let retrieved = 0;
    for (let seed = 1; seed <= 300; seed++) retrieved += compareHistory(seed, { updates: 4, calls: 120 });
    expect(retrieved).toBeGreaterThan(500);
  });

  test("agree on one long chain of updates", () => {
    expect(compareHistory(4711, { updates: 200, calls: 100 })).toBeGreaterThan(100);
  });

  const recordings = globSync("recordings/conformance/*-seed-*.jsonl.gz").sort();
  const chains = recordings.filter((path) => path.includes("seed-2"));

  test.each([...recordings.slice(0, 12), ...chains])("the slow one answers %s as the kernel did, too", (path) => {
    let slow = new SimpleLiveUpdate();
    let stage = 1;
    for (const { line, call } of parseCalls(gunzipSync(readFileSync(path)).toString(), path)) {
      if (call.stage !== stage) slow = slow.kexec();
      stage = call.stage;
      expect(call, `${path}:${line}`).toMatchObject(slow.answer(call));
    }
  });
});
