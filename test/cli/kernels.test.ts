import { expect, test } from "vitest";

import { luoscope } from "../kit/cli.ts";
import { expectGolden } from "../kit/golden.ts";

test("kernels, hops and posted series fit 120 columns", () => {
  const { status, stdout } = luoscope(["kernels"]);
  expectGolden("cli/kernels.txt", stdout);
  expect(stdout.split("\n").filter((line) => line.length > 120)).toEqual([]);
  expect(status).toBe(0);
});

test("--json has every hop, with what it means for the VMs", () => {
  const { kernels, hops, series } = JSON.parse(luoscope(["kernels", "--json"]).stdout) as {
    kernels: { version: string }[];
    hops: Record<string, string>[];
    series: { name: string }[];
  };
  expect(kernels.map(({ version }) => version)).toEqual(["6.16", "6.17", "6.18", "6.19", "7.0", "7.1", "7.2", "7.3"]);
  expect(hops).toHaveLength(kernels.length ** 2);
  expect(hops).toContainEqual({ from: "7.2", to: "7.3", kind: "carried", says: "kho-v4, luo-v5, memfd-v2" });
  const lost = hops.find(({ from, to }) => from === "7.1" && to === "7.3");
  expect(lost).toMatchObject({ kind: "memory-lost", consequence: expect.stringContaining("VMs and everything") });
  expect(series.map(({ name }) => name)).toContain("vfio@v5");
});
