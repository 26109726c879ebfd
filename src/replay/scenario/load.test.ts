import { describe, expect, test } from "vitest";

import { UsageError } from "../../base/index.ts";
import { loadScenario } from "./load.ts";

const good = `version: 1
name: test
host:
  ram: 16 GiB
  cpus: 8
  kernel: {from: "7.3", to: "7.3", image: 14 MiB, initrd: 24 MiB}
vms:
  - name: a
    folio: 2 MiB
update: {at: 2.5 s}
`;

function load(files: Readonly<Record<string, string>>, path = "s.yaml") {
  return loadScenario(path, (name) => {
    const text = files[name];
    if (text === undefined) throw new UsageError(`${name}: no such file`);
    return text;
  });
}

function messageOf(text: string): string {
  try {
    load({ "s.yaml": text });
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).exitCode).toBe(2);
    return (error as UsageError).message;
  }
  throw new Error("the scenario was accepted");
}

describe("a scenario", () => {
  test("is read with its units and defaults", () => {
    const scenario = load({ "s.yaml": good });
    expect(scenario.host.ram).toBe(16 * 1024 ** 3);
    expect(scenario.update.at).toEqual({ atNs: 2_500_000_000 });
    expect(scenario.vms[0]).toMatchObject({ count: 1, preallocated: false, folio: [{ order: 9, ratio: 1 }] });
    expect(scenario.profile).toBe("published-x86");
    expect(scenario.host.scratch).toEqual({ kind: "percent", percent: 200 });
  });

  test.each([
    ["an unknown key", good.replace("  cpus: 8", "  cpus: 8\n  cpuz: 9"), "s.yaml:6: host.cpuz: unknown key"],
    [
      "an unknown key in a list",
      good.replace("    folio", "    size: 3\n    folio"),
      "s.yaml:9: vms[0].size: unknown key",
    ],
    ["a size without unit", good.replace("16 GiB", "16"), "s.yaml:4: host.ram:"],
    ["a size of an unknown unit", good.replace("16 GiB", "16 GB"), 's.yaml:4: host.ram: "16 GB" is no size'],
    ["a missing key", good.replace("  cpus: 8\n", ""), "s.yaml:3: host.cpus:"],
    [
      "another kernel",
      good.replace('to: "7.3"', 'to: "7.9"'),
      "s.yaml:6: host.kernel.to: a kernel that is modelled: 6.16, 6.17",
    ],
    [
      "a posted series twice",
      good.replace('to: "7.3"', 'to: "7.3", handlers: [pci@v9, pci@v9]'),
      "s.yaml:6: host.kernel.handlers: each series once",
    ],
    [
      "a mix that does not add up",
      good.replace("2 MiB", "{2 MiB: 0.5, 4 KiB: 0.4}"),
      "s.yaml:9: vms[0].folio: the shares of a mix must add up to 1",
    ],
    [
      "an unknown folio size",
      good.replace("folio: 2 MiB", "folio: 3 MiB"),
      "s.yaml:9: vms[0].folio: 4 KiB, 16 KiB to 2 MiB in powers of two",
    ],
    ["hugetlb folios", good.replace("folio: 2 MiB", "folio: 1 GiB"), "refuses to preserve (ENOENT)"],
    ["hugetlb folios in a mix", good.replace("folio: 2 MiB", "folio: {1 GiB: 1}"), "refuses to preserve (ENOENT)"],
    ["a moment that is none", good.replace("2.5 s", "soon"), "s.yaml:10: update.at: a moment of the trace"],
    ["no VM", good.replace(/vms:[^]*(?=update)/, "vms: []\n"), "s.yaml:7: vms:"],
    ["text that is no YAML", `${good}\n  - [`, "not valid YAML"],
    ["a list", "- a\n- b\n", "s.yaml: a scenario is a map of keys"],
    ["nothing", "", "s.yaml: a scenario is a map of keys"],
  ])("with %s is refused by file, line and dotted path", (_, text, message) => {
    expect(messageOf(text)).toContain(message);
  });

  test("names every problem at once", () => {
    const message = messageOf(good.replace("16 GiB", "16").replace("cpus: 8", "cpus: 0"));
    expect(message.split("\n")).toHaveLength(2);
  });

  test("a bomb of aliases is refused", () => {
    const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c,*c]\n`;
    expect(() => load({ "s.yaml": bomb })).toThrow(/s\.yaml/);
  });
});

describe("an include", () => {
  test("is read relative to the including file, which wins", () => {
    const files = {
      "dir/s.yaml": "include: base/host.yaml\nname: mine\nhost: {cpus: 64}\n",
      "dir/base/host.yaml": good,
    };
    const scenario = load(files, "dir/s.yaml");
    expect(scenario.name).toBe("mine");
    expect(scenario.host.cpus).toBe(64);
    expect(scenario.host.ram).toBe(16 * 1024 ** 3);
  });

  test("keeps the place of each value", () => {
    const files = { "s.yaml": "include: b.yaml\nname: mine\n", "b.yaml": good.replace("16 GiB", "16") };
    expect(() => load(files)).toThrow("b.yaml:4: host.ram");
  });

  test("that leads back is refused with its cycle", () => {
    const files = { "s.yaml": "include: b.yaml\n", "b.yaml": "include: s.yaml\n" };
    expect(() => load(files)).toThrow("s.yaml includes b.yaml includes s.yaml: a cycle");
  });

  test("nested without end is refused", () => {
    const files = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`${n}.yaml`, `include: ${n + 1}.yaml\n`]));
    expect(() => load(files, "0.yaml")).toThrow("nested deeper than 16");
  });
});
