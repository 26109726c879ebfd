// Functions that were traced, and what perf prints, where no sample has it.
import { describe, expect, test } from "vitest";

import { importText } from "../kit/imported-rows.ts";

describe("tracer function_graph", () => {
  const heading =
    "# tracer: function_graph\n#\n#     TIME        CPU  TASK/PID         DURATION                  FUNCTION CALLS\n";
  const call = (us: number, text: string, task = "a-1") =>
    `    1.${String(us).padStart(6, "0")} |   0)   ${task}   | ${text}\n`;
  const entry = (us: number, indent: number, name: string, task?: string) =>
    call(us, `              |  ${" ".repeat(indent)}${name}() {`, task);
  const exit = (us: number, indent: number, took: string, task?: string) =>
    call(us, `${took} us   |  ${" ".repeat(indent)}}`, task);

  test("gives what was lost no end, and what began before a begin", async () => {
    const { events } = await importText(
      heading +
        call(100, "+ 50.000 us   |  } /* before */") +
        entry(200, 0, "outer") +
        entry(210, 2, "lost") +
        exit(300, 0, "! 100.000") +
        entry(400, 0, "open"),
    );
    expect(events.map(({ name, timeNs, durationNs }) => [name, timeNs, durationNs])).toEqual([
      ["before", 0, 50_000],
      ["outer", 100_000, 100_000],
      ["lost", 110_000, null],
      ["open", 300_000, null],
    ]);
  });

  test("keeps tasks apart, and drops returns of which nobody knows the name", async () => {
    const { events, codes } = await importText(
      heading +
        entry(100, 0, "one", "a-1") +
        entry(110, 0, "two", "b-2") +
        exit(150, 0, "+ 50.000", "a-1") +
        exit(160, 0, "+ 50.000", "b-2") +
        exit(170, 0, "+ 50.000", "b-2"),
    );
    expect(events.map(({ name, task, durationNs }) => [name, task, durationNs])).toEqual([
      ["one", "a", 50_000],
      ["two", "b", 50_000],
    ]);
    expect(codes["returns-dropped"]).toBe(1);
  });

  test("without tasks takes them from the lines between, and without durations from the times", async () => {
    const rule = " ------------------------------------------\n";
    const { events } = await importText(
      "# tracer: function_graph\n#\n#     TIME        CPU                    FUNCTION CALLS\n" +
        "    1.000100 |   0)  outer() {\n" +
        `${rule} 0)    a-1    =>    b-2   \n${rule}\n` +
        "    1.000200 |   0)  other();\n" +
        `${rule} 0)    b-2    =>    a-1   \n${rule}\n` +
        "    1.000300 |   0)  }\n",
    );
    expect(events.map(({ name, task, durationNs }) => [name, task, durationNs])).toEqual([
      ["outer", null, 200_000],
      ["other", "b", null],
    ]);
  });

  test("keeps arguments, results, modules and interrupts", async () => {
    const { events } = await importText(
      heading +
        call(100, "  1.000 us    |  get(fd=3, p=0x0); /* = 0x1 */") +
        call(200, "  1.000 us    |  kvm_get [kvm]();") +
        call(300, "==========> |") +
        call(400, "  1.000 us    |  plain();"),
    );
    expect(events.map(({ name, detail }) => [name, detail])).toEqual([
      ["get", "(fd=3, p=0x0); /* = 0x1 */"],
      ["kvm_get [kvm]", null],
      ["==========>", null],
      ["plain", null],
    ]);
  });

  test("of calls without end does not take the memory", async () => {
    const deep = Array.from({ length: 20_000 }, (_, depth) =>
      entry(depth + 1, (2 * (depth % 20_000)) % 400, `f${depth % 7}`),
    ).join("");
    const { events } = await importText(heading + deep);
    expect(events).toHaveLength(20_000);
  });
});

describe("perf script", () => {
  test.each([
    ["comm and CPU", "my task [003] 1.000001: sched:sched_switch: x\n", ["my task", null, 3]],
    ["thread and CPU", "  593 [003]    1.000001: sched:sched_switch: x\n", ["", 593, 3]],
    ["thread", "my task  593    1.000001: sched:sched_switch: x\n", ["my task", 593, null]],
    ["time", "    1.000001: sched:sched_switch: x\n", [null, null, null]],
  ])("with -F %s", async (_, text, wanted) => {
    const { events } = await importText(text.repeat(3), { format: "perf-script" });
    expect(events).toHaveLength(3);
    expect([events[0]!.task, events[0]!.threadId, events[0]!.cpu]).toEqual(wanted);
  });

  test("tells an event's modifiers from a subsystem, and counts what was lost", async () => {
    const { events, codes } = await importText(
      "a  1 [000] 1.000001:  4000 cycles:u:  ffff f+0x1 (x)\na  1 [000] 1.000002: PERF_RECORD_LOST lost 12\na  1 [000] 1.000003: cpu/event=0x3c,umask=0x1/pp:  \n",
    );
    expect(events.map(({ category, name, detail }) => [category, name, detail])).toEqual([
      [null, "cycles:u", "period=4000 ffff f+0x1 (x)"],
      [null, "PERF_RECORD_LOST", "lost 12"],
      [null, "cpu/event=0x3c,umask=0x1/pp", null],
    ]);
    expect(codes["events-lost"]).toBe(12);
  });
});
