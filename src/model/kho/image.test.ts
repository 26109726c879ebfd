import { expect, test } from "vitest";

import { pageBytes } from "../../base/index.ts";
import { sizeKexecImage } from "./image.ts";

const host = { kernelInitBytes: 4096 * pageBytes, initrdBytes: 1 };

function sizeFor(nodes: number, initrdBytes = host.initrdBytes) {
  const nodeBytes = Array.from({ length: nodes }, () => 0);
  return sizeKexecImage({ ...host, initrdBytes }, { lowmemBytes: 0, globalBytes: 0, nodeBytes });
}

// How many pages a real image takes is judged by recordings: test/fidelity/memory-use.test.ts.
test("[KHO-07] what is copied grows by the page, and the list of pages with it", () => {
  expect(sizeFor(1, pageBytes + 1).copiedPages).toBe(sizeFor(1).copiedPages + 1);
  const { copiedPages, imageBytes } = sizeFor(1);
  const more = sizeFor(1, 511 * pageBytes + 1);
  expect(more.copiedPages - copiedPages).toBe(511);
  expect((more.imageBytes - imageBytes) / pageBytes).toBe(512);
});

test("[KHO-07] descriptors of many scratch areas take a page more", () => {
  expect(sizeFor(254).copiedPages).toBe(sizeFor(1).copiedPages);
  expect(sizeFor(255).copiedPages).toBe(sizeFor(1).copiedPages + 1);
});
