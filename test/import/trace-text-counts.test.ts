// Trace texts against the tools' own counts and against a naive reading, line by line with regular expressions.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { describe, expect, test } from "vitest";

import { importTrace, traceSchema } from "../../src/trace/index.ts";
import { importInto } from "../kit/import-conformance.ts";
import { eventsOf, rowsOf } from "../kit/imported-rows.ts";
import { tempFolder } from "../kit/temp-folder.ts";

const samples = fileURLToPath(new URL("../../traces/samples", import.meta.url));
const kernels = ["6.1.0-56-amd64", "6.12.117+deb12-amd64"];
const { accessTable, deviceIoTable, interruptTable, pagePopulationTable } = traceSchema;

/** `TASK-PID [CPU] [flags] time: event: fields`, by a regular expression; the last dash before the CPU ends the name. */
const plainLine =
  /^\s*(.*)-(\d+)\s+(?:\(\s*(\d+|-+)\)\s+)?\[(\d+)\](?:\s+[^\s\d]\S*)?\s+(\d+)\.(\d+): +(?:\(\+\d+\) +)?([\w.]+): *(.*)$/;

function naiveLines(path: string) {
  return readFileSync(path, "latin1")
    .split("\n")
    .map((line) => plainLine.exec(line))
    .filter((found) => found !== null)
    .map(([, task, pid, , cpu, second, fraction, name, detail]) => ({
      task,
      threadId: Number(pid),
      cpu: Number(cpu),
      ns: Number(second) * 1e9 + Number(fraction!.padEnd(9, "0")),
      name,
      detail,
    }));
}

async function read(path: string) {
  const { folder, report } = await importInto([path]);
  return { folder, report, events: eventsOf(folder) };
}

/** Tables that do not depend on how the text was printed. */
function madeTables(folder: string) {
  return [deviceIoTable, interruptTable, pagePopulationTable, accessTable].map((table) => rowsOf(folder, table));
}

