// The bundles that ship: real ones, as `npm run test:lab` makes them.
import { globSync } from "node:fs";

import { describe, expect, test } from "vitest";

import { Bundle } from "./bundle.ts";

describe.each(globSync("recordings/bundles/*.tar.gz").sort())("%s", (path) => {
  test("is what its manifest says", () => {
    const bundle = new Bundle(path);
    expect(bundle.first).toBe("manifest.json");
    expect(bundle.manifest).toMatchObject({ format: "luoscope-recording", version: 1, kexec: true });
    expect(bundle.wrongFiles()).toEqual([]);
  });

  test("has both kernels' traces, with names for all of their functions", () => {
    const bundle = new Bundle(path);
    const persistent = bundle.has("post/old-trace.cpu0");
    const old = bundle.trace(persistent ? "post/old-trace" : "pre/saved/trace", "pre");
    const events = [...old, ...bundle.trace("post/trace", "post")];
    const names = events.flatMap((event) => (event.kind === "mark" ? [] : [event.name]));
    expect(names.filter((name) => name.startsWith("0x"))).toEqual([]);
    for (const name of ["memfd_luo_preserve", "memfd_luo_retrieve"]) expect(names, name).toContain(name);
    for (const name of persistent ? ["kernel_kexec", "liveupdate_reboot", "device_shutdown", "machine_kexec"] : []) {
      expect(names, name).toContain(name);
    }
    const stamps = old.map((event) => event.ns);
    const samples = ["pre/clocks", "pre/saved/clocks"].flatMap((file) => bundle.clocks(file));
    // The trace begins after the first sample; only what a persistent buffer holds goes on after the last.
    expect(Math.min(...stamps)).toBeGreaterThan(samples[0]!.local);
    expect(Math.max(...stamps) > samples.at(-1)!.local).toBe(persistent);
  });
});
