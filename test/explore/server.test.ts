// The explorer's server: who may ask, what may be asked, and that views say what plain SQL says.
import { request as httpRequest } from "node:http";
import { join } from "node:path";

import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { type Explorer, openDatasets, serveExplorer } from "../../src/explore/index.ts";
import { hostileNames } from "../analysis/kit.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";
import { writeTinyTrace } from "../kit/tiny-trace.ts";

const folder = sharedFolder();
const spanNs = 100_000;
const guestFrames = 3000;
let explorer: Explorer;
let close: () => void;

/** Page writes at any time and of any length, by a generator of its own; some reach over several cells. */
function writes() {
  let seed = 7;
  const next = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
  return Array.from({ length: 400 }, () => {
    const start = next(guestFrames - 1);
    return {
      time_ns: next(spanNs + 1),
      vm_index: next(2),
      start_gfn: start,
      page_count: 1 + next(Math.min(60, guestFrames - start)),
    };
  }).toSorted((one, two) => one.time_ns - two.time_ns);
}

const rows = writes();

beforeAll(async () => {
  const times = [...new Set(rows.map((row) => `${row.time_ns} ${row.vm_index}`))].map((key) =>
    key.split(" ").map(Number),
  );
  writeTinyTrace(join(folder, "trace"), {
    name: hostileNames[0],
    spanNs,
    tables: {
      vm: [0, 1].map((vm) => ({ name: hostileNames[vm]!, guest_bytes: guestFrames * 4096, vcpu_count: 1 })),
      tick: times.map(([timeNs, vm]) => ({ time_ns: timeNs!, vm_index: vm!, start_ns: 0, scan_ns: null })),
      page_write: rows,
    },
  });
  writeTinyRun(join(folder, "run"), { vmNames: hostileNames });
  const sources = ["trace", "run"].map((name) => ({ name, path: join(folder, name) }));
  const datasets = await openDatasets(sources, { folder });
  explorer = await serveExplorer(datasets);
  close = () => datasets.close();
});
afterAll(async () => {
  await explorer.close();
  close();
});

interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly withoutToken?: boolean;
}

/** A request as any program could send it: `fetch` would not let Host be set. */
function send(path: string, { method = "GET", headers = {}, body, withoutToken = false }: Sent = {}) {
  const own = withoutToken ? {} : { authorization: `Bearer ${explorer.token}` };
  return new Promise<{ status: number; text: string; headers: Record<string, unknown> }>((done, fail) => {
    const options = { host: "127.0.0.1", port: explorer.port, path, method, headers: { ...own, ...headers } };
    const sent = httpRequest(options, (response) => {
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => (text += chunk));
      response.on("end", () => done({ status: response.statusCode!, text, headers: response.headers }));
    });
    sent.on("error", fail);
    sent.end(body);
  });
}

const postSql = (sql: string, more: Sent = {}) =>
  send("/api/d/1/sql", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ sql }),
    ...more,
  });

describe("who may ask", () => {
  test("nobody without the token; with it in the address it becomes a cookie, and the address loses it", async () => {
    expect((await send("/", { withoutToken: true })).status).toBe(401);
    expect((await send("/api/datasets", { withoutToken: true })).status).toBe(401);
    expect((await send("/?token=wrong", { withoutToken: true })).status).toBe(401);
    const { status, headers } = await send(`/?token=${explorer.token}`, { withoutToken: true });
    expect([status, headers["location"]]).toEqual([303, "/"]);
    const [cookie] = headers["set-cookie"] as string[];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Path=\/$/);
    expect((await send("/", { withoutToken: true, headers: { cookie: cookie!.split(";")[0]! } })).status).toBe(200);
  });

  test("no page of another origin, and nobody by another name, token or not", async () => {
    for (const headers of [
      { host: "evil.example" },
      { host: `evil.example:${explorer.port}` },
      { host: `127.0.0.1:${explorer.port + 1}` },
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: `http://127.0.0.1:${explorer.port + 1}` },
      { "sec-fetch-site": "cross-site" },
    ]) {
      expect((await send("/api/datasets", { headers })).status, JSON.stringify(headers)).toBe(403);
    }
    const own = { origin: `http://127.0.0.1:${explorer.port}`, "sec-fetch-site": "same-origin" };
    expect((await send("/api/datasets", { headers: own })).status).toBe(200);
  });

  test("it listens on this machine's own address, and forbids what a page does not need", async () => {
    expect(explorer.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
    const { headers } = await send("/");
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers["content-security-policy"]).not.toMatch(/unsafe/);
    expect([headers["x-content-type-options"], headers["cache-control"]]).toEqual(["nosniff", "no-store"]);
  });
});

