// What may go through a queue, and through which: no server is needed to say no.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { beforeAll, describe, expect, test } from "vitest";

import type { RunList } from "../../src/plan/index.ts";
import { parseRedisAddress, redisCommand } from "../../src/sweep/index.ts";
import { jobIdOf, maxQueuedRuns, parsePayload, queueNameOf, toPayload } from "../../src/sweep/queue-payload.ts";
import { cutShards, type Shard } from "../../src/sweep/shards.ts";
import { luoscope } from "../kit/cli.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { beginSweep, writePlan } from "./queue-kit.ts";

let [runs, sha256, shard]: [RunList, string, Shard] = [undefined!, "", undefined!];
beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), "luoscope-test-"));
  ({ runs, sha256 } = await beginSweep(`${folder}/sweep`, writePlan(folder, 5)));
  [shard] = cutShards(runs, [0, 1, 2, 7, 8, 20], 100) as [Shard];
  rmSync(folder, { recursive: true });
});

describe("a message", () => {
  const parse = (changes: object, jobId = jobIdOf(shard.name)) =>
    parsePayload({ ...toPayload(sha256, shard), ...changes }, { sweepSha256: sha256, runs, jobId });

  test("that is a shard of the plan is taken", () => {
    expect(parse({})).toEqual(shard);
    expect(shard.ranges).toEqual([
      [0, 3],
      [7, 9],
      [20, 21],
    ]);
  });

  test("says nothing but numbers of runs", () => {
    expect(Object.keys(toPayload(sha256, shard))).toEqual(["sweep", "name", "ranges", "runCount"]);
  });

  test.each([
    ["of another plan", { sweep: "0".repeat(64) }, "another plan"],
    ["with a sweep that is no hash", { sweep: "../../etc" }, "sweep: "],
    ["with a path for a name", { name: "../../../../etc/x" }, "name: "],
    ["with another name", { name: "0".repeat(24) }, "name: not that of the message"],
    ["with runs beyond the plan", { ranges: [[0, 1_000_000]], runCount: 6 }, "the plan has 40 runs"],
    ["with too many runs", { runCount: maxQueuedRuns + 1 }, "runCount: "],
    ["with fewer runs than it says", { runCount: 7 }, "the ranges hold 6"],
    [
      "with a range twice",
      {
        ranges: [
          [0, 3],
          [0, 3],
        ],
      },
      "not ascending",
    ],
    [
      "with an empty range",
      {
        ranges: [
          [0, 6],
          [7, 7],
        ],
      },
      "not ascending",
    ],
    ["with a range backwards", { ranges: [[6, 0]] }, "not ascending"],
    ["with a negative run", { ranges: [[-3, 3]] }, "ranges.0.0: "],
    ["with half a run", { ranges: [[0, 5.5]] }, "ranges.0.1: "],
    ["with other runs", { ranges: [[1, 7]] }, "name: not that of its runs"],
    ["with no ranges", { ranges: [] }, "ranges: "],
    ["with more ranges than runs", { ranges: Array.from({ length: 20_000 }, (_, at) => [at, at + 1]) }, "at most"],
    ["with something more", { folder: "/etc" }, "message: "],
    ["with an index for a range", { ranges: "0-6" }, "ranges: "],
  ])("%s is refused", (_, changes, reason) => {
    expect(() => parse(changes)).toThrow(reason);
  });

  test.each([[null], ["text"], [[]], [7], [undefined]])("that is %j is refused", (data) => {
    expect(() => parsePayload(data, { sweepSha256: sha256, runs, jobId: "" })).toThrow("refused: ");
  });

  test("under another message's name is refused", () => {
    expect(() => parse({}, "run-000000000000000000000000")).toThrow("not that of the message");
  });

  test("goes through a queue whose name follows from the plan", () => {
    expect(queueNameOf(sha256)).toBe(`sweep-${sha256}`);
    expect(() => queueNameOf("a:b")).toThrow("no hash");
  });
});

describe("the address of a server", () => {
  const parse = (text: string, more: Partial<Parameters<typeof parseRedisAddress>[1]> = {}) =>
    parseRedisAddress(text, { source: "--redis", mayHoldPassword: false, isInsecure: false, ...more });

  test("is read from a URL", () => {
    expect(parse("redis://127.0.0.1:6399")).toEqual({ host: "127.0.0.1", port: 6399, database: 0, isTls: false });
    expect(parse("redis://[::1]/3")).toEqual({ host: "::1", port: 6379, database: 3, isTls: false });
    expect(parse("rediss://me@queue.example.org:6380", { password: "p", ca: "PEM" })).toEqual({
      host: "queue.example.org",
      port: 6380,
      database: 0,
      isTls: true,
      username: "me",
      password: "p",
      ca: "PEM",
    });
    expect(parse("redis://:a%40b@localhost", { mayHoldPassword: true }).password).toBe("a@b");
  });

  test.each([
    ["http://127.0.0.1", "no URL of a Redis server"],
    ["127.0.0.1:6399", "no URL of a Redis server"],
    ["redis://", "no URL of a Redis server"],
    ["redis://h/0?password=tiger", "no URL of a Redis server"],
    ["redis://127.0.0.1/name", "no URL of a Redis server"],
    ["redis://queue.example.org", "is another machine"],
    ["redis://127.0.0.1.example.org", "is another machine"],
    ["redis://:tiger@127.0.0.1", "holds a password"],
    ["rediss://me:tiger@queue.example.org", "holds a password"],
  ])("%s is refused", (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
    expect(() => parse(text)).not.toThrow("tiger");
  });

  test("elsewhere without TLS takes --insecure", () => {
    expect(parse("redis://queue.example.org", { isInsecure: true }).host).toBe("queue.example.org");
  });

  test("that nobody listens at is named, with how to start a server", () => {
    const folder = tempFolder();
    const plan = writePlan(folder, 2);
    const args = ["sweep", plan, "-o", `${folder}/out`, "--engine", "bullmq"];
    const { status, stderr } = luoscope([...args, "--redis", "redis://127.0.0.1:1"]);
    expect(stderr).toContain("Redis at 127.0.0.1:1 cannot be reached");
    expect(stderr).toContain(redisCommand);
    expect(status).toBe(2);
    expect(luoscope(args)).toMatchObject({ status: 2, stderr: expect.stringContaining("--redis: missing") as string });
    const secret = luoscope([...args, "--redis", "redis://:tiger@127.0.0.1:1"]);
    expect(secret.status).toBe(2);
    expect(secret.stdout + secret.stderr).not.toContain("tiger");
    const stray = luoscope(["sweep", plan, "-o", `${folder}/out`, "--redis", "redis://127.0.0.1:1"]);
    expect(stray).toMatchObject({ status: 2, stderr: expect.stringContaining("add --engine bullmq") as string });
  });
});