describe("the kernel's trace text", () => {
  const files = kernels.flatMap((kernel) => {
    const folder = join(samples, "ftrace", kernel);
    return readdirSync(folder)
      .filter((name) => !/workload|stats|function-graph|x86-tsc|counter|uptime/.test(name))
      .map((name) => join(folder, name));
  });

  test.each(files)("%s holds as many events as the header says", async (path) => {
    const { events, report } = await read(path);
    const text = readFileSync(path, "latin1");
    const [, count] = /(?:entries-written: |#)(\d+)\//.exec(text) ?? [];
    const written = count ?? naiveLines(path).length;
    expect(events.length).toBe(Number(written));
    const dropped = report.sources[0]!.dropped.map(({ code }) => code);
    expect(dropped).not.toContain("lines-not-understood");
  });

  test.each(files.filter((path) => !/latency-format|function|syscalls/.test(path)))(
    "%s is read as naively",
    async (path) => {
      const { events } = await read(path);
      const naive = naiveLines(path);
      const byName = events.filter(({ name }) => name !== "<stack trace>");
      expect(byName).toHaveLength(naive.length);
      for (const [index, { task, threadId, cpu, ns, name, detail }] of naive.entries()) {
        const event = byName[index]!;
        expect({ ...event, timeNs: 0, detail: "" }).toMatchObject({ task, threadId, cpu, name, category: null });
        expect(event.timeNs).toBe(Math.round(ns - naive[0]!.ns));
        expect((event.detail ?? "").split("\n")[0]).toBe(detail);
      }
    },
  );

  test("says what was overwritten before it was read", async () => {
    const { report } = await read(join(samples, "ftrace", kernels[0]!, "overwritten.txt"));
    expect(report.warnings).toContainEqual(expect.objectContaining({ code: "events-overwritten", rows: 780 - 190 }));
    const pipe = await read(join(samples, "ftrace", kernels[0]!, "overwritten.pipe.txt"));
    expect(pipe.report.warnings).toContainEqual(expect.objectContaining({ code: "events-lost", rows: 590 }));
    const stats = readFileSync(join(samples, "ftrace", kernels[0]!, "overwritten.stats.txt"), "utf8");
    expect(stats).toContain("overrun: 590");
  });

  test.each(["x86-tsc", "counter", "uptime"])("is refused with clock %s, whose rate nobody says", async (clock) => {
    await expect(read(join(samples, "ftrace", kernels[0]!, `clock-${clock}.txt`))).rejects.toMatchObject({
      message: expect.stringContaining("line 13: expected times in seconds"),
      hint: expect.stringContaining("trace_clock"),
    });
  });

  test("keeps names of tasks with any characters, and their threads' processes", async () => {
    const { events } = await read(join(samples, "ftrace", kernels[0]!, "tgid.txt"));
    const tasks = new Set(events.map(({ task }) => task));
    for (const name of ["my task-1", "vCPU 0/KVM", "a-b-c-42", "[odd] <x>", "dots: 1.5: y", "(paren) =>", "qemu-kvm"]) {
      expect(tasks).toContain(name);
    }
    const threads = events.filter(({ task }) => task === "vCPU 0/KVM");
    expect(new Set(threads.map(({ processId }) => processId))).toEqual(new Set([288]));
  });

  test("populates the pages that a guest touches first, and no page of a device", async () => {
    for (const kernel of kernels) {
      const { folder } = await read(join(samples, "ftrace", kernel, "kvm.txt"));
      const gfns = rowsOf(folder, pagePopulationTable).map((row) => Number(row["start_gfn"]));
      // 64 pages that the load writes from frame 16 on, its code, and its stack below.
      expect(gfns.toSorted((left, right) => left - right)).toEqual([
        0,
        1,
        ...Array.from({ length: 64 }, (_, page) => 16 + page),
      ]);
      expect(gfns).not.toContain(0xd0);
    }
  });
});

describe("tracer function_graph", () => {
  const names = ["abstime-proc-tail", "latency-format", "no-cpu-overhead-sleep"];
  const files = kernels.flatMap((kernel) =>
    names.map((name) => join(samples, "ftrace", kernel, `function-graph-${name}.txt`)),
  );

  test.each(files)("%s gives each function its measured duration", async (path) => {
    const { events } = await read(path);
    const text = readFileSync(path, "latin1").split("\n");
    const duration = String.raw`\|\s+[+!#*@$]?\s*([\d.]+) us\s+\|\s+`;
    const left = new RegExp(`${duration}(?:\\} /\\* (\\S+) \\*/|([\\w.]+)\\(\\);)$`);
    const naive = text.map((line) => left.exec(line)).filter((found) => found !== null);
    const wanted = naive.map(([, us, exit, leaf]) => `${exit ?? leaf} ${Math.round(Number(us) * 1000)}`);
    const found = events
      .filter(({ category, durationNs }) => category === "function_graph" && durationNs !== null)
      .map(({ name, durationNs }) => `${name} ${durationNs}`);
    expect(found.length).toBeGreaterThan(40);
    expect(found.toSorted()).toEqual(wanted.toSorted());
    const comments = text.filter((line) => /\|\s+\/\* block_rq_issue: /.test(line)).length;
    expect(events.filter(({ name }) => name === "block_rq_issue")).toHaveLength(comments);
  });

  test("is refused without absolute times, with what to do", async () => {
    await expect(read(join(samples, "ftrace", kernels[0]!, "function-graph.txt"))).rejects.toMatchObject({
      hint: expect.stringContaining("funcgraph-abstime"),
    });
  });

  test("nests in trace-cmd's report as in the kernel's text", async () => {
    const { events } = await read(join(samples, "trace-cmd/3.1.6/function-graph.report.txt"));
    const calls = events.filter(({ category, durationNs }) => category === "function_graph" && durationNs !== null);
    const text = readFileSync(join(samples, "trace-cmd/3.1.6/function-graph.report.txt"), "latin1").split("\n");
    expect(calls).toHaveLength(text.filter((line) => / us \|/.test(line) || / us {1,3}\|/.test(line)).length);
    // One call's end was among the events that the recorder lost.
    const writes = events.filter(({ name }) => name === "vfs_write");
    const inner = calls.filter(({ name }) => name === "blkdev_write_iter");
    expect(inner.length).toBeGreaterThan(5);
    for (const { timeNs, durationNs, threadId } of inner) {
      // The tracer takes a call's time some microseconds before that of the line.
      const around = writes.filter(
        (write) =>
          write.threadId === threadId &&
          write.timeNs <= timeNs &&
          write.timeNs + (write.durationNs ?? 1e9) + 10_000 >= timeNs + durationNs!,
      );
      expect(around.length).toBeGreaterThan(0);
    }
  });
});

describe("trace-cmd report", () => {
  const folder = join(samples, "trace-cmd/3.1.6");
  const counted = readdirSync(folder).filter(
    (name) => name.endsWith(".counts.txt") && !/x86-tsc|function-graph/.test(name),
  );

  test.each(counted)("%s is the number of events", async (name) => {
    const count = /lines of events: (\d+)/.exec(readFileSync(join(folder, name), "utf8"))![1];
    const { events } = await read(join(folder, name.replace(".counts.", ".report.")));
    expect(events).toHaveLength(Number(count));
  });

  test.each(["N", "R", "l", "ts-diff"])(
    "with -%s gives the same requests and interrupts as without",
    async (option) => {
      const plain = await read(join(folder, "disk.report.txt"));
      const other = await read(join(folder, `disk.report-${option}.txt`));
      expect(madeTables(other.folder)).toEqual(madeTables(plain.folder));
      expect(other.events.map(({ timeNs }) => timeNs)).toEqual(plain.events.map(({ timeNs }) => timeNs));
    },
  );

  test("with -t tells nanoseconds", async () => {
    const plain = await read(join(folder, "disk.report.txt"));
    const exact = await read(join(folder, "disk.report-t.txt"));
    for (const [index, { timeNs }] of exact.events.entries()) {
      // Both ends are rounded to a microsecond.
      expect(Math.abs(timeNs - plain.events[index]!.timeNs)).toBeLessThanOrEqual(1000);
    }
    expect(exact.events.some(({ timeNs }) => timeNs % 1000 !== 0)).toBe(true);
  });

  test("gives the same guest pages from raw fields", async () => {
    const plain = await read(join(folder, "kvm.report.txt"));
    const raw = await read(join(folder, "kvm.report-R.txt"));
    expect(madeTables(raw.folder)).toEqual(madeTables(plain.folder));
    expect(rowsOf(raw.folder, pagePopulationTable)).toHaveLength(66);
  });

  test("knows times of a calendar as such, and puts them beside others", async () => {
    const target = join(tempFolder(), "trace");
    const inputs = [join(folder, "date.report.txt"), join(folder, "disk.report.txt")];
    await expect(importTrace({ inputs, target })).rejects.toThrow(/different clocks: date.report.txt \(realtime\)/);
  });

  test("says what trace-cmd lost", async () => {
    const { report } = await read(join(folder, "lost.report.txt"));
    expect(report.warnings).toContainEqual(expect.objectContaining({ code: "events-lost", rows: 15_986 }));
  });
});

describe("perf script", () => {
  const folder = join(samples, "perf/6.1.192");
  const counted = readdirSync(folder).filter((name) => name.endsWith(".counts.txt"));

  test.each(counted)("%s is the number of events of each kind", async (name) => {
    const text = readFileSync(join(folder, name), "utf8");
    const { events } = await read(join(folder, name.replace(".counts.", ".script.")));
    expect(events).toHaveLength(Number(/grep -c \.: (\d+)/.exec(text)![1]));
    for (const [, count, kind] of text.matchAll(/^ +(\d+) +(\S+): $/gm)) {
      const found = events.filter((event) => [event.category, event.name].filter(Boolean).join(":") === kind);
      expect([kind, found.length]).toEqual([kind, Number(count)]);
    }
  });

  test.each(["fields", "header", "reltime"])("with other fields (%s) gives the same rows", async (option) => {
    const plain = await read(join(folder, "disk.script.txt"));
    const other = await read(join(folder, `disk.script-${option}.txt`));
    // With --reltime perf cuts other digits.
    const times = (events: typeof plain.events) => events.map(({ timeNs }) => Math.round(timeNs / 10_000));
    expect(other.events.map(({ name, detail }) => [name, detail])).toEqual(
      plain.events.map(({ name, detail }) => [name, detail]),
    );
    for (const [index, time] of times(other.events).entries()) {
      expect(Math.abs(time - times(plain.events)[index]!)).toBeLessThanOrEqual(1);
    }
  });

  test("keeps a stack in the event's text, and all else as without stacks", async () => {
    const plain = await read(join(folder, "stacks.script-G.txt"));
    const stacks = await read(join(folder, "stacks.script.txt"));
    const first = stacks.events.map((event) => ({ ...event, detail: event.detail!.split("\n")[0]! }));
    expect(first).toEqual(plain.events);
    const lines = readFileSync(join(folder, "stacks.script.txt"), "utf8")
      .split("\n")
      .filter((line) => line.startsWith("\t"));
    expect(stacks.events.reduce((sum, { detail }) => sum + detail!.split("\n").length - 1, 0)).toBe(lines.length);
  });

  test("names processes where -F asks for them", async () => {
    const { events } = await read(join(folder, "disk.script-fields-pid-period.txt"));
    expect(events.every(({ processId, threadId }) => processId === threadId)).toBe(true);
  });

  test("is refused with --deltatime", async () => {
    await expect(read(join(folder, "disk.script-deltatime.txt"))).rejects.toThrow(/--deltatime/);
  });
});