describe("what may be asked", () => {
  test.each([
    "/../../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/api/d/../../etc/passwd",
    "/api/d/9/sql",
    "/main.ts",
    "/page/main.ts",
  ])("%s is not there", async (path) => {
    expect((await send(path)).status).toBe(404);
  });

  test("names of folders are told, paths are not", async () => {
    const { text } = await send("/api/datasets");
    expect(text).not.toContain(folder);
    expect((JSON.parse(text) as { datasets: { name: string }[] }).datasets.map(({ name }) => name)).toEqual([
      "trace",
      "run",
    ]);
  });

  test("other methods, other forms and long bodies are refused", async () => {
    expect((await send("/", { method: "DELETE" })).status).toBe(405);
    expect((await send("/api/d/1/sql")).status).toBe(405);
    expect((await postSql("select 1", { headers: { "content-type": "text/plain" } })).status).toBe(415);
    expect((await postSql(`select '${"x".repeat(30_000)}'`)).status).toBe(400);
    expect((await postSql(`select '${"x".repeat(100_000)}'`)).status).toBe(400);
    expect(
      (await send("/api/d/1/sql", { method: "POST", headers: { "content-type": "application/json" }, body: "{" }))
        .status,
    ).toBe(400);
  });

  test("SQL reads: no second statement, no write, no file, no setting", async () => {
    const good = await postSql("select count(*) as steps from step");
    expect([good.status, JSON.parse(good.text)]).toMatchObject([
      200,
      { columns: [{ name: "steps" }], truncated: false },
    ]);
    for (const [sql, reason] of [
      ["select 1; select 2", /one SQL statement/],
      ["drop table step", /read-only/i],
      ["create table mine (a int)", /read-only/i],
      ["select * from read_csv('/etc/passwd')", /disabled|permission/i],
      ["copy step to '/tmp/step.csv'", /disabled|permission/i],
      ["attach '/tmp/other.duckdb'", /disabled|permission/i],
      ["set memory_limit = '64GB'", /locked/i],
      ["install httpfs", /disabled|permission|locked/i],
      ["select from where", /syntax error/],
      ["", /empty/],
    ] as const) {
      const { status, text } = await postSql(sql);
      expect(status, sql).toBe(400);
      expect((JSON.parse(text) as { error: string }).error, sql).toMatch(reason);
    }
  });

  test("a question that is none, and a view that is none or of wrong numbers, are refused with words", async () => {
    for (const path of [
      "/api/d/1/question/no-such",
      "/api/d/1/view/lanes?from=0&to=1&columns=1",
      "/api/d/0/view/no-such",
      "/api/d/0/view/lanes?from=0&to=1",
      "/api/d/0/view/lanes?from=-1&to=1&columns=10",
      "/api/d/0/view/lanes?from=0&to=1&columns=100000",
      "/api/d/0/view/lanes?from=0&to=1&columns=10&extra=1",
    ]) {
      const { status, text } = await send(path);
      expect(status, path).toBe(400);
      expect((JSON.parse(text) as { error: string }).error.length, path).toBeGreaterThan(5);
    }
  });

  test("what takes too long ends, and others are served meanwhile", async () => {
    const slow = postSql("select count(*) from range(100000000) a, range(100000) b where a.range % 7 = b.range % 5");
    const quick = await Promise.all(Array.from({ length: 10 }, () => postSql("select count(*) from vm")));
    expect(quick.map(({ status }) => status)).toEqual(Array.from({ length: 10 }, () => 200));
    const { status, text } = await slow;
    expect([status, (JSON.parse(text) as { error: string }).error]).toEqual([400, "this takes longer than 10 s"]);
  }, 30_000);

  test("ten clients at once get what they ask for", async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, client) => send(`/api/d/0/view/lanes?from=0&to=${spanNs}&columns=${10 + client}`)),
    );
    for (const { status, text } of answers) {
      expect(status).toBe(200);
      const { rows: found } = JSON.parse(text) as { rows: number[][] };
      expect(found.reduce((sum, row) => sum + row[3]!, 0)).toBe(rows.reduce((sum, row) => sum + row.page_count, 0));
    }
  });
});

