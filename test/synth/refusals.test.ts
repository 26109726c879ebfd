// What a recipe must not ask for: refused with file, line and dotted path, before anything is written.
import { readFileSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { UsageError } from "../../src/base/index.ts";
import { loadRecipe, prepareRecipe } from "../../src/synth/index.ts";

const good = `version: 1
name: test
seed: 1
duration: 10 s
tick: 100 ms
vms:
  - name: a
    guest_bytes: 64 MiB
    workloads:
      - {kind: zipf, writes_per_second: 1000}
    devices:
      - {name: disk, kind: nvme}
marks:
  - {at: 1 s, vm: a, name: begin}
`;
const zipf = "{kind: zipf, writes_per_second: 1000}";

function messageOf(text: string): string {
  try {
    prepareRecipe(loadRecipe("r.yaml", () => text));
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  throw new Error("the recipe was accepted");
}

const poisson = "arrival: {kind: poisson, per_second: 1}";

test("a good recipe is taken", () => {
  const { rows } = prepareRecipe(loadRecipe("r.yaml", () => good));
  expect(rows).toMatchObject({ tick: 100, mark: 1, device_io: 0 });
});

describe("a recipe", () => {
  test.each([
    ["with an unknown key", good.replace("seed: 1", "seeds: 1"), "r.yaml:3: seeds: unknown key"],
    [
      "with an unknown workload",
      good.replace("zipf", "zip"),
      "r.yaml:10: vms[0].workloads[0].kind: a workload with kind: one of idle, uniform, zipf",
    ],
    [
      "with an unknown key of a workload",
      good.replace("1000}", "1000, skw: 1}"),
      "r.yaml:10: vms[0].workloads[0].skw: unknown key",
    ],
    ["with a size without unit", good.replace("64 MiB", "64"), "r.yaml:8: vms[0].guest_bytes:"],
    ["with a VM of half a page", good.replace("64 MiB", "2 KiB"), "r.yaml:8: vms[0].guest_bytes: a multiple of 4 KiB"],
    ["with a VM beyond 16 TiB", good.replace("64 MiB", "17 TiB"), "at most 16 TiB"],
    ["with a tick of nothing", good.replace("100 ms", "0 s"), "r.yaml:5: tick: longer than 0"],
    ["without a duration", good.replace("duration: 10 s\n", ""), "r.yaml: duration:"],
    [
      "with a region beyond memory",
      good.replace("1000}", "1000, region: {start: 60 MiB, size: 8 MiB}}"),
      "r.yaml:10: vms[0].workloads[0].region: ends beyond the 67108864 bytes",
    ],
    [
      "with a workload after the end",
      good.replace("1000}", "1000, from: 11 s}"),
      "r.yaml:10: vms[0].workloads[0].from: begins after the end",
    ],
    [
      "with two VMs of a name",
      good.replace("marks:", "  - {name: a, guest_bytes: 1 MiB}\nmarks:"),
      'r.yaml:13: vms[1].name: a second VM is called "a"',
    ],
    [
      "with two devices of a name",
      good.replace("nvme}", "nvme}\n      - {name: disk, kind: nic}"),
      "vms[0].devices: each device needs a name of its own",
    ],
    ["with a mark of nobody's", good.replace("vm: a", "vm: b"), 'r.yaml:14: marks[0].vm: there is no VM "b"'],
    ["with a mark after the end", good.replace("at: 1 s", "at: 11 s"), "r.yaml:14: marks[0].at: lies after the end"],
    [
      "with a checkpoint on no device",
      good.replace(
        zipf,
        "{kind: database-checkpoint, writes_per_second: 1, log_rate: 1 MiB/s, every: 1 s, lasts: 1 s, device: d}",
      ),
      'vms[0].workloads[0]: the VM has no device "d"',
    ],
    [
      "with a checkpoint in two pages",
      good.replace(
        zipf,
        "{kind: database-checkpoint, writes_per_second: 1, log_rate: 1 MiB/s, every: 1 s, lasts: 1 s, region: {start: 0 B, size: 8 KiB}}",
      ),
      "database-checkpoint needs 4 to",
    ],
    [
      "with a mix in a mix in a mix",
      good.replace(zipf, `{kind: mix, workloads: [{kind: mix, workloads: [{kind: mix, workloads: [${zipf}]}]}]}`),
      "vms[0].workloads[0].workloads[0].workloads[0].kind",
    ],
    [
      "with a mix that is longer than its time",
      good.replace(zipf, `{kind: mix, order: in-sequence, workloads: [{kind: idle, for: 10 s}, ${zipf}]}`),
      "vms[0].workloads[0].workloads[1]: begins after the end of the mix",
    ],
    [
      "with groups out of order",
      good.replace(
        zipf,
        "{kind: fitted, phases: [{for: 1 s, pages_per_tick: [[9, 9, 1], [1, 1, 1]], run_pages: [[1, 1, 1]], new_pages: [[0, 0], [1, 1]]}]}",
      ),
      "pages_per_tick: groups in order, without overlap",
    ],
    [
      "with a latency without a spread",
      good.replace(
        "nvme}",
        "nvme, requests: [{arrival: {kind: poisson, per_second: 1}, sizes: [[1, 1, 1]], latency: {median: 1 ms}}]}",
      ),
      "latency: {median: 100 us, p99: 2 ms}",
    ],
    [
      "with buffers beyond memory",
      good.replace("nvme}", "nvme, buffers: {start: 60 MiB, size: 8 MiB}}"),
      "r.yaml:12: vms[0].devices[0].buffers: end beyond",
    ],
    [
      "with packets after the end",
      good.replace("nvme}", `nvme, packets: [{${poisson}, sizes: [[1, 1, 1]], from: 10 s}]}`),
      "vms[0].devices[0].packets[0].from: begins after the end",
    ],
    [
      "with a part and workloads",
      good.replace("guest_bytes: 64 MiB", "trace: {path: x}"),
      "vms[0].workloads: a VM that is a part of a trace",
    ],
    [
      "with a part of no trace",
      "version: 1\nname: x\nduration: 1 s\ntick: 1 s\nvms: [{name: a, trace: {path: nowhere}}]\n",
      "nowhere: no trace.json there",
    ],
  ])("%s is refused", (_, text, message) => {
    expect(messageOf(text)).toContain(message);
  });

  test("with more rows than are made is refused before anything is written", () => {
    const text = good
      .replace("duration: 10 s", "duration: 100000 min")
      .replace("64 MiB", "1 TiB")
      .replace("1000}", "1000000}");
    expect(messageOf(text)).toMatch(/r\.yaml: about \d+ rows of page_write; at most 2000000000 are made/);
    expect(messageOf(text.replace("100 ms", "1 us"))).toMatch(/rows of tick; at most 100000000/);
  });

  test("includes another, which it changes", () => {
    const files: Record<string, string> = { "r.yaml": "include: base.yaml\nname: mine\nseed: 9\n", "base.yaml": good };
    const { value } = loadRecipe("r.yaml", (path) => files[path]!);
    expect(value).toMatchObject({ name: "mine", seed: 9, duration: 10e9 });
  });
});

test("docs/synth.md describes every key of a recipe", () => {
  const page = readFileSync("docs/synth.md", "utf8");
  const keys = ["schema", "workload-schema"].flatMap((name) =>
    [...readFileSync(`src/synth/recipe/${name}.ts`, "utf8").matchAll(/^ {2,6}([a-z_]+): (?:z\.|[a-z])/gm)].map(
      ([, key]) => key!,
    ),
  );
  expect(new Set(keys).size).toBeGreaterThan(50);
  const missing = [...new Set(keys)].filter((key) => !new RegExp(`[\`.{[ ]${key}[\`:,}\\] ]`).test(page));
  expect(missing).toEqual([]);
});
