import { expect, test } from "vitest";

import { fileBlocks, maxSessions, sessionBlocks } from "./blocks.ts";

test.each([
  [0, 0],
  [1, 1],
  [51, 1],
  [52, 2],
  [510_000, 10_000],
])("[LUO-01] %i sessions take %i blocks", (sessions, blocks) => {
  expect(sessionBlocks(sessions)).toBe(blocks);
});

test.each([
  [2, 1],
  [63, 1],
  [64, 2],
  [500, 8],
])("[LUO-02] %i files of a session take %i blocks", (files, blocks) => {
  expect(fileBlocks(files)).toBe(blocks);
});

test("[LUO-03] the last block of a chain is the 10,000th", () => {
  expect(sessionBlocks(maxSessions)).toBe(10_000);
  expect(sessionBlocks(maxSessions + 1)).toBe(10_001);
});