interface Heat {
  readonly source: string;
  readonly rows: readonly (readonly [number, number, number])[];
  readonly time: { readonly origin: number; readonly length: number };
  readonly memory: { readonly origin: number; readonly length: number };
}

/** Each page of each row by itself. */
function countSlowly(vm: number, { time, memory }: Heat, frames: readonly [number, number]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of rows.filter((write) => write.vm_index === vm)) {
    const column = Math.floor((row.time_ns - time.origin) / time.length);
    for (let frame = row.start_gfn; frame < row.start_gfn + row.page_count; frame++) {
      if (frame < frames[0] || frame >= frames[1]) continue;
      const key = `${column} ${Math.floor((frame - memory.origin) / memory.length)}`;
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
  }
  return counts;
}

test("cells and rows count each page once, at any window and any fineness", async () => {
  const request = fc.record({
    vm: fc.integer({ min: 0, max: 1 }),
    from: fc.integer({ min: 0, max: spanNs - 1 }),
    lengthNs: fc.oneof(fc.integer({ min: 1, max: 1500 }), fc.integer({ min: 1500, max: spanNs })),
    first: fc.integer({ min: 0, max: guestFrames - 1 }),
    frames: fc.integer({ min: 1, max: guestFrames }),
    columns: fc.integer({ min: 1, max: 200 }),
    lines: fc.integer({ min: 1, max: 100 }),
  });
  const sources = new Set<string>();
  await fc.assert(
    fc.asyncProperty(request, async ({ vm, from, lengthNs, first, frames, columns, lines }) => {
      const to = from + lengthNs;
      const end = Math.min(guestFrames, first + frames);
      const path = `/api/d/0/view/heatmap?vm=${vm}&from=${from}&to=${to}&first=${first}&end=${end}&columns=${columns}&rows=${lines}`;
      const heat = JSON.parse((await send(path)).text) as Heat;
      sources.add(heat.source);
      expect(heat.time.origin).toBeLessThanOrEqual(from);
      const span: readonly [number, number] = heat.source === "rows" ? [first, end] : [0, guestFrames];
      const slow = countSlowly(vm, heat, span);
      for (const [column, line, pages] of heat.rows) expect(pages, path).toBe(slow.get(`${column} ${line}`));
      // Nothing inside what was asked for is left out.
      const has = new Set(heat.rows.map(([column, line]) => `${column} ${line}`));
      for (const row of rows.filter((write) => write.vm_index === vm && write.time_ns >= from && write.time_ns < to)) {
        const frame = Math.max(row.start_gfn, first);
        if (frame >= Math.min(end, row.start_gfn + row.page_count)) continue;
        const column = Math.floor((row.time_ns - heat.time.origin) / heat.time.length);
        expect(has.has(`${column} ${Math.floor((frame - heat.memory.origin) / heat.memory.length)}`), path).toBe(true);
      }
    }),
    { numRuns: 60 },
  );
  expect([...sources].toSorted()).toEqual(["cells", "rows"]);
});

test("rows under a brush are those of the trace", async () => {
  const path = `/api/d/0/view/writes?vm=1&from=0&to=${spanNs + 1}&first=500&end=900&limit=1000`;
  const { rows: found } = JSON.parse((await send(path)).text) as { rows: number[][] };
  const until = found[0]![4]!;
  const expected = rows
    .filter(
      (row) => row.vm_index === 1 && row.time_ns < until && row.start_gfn < 900 && row.start_gfn + row.page_count > 500,
    )
    .toSorted((one, two) => one.time_ns - two.time_ns || one.start_gfn - two.start_gfn);
  expect(found.map((row) => [row[0], row[2], row[3]])).toEqual(
    expected.map((row) => [row.time_ns, row.start_gfn, row.page_count]),
  );
  expect(found.length).toBeGreaterThan(0);
});
