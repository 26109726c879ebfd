import { expect, test } from "vitest";

import { pageBytes } from "../../base/index.ts";
import { sizeKexecImage } from "./image.ts";

/**
 * Free pages (MemFree and the per-CPU lists of /proc/zoneinfo) that kexec_file_load() took and its unloading gave back,
 * three times in a row, from a hook of the recorded machine: init_size of the bzImage, bytes of the initrd.
 */
test.each([
  ["7.3.4", 18_776_064, 6_039_203, [6087, 6087, 6087, 6087, 6087], 1],
  ["7.2.13", 20_918_272, 6_029_467, [6609, 6606, 6611, 6606, 6611], 6],
] as const)(
  "[KHO-07] a loaded image of Linux %s takes as many pages as was measured",
  (_, kernel, initrd, pages, off) => {
    const areas = { lowmemBytes: 0, globalBytes: 0, nodeBytes: [0] };
    const { copiedPages, imageBytes } = sizeKexecImage({ kernelMemoryBytes: kernel, initrdBytes: initrd }, areas);
    for (const measured of pages) expect(Math.abs(imageBytes / pageBytes - measured)).toBeLessThan(off);
    expect(copiedPages).toBeLessThan(imageBytes / pageBytes);
  },
);

test("[KHO-07] descriptors of many scratch areas take a page more", () => {
  const host = { kernelMemoryBytes: 16 * pageBytes, initrdBytes: 0 };
  const sized = (nodes: number) =>
    sizeKexecImage(host, { lowmemBytes: 0, globalBytes: 0, nodeBytes: Array.from({ length: nodes }, () => 0) });
  expect(sized(254).copiedPages).toBe(sized(1).copiedPages);
  expect(sized(255).copiedPages).toBe(sized(1).copiedPages + 1);
});
