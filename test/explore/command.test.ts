// `luoscope serve` as a process: it prints where to look, serves, and leaves nothing behind.
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { expect, test } from "vitest";

import { luoscope, startLuoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";

test("serves what it is given until it is told to end, and takes its databases away", async () => {
  const folder = tempFolder();
  writeTinyRun(join(folder, "run"));
  const temporary = join(folder, "temporary");
  mkdirSync(temporary);
  const serving = startLuoscope(["serve", `mine=${join(folder, "run")}`, "--json"], { TMPDIR: temporary });
  await expect.poll(() => serving.output.stdout, { timeout: 20_000 }).toMatch(/\}\s*$/);
  const { url, token, port } = JSON.parse(serving.output.stdout) as { url: string; token: string; port: number };
  expect(url).toBe(`http://127.0.0.1:${port}/?token=${token}`);
  const response = await fetch(`http://127.0.0.1:${port}/api/datasets`, {
    headers: { authorization: `Bearer ${token}` },
  });
  expect(await response.json()).toEqual({ datasets: [{ id: 0, name: "mine", kind: "run" }] });
  const isOurs = (name: string) => name.startsWith("luoscope-explore-");
  expect(readdirSync(temporary).filter(isOurs)).toHaveLength(1);
  serving.child.kill("SIGINT");
  expect(await serving.ended).toBe(0);
  expect(readdirSync(temporary).filter(isOurs)).toEqual([]);
}, 40_000);

test.each<[string, readonly string[], string]>([
  ["a port that is none", ["--port", "99999"], "--port 99999: not a number from 0 to 65535"],
  ["a folder that is not there", [], "nowhere"],
])("%s is refused with 2", (_what, flags, message) => {
  const { status, stderr } = luoscope(["serve", "nowhere", ...flags]);
  expect(status).toBe(2);
  expect(stderr).toContain(message);
});
