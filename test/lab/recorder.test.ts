// What the recorder does on hosts that lack something, under every shell that is here. Real updates: live-update.lab.ts.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";

import { describe, expect, onTestFinished, test } from "vitest";

import { Bundle } from "./bundle.ts";
import { FakeHost, recorder, shells } from "./fake-host.ts";

const fine = { status: 0, stderr: "" };
const itemsOf = (bundle: Bundle): string[] => bundle.manifest.missing.map(({ step, item }) => `${step}: ${item}`);

function bundleOf(host: FakeHost): Bundle {
  expect(host.run("bundle -o out.tar.gz")).toMatchObject({ ...fine, stdout: "out.tar.gz\n" });
  expect(readdirSync(host.root).filter((name) => name.startsWith("out"))).toEqual(["out.tar.gz"]);
  const bundle = new Bundle(host.path("out.tar.gz"));
  expect(bundle.first).toBe("manifest.json");
  expect(bundle.wrongFiles()).toEqual([]);
  expect(["manifest.json", ...bundle.manifest.files.map((file) => file.path)].sort()).toEqual(bundle.files);
  return bundle;
}

/** A tmpfs of a size, or null where this user may not mount one. */
function smallDisk(path: string, size: string): string | null {
  mkdirSync(path);
  if (spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", path]).status !== 0) return null;
  onTestFinished(() => void spawnSync("umount", [path]));
  return path;
}

describe.skipIf(process.platform !== "linux").each(shells)("the recorder under $name", ({ words }) => {
  const newHost = (): FakeHost => new FakeHost(words);

  test("records an update without tracefs: facts, marks and one clock", () => {
    const host = newHost();
    expect(host.run("pre").stderr).toContain("missing trace: no tracefs: mount -t tracefs tracefs");
    expect(host.run("mark preserve-start")).toMatchObject(fine);
    expect(host.run("save")).toMatchObject(fine);
    expect(host.run("mark vm0:paused_1.x")).toMatchObject(fine);
    host.kexec();
    expect(host.run("mark userspace")).toMatchObject(fine);
    expect(host.run("arrive")).toMatchObject(fine);
    expect(host.run("post")).toMatchObject(fine);
    const bundle = bundleOf(host);
    expect(bundle.manifest).toMatchObject({
      format: "luoscope-recording",
      version: 1,
      kexec: true,
      boot_ids: { pre: "0f7a1ac4-5a55-4a11-bb4f-000000000001", post: "0f7a1ac4-5a55-4a11-bb4f-000000000002" },
    });
    expect(itemsOf(bundle)).toEqual(["pre: trace"]);
    const marksOf = (step: string): string[] => bundle.lines(`${step}/marks`);
    const [saveStart, saveEnd] = ["5000000123 recorder-save-start", "5000000123 recorder-save-end"];
    expect(marksOf("pre")).toEqual(["5000000123 preserve-start", saveStart, saveEnd, "5000000123 vm0:paused_1.x"]);
    expect(marksOf("post").map((line) => line.split(" ")[1])).toEqual([
      "userspace",
      "recorder-arrive-start",
      "recorder-arrive-end",
    ]);
    expect(bundle.lines("pre/clocks").slice(0, 2)).toEqual([
      "source timer_list",
      "sample 1 mono_before_ns=5000000123 realtime_ns=1700000005000000123 mono_after_ns=5000000123",
    ]);
    expect(bundle.text("pre/saved/meminfo")).toBe("meminfo of this host\n");
    expect(bundle.text("pre/nodes/node0/cpulist")).toBe("0-3\n");
    expect(bundle.text("pre/kexec")).toBe("kexec_loaded 1\n");
    expect(bundle.text("pre/pci")).toBe("0000:00:03.0 0x1af4 0x1001 0x010000 nvme\n");
    expect(bundle.text("post/dmesg")).toContain("Linux version");
    expect(host.read("kmsg")).toContain("<7>luoscope: clock sample 5\n");
  });

  test("records without debugfs, without dmesg's beginning, with 10 ms where timer_list is not there", () => {
    const host = newHost();
    rmSync(host.path("debug"), { recursive: true });
    rmSync(host.path("proc/timer_list"));
    host.log("<6>[ 1234.000000] later\n");
    const { status, stderr } = host.run("pre --no-graph");
    expect(status).toBe(0);
    expect(stderr).toContain("CONFIG_KEXEC_HANDOVER_DEBUGFS");
    host.run("mark early");
    expect(host.read("state/pre/marks")).toBe("50000000 early\n");
    expect(host.read("state/pre/clocks")).toMatch(
      /^source uptime\nsample 1 mono_before_ns=50000000 realtime_ns=\d{19} /,
    );
    const bundle = bundleOf(host);
    expect(bundle.manifest).toMatchObject({ kexec: false, boot_ids: { post: null } });
    expect(itemsOf(bundle)).toEqual(["pre: kho", "pre: trace", "pre: start of dmesg"]);
  });

  test("starts function_graph on what it wants only, and stops it again", () => {
    const host = newHost();
    host.addTracefs();
    expect(host.run("pre")).toMatchObject({ ...fine, stdout: `pre is in ${host.state}; tracing into boot_map\n` });
    // Numbers of functions; the first is none of LUO's, the fifth is called once a page.
    expect(host.read("tracing/instances/boot_map/set_ftrace_filter")).toBe("\n2\n3\n4\n6\n7\n8\n");
    const functions = host.read("state/pre/functions").split("\n");
    expect(functions.slice(-3)).toEqual(["ffffffff81000006 device_shutdown", "ffffffff81000007 nvme_shutdown", ""]);
    expect(host.read("tracing/instances/boot_map/current_tracer")).toBe("function_graph\n");
    expect(host.read("tracing/instances/boot_map/tracing_on")).toBe("1\n");
    host.run("mark vm0-paused");
    expect(host.read("tracing/instances/boot_map/trace_marker")).toBe("luoscope:vm0-paused mono_ns=5000000123\n");
    expect(host.run("stop")).toMatchObject(fine);
    expect(host.read("tracing/instances/boot_map/current_tracer")).toBe("nop\n");
    expect(host.read("tracing/instances/boot_map/set_ftrace_filter")).toBe("");
    host.run("pre --functions all");
    expect(host.read("tracing/instances/boot_map/set_ftrace_filter")).toBe("\n2\n3\n4\n5\n6\n7\n8\n");
  });

  test("traces nothing rather than every function", () => {
    const host = newHost();
    host.addTracefs();
    rmSync(host.path("tracing/instances/boot_map/set_ftrace_filter"));
    symlinkSync("/dev/null", host.path("tracing/instances/boot_map/set_ftrace_filter"));
    expect(host.run("pre").stderr).toContain("function_graph does not start");
    expect(host.read("tracing/instances/boot_map/current_tracer")).toBe("nop\n");
  });

  test("takes the old kernel's pages, and its text only for the same kernel", () => {
    const host = newHost();
    host.addTracefs();
    host.run("pre");
    host.write("tracing/instances/boot_map/current_tracer", "nop\n");
    host.write("tracing/instances/boot_map/per_cpu/cpu0/stats", "entries: 2\noverrun: 9\n");
    host.kexec("7.4.0");
    expect(host.run("post").stderr).toContain("missing start of old-trace: newer events have overwritten older ones");
    const bundle = bundleOf(host);
    expect(bundle.text("post/old-trace.cpu0")).toBe("\u0007".repeat(4096));
    expect(bundle.has("post/old-trace.cpu1")).toBe(false);
    expect(bundle.has("post/old-trace")).toBe(false);
    expect(itemsOf(bundle)).toEqual(["post: start of old-trace"]);
  });

  test("says when the new kernel was started without the buffer", () => {
    const host = newHost();
    host.addTracefs();
    host.run("pre");
    rmSync(host.path("tracing/instances/boot_map"), { recursive: true });
    host.kexec();
    expect(host.run("post").stderr).toContain(
      "missing old-trace: no buffer boot_map in this kernel: keep reserve_mem=",
    );
  });

  test("keeps the first recording aside when it begins a second", () => {
    const host = newHost();
    host.addTracefs();
    host.run("pre");
    host.run("mark first");
    const filter = host.read("tracing/instances/boot_map/set_ftrace_filter");
    host.write("proc/meminfo", "later\n");
    expect(host.run("pre")).toMatchObject({ ...fine, stdout: `pre is in ${host.state}; tracing into boot_map\n` });
    expect(host.read("tracing/instances/boot_map/set_ftrace_filter")).toBe(filter);
    expect(readdirSync(host.state).sort()).toEqual(["pre", "pre.1"]);
    expect(host.read("state/pre.1/marks")).toBe("5000000123 first\n");
    expect(existsSync(host.path("state/pre/marks"))).toBe(false);
    expect(host.read("state/pre/meminfo")).toBe("later\n");
    host.kexec();
    host.run("post");
    host.run("pre");
    expect(readdirSync(host.state).sort()).toEqual(["post.1", "pre", "pre.1", "pre.2"]);
  });

  test("says that no kexec has come, stops tracing, and packs what there is", () => {
    const host = newHost();
    host.addTracefs();
    host.run("pre");
    expect(host.run("arrive")).toMatchObject({ status: 1 });
    const { status, stderr } = host.run("post");
    expect(status).toBe(1);
    expect(stderr).toContain("no kexec has come since pre; tracing is off, and bundle packs what there is\n");
    expect(host.read("tracing/instances/boot_map/current_tracer")).toBe("nop\n");
    const bundle = bundleOf(host);
    expect(bundle.manifest.kexec).toBe(false);
    expect(itemsOf(bundle)).toEqual(["post: kexec"]);
    expect(bundle.text("post/old-trace")).toBe("\n");
    // Then it comes after all.
    host.kexec();
    expect(host.run("post")).toMatchObject(fine);
    expect(bundleOf(host).manifest.kexec).toBe(true);
    expect(readdirSync(host.state)).toContain("post.1");
  });

  test("records what there is when pre never ran", () => {
    const host = newHost();
    host.kexec();
    expect(host.run("post")).toMatchObject({ status: 0 });
    const bundle = bundleOf(host);
    expect(bundle.manifest).toMatchObject({ kexec: true, boot_ids: { pre: null } });
    expect(itemsOf(bundle)).toEqual(["post: pre"]);
  });

  test("writes names and reasons as JSON, whatever is in them", () => {
    const host = newHost();
    host.write('debug/kho/out/sub_fdts/a"b\\c d', "x");
    host.run("pre");
    expect(bundleOf(host).manifest.files.map(({ path }) => path)).toContain('pre/kho/out/sub_fdts/a"b\\c d');
  });

  test("goes elsewhere when its folder is read-only, and says where", () => {
    const host = newHost();
    const elsewhere = { LUOSCOPE_DIRS: `/proc/nowhere ${host.state}` };
    expect(host.run("pre", elsewhere).stdout).toContain(`cannot write to /proc/nowhere: using ${host.state}\n`);
    host.kexec();
    expect(host.run("post", elsewhere)).toMatchObject({ ...fine });
    const nowhere = { LUOSCOPE_DIRS: "/proc/nowhere /proc/neither" };
    expect(host.run("pre", nowhere)).toMatchObject({ status: 1, stdout: "" });
    expect(host.run("pre -d /proc/nowhere").stderr).toMatch(
      /cannot write to \/proc\/nowhere: .* -d names another folder/,
    );
  });

  test("keeps nothing of a step that the disk has no room for, and does not go on tracing", (context) => {
    const host = newHost();
    host.addTracefs();
    const disk = smallDisk(host.path("disk"), "256k");
    if (disk === null) return context.skip("this user may not mount a small disk");
    host.log(`Linux version${"x".repeat(400_000)}\n`);
    const { status, stderr } = host.run("pre -d disk");
    expect(status).toBe(1);
    expect(stderr).toMatch(/cannot write to .*disk: full or read-only; nothing of this step is kept/);
    expect(readdirSync(disk)).toEqual([]);
    expect(host.read("tracing/instances/boot_map/current_tracer")).toBe("nop\n");

    host.log("Linux version\n");
    host.run("pre -d disk");
    host.write("disk/big", Buffer.alloc(60_000, 1));
    host.log(`Linux version${"x".repeat(400_000)}\n`);
    host.kexec();
    expect(host.run("post -d disk").status).toBe(1);
    expect(readdirSync(disk).sort()).toEqual(["big", "pre"]);
    spawnSync("sh", ["-c", `head -c 400000 /dev/zero > ${disk}/more`]);
    expect(host.run("bundle -d disk").status).toBe(1);
    expect(readdirSync(disk).sort()).toEqual(["big", "more", "pre"]);
    expect(host.run("mark late -d disk").status).toBe(1);
    expect(host.run("stop -d disk").status).toBe(0);
  });

  test("checks what a host can record, a line an item", () => {
    const host = newHost();
    host.addTracefs();
    host.write("proc/mounts", `/dev/vda / ext4 rw 0 0\ntmpfs ${host.root} tmpfs rw 0 0\n`);
    const { status, stdout } = host.run("check");
    expect(status).toBe(0);
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^(ok {3}|warn |no {3})[\w ]+: \S/);
    expect(lines).toEqual(
      expect.arrayContaining([
        "ok   LUO: on",
        "ok   persistent buffer: boot_map",
        "warn functions: not machine_shutdown; this kernel inlines them or names them otherwise",
      ]),
    );
    expect(lines.find((line) => line.includes("state folder"))).toMatch(
      /^warn .* on tmpfs, which does not outlive the kexec;/,
    );
    host.write("proc/cmdline", "quiet\n");
    const without = host.run("check");
    expect(without.status).toBe(1);
    expect(without.stdout).toContain("no   LUO: off; liveupdate=on on the kernel command line, CONFIG_LIVEUPDATE\n");
  });

  test.each([
    ["", 2, "luoscope-record: records a live update"],
    ["record", 2, "unknown command record"],
    ["pre --fast", 2, "unknown option --fast"],
    ["pre extra", 2, "too many arguments, from extra"],
    ["pre -d", 2, "-d needs a value"],
    ["pre --functions some", 2, "--functions takes default or all, not some"],
    ["mark", 2, "mark NAME takes letters, digits"],
    ["mark a/b", 2, "mark NAME takes letters, digits"],
    [`mark ${"x".repeat(65)}`, 2, "at most 64 characters"],
    ["mark early", 1, "luoscope-record pre begins one"],
    ["save", 1, "luoscope-record pre begins one"],
    ["bundle", 3, "luoscope-record pre begins one"],
  ])("answers `%s` with %i", (command, status, message) => {
    const answer = newHost().run(command);
    expect(answer.stderr).toContain(message);
    expect(answer.status).toBe(status);
    expect(answer.stdout).toBe("");
  });
});

const shellcheck = spawnSync("sh", ["-c", "shellcheck --version"]).status === 0;
test.skipIf(!shellcheck)("shellcheck finds nothing in the recorder and the lab's hooks", () => {
  const scripts = [
    recorder,
    ...["init", "hooks/start", "hooks/pre", "hooks/post"].map((name) => `test/lab/guest/${name}`),
  ];
  const { stdout } = spawnSync("sh", ["-c", 'shellcheck "$@"', "sh", ...scripts], { encoding: "utf8" });
  expect(stdout).toBe("");
});
