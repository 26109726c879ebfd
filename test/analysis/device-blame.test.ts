// What devices cost the blackout, beside a slow twin that looks at every nanosecond.
import { rmSync } from "node:fs";
import { join } from "node:path";

import fc from "fast-check";
import { expect, test } from "vitest";

import { openDatabase, runCatalogueQuery } from "../../src/analysis/index.ts";
import { type DeviceStep, writeTinyRun } from "../kit/tiny-run.ts";
import { scratchFolder } from "./kit.ts";

const folder = scratchFolder();

const anyStep: fc.Arbitrary<DeviceStep> = fc
  .record({
    name: fc.constantFrom("reset-device", "shutdown-device", "probe-device", "attach-devices", "serial-console"),
    device: fc.constantFrom("nic eth0", "nvme disk", "gpu g"),
    startNs: fc.integer({ min: 0, max: 60 }),
    lengthNs: fc.integer({ min: 1, max: 20 }),
  })
  .map(({ name, device, startNs, lengthNs }) => {
    const said = name === "reset-device" ? ": vfio_pci freeze()" : name === "attach-devices" ? " (preserved)" : "";
    return [name, `${device}${said}`, startNs, startNs + lengthNs] as const;
  });

async function blame(deviceSteps: readonly DeviceStep[]) {
  const path = join(folder, "run");
  rmSync(path, { recursive: true, force: true });
  writeTinyRun(path, { deviceSteps });
  const database = await openDatabase({ kind: "run", path });
  try {
    return await runCatalogueQuery(database, "device-blame");
  } finally {
    database.close();
  }
}

/** Nanoseconds in which any of the steps runs. */
function clock(steps: readonly DeviceStep[]): Set<number> {
  const covered = new Set<number>();
  for (const [, , startNs, endNs] of steps) for (let ns = startNs; ns < endNs; ns++) covered.add(ns);
  return covered;
}

const deviceOf = ([, detail]: DeviceStep) => detail.replace(/:.*| \(.*/, "");

test("time on the clock counts once, however many steps run side by side", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(anyStep, { maxLength: 12 }), async (steps) => {
      const ofDevices = steps.filter(([name]) => name !== "serial-console");
      const rows = await blame(steps);
      const devices = Map.groupBy(ofDevices, deviceOf);
      expect(new Set(rows.map((row) => row.device_name))).toEqual(new Set(devices.keys()));
      for (const row of rows) {
        expect(row.all_clock_ns).toBe(clock(ofDevices).size);
        expect(row.device_clock_ns).toBe(clock(devices.get(row.device_name)!).size);
        expect(row.device_count).toBe(devices.size);
      }
      for (const [device, own] of devices) {
        for (const [name, same] of Map.groupBy(own, ([step]) => step)) {
          const stretches = rows.filter((row) => row.device_name === device && row.step_name === name);
          const lengths = stretches.reduce((sum, row) => sum + row.end_offset_ns - row.start_offset_ns, 0);
          expect(lengths, "stretches do not overlap and leave nothing out").toBe(clock(same).size);
          expect(stretches.reduce((sum, row) => sum + row.step_count, 0)).toBe(same.length);
          const busyNs = same.reduce((sum, [, , startNs, endNs]) => sum + endNs - startNs, 0);
          expect(stretches.reduce((sum, row) => sum + row.busy_ns, 0)).toBe(busyNs);
        }
      }
      const ranks = rows.map((row) => row.device_clock_ns);
      expect(ranks, "the device with most time stands first").toEqual(ranks.toSorted((one, two) => two - one));
    }),
    { numRuns: 25 },
  );
});
