// A host that is only files, for the recorder: /proc, /sys, debugfs and, if wanted, a tracefs with a buffer in it.
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";

import { tempFolder } from "../kit/temp-folder.ts";

export const recorder = resolve("record/luoscope-record");

/** Shells that the recorder must run under; busybox where it is installed. */
export const shells: readonly { readonly name: string; readonly words: readonly string[] }[] = [
  { name: "sh", words: ["sh"] },
  { name: "busybox ash", words: ["busybox", "ash"] },
].filter(({ words }) => spawnSync(words[0]!, [...words.slice(1), "-c", "exit 0"]).status === 0);

export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class FakeHost {
  readonly root = tempFolder();
  /** The state folder. */
  readonly state = join(this.root, "state");
  private readonly shell: readonly string[];

  constructor(shell: readonly string[]) {
    this.shell = shell;
    for (const file of ["meminfo", "buddyinfo", "pagetypeinfo", "zoneinfo", "iomem", "cpuinfo"]) {
      this.write(`proc/${file}`, `${file} of this host\n`);
    }
    this.write("proc/uptime", "0.05 0.01\n");
    this.write("proc/cmdline", "console=ttyS0 kho=on liveupdate=on log_buf_len=16M initcall_debug\n");
    this.write("proc/mounts", "rootfs / rootfs rw 0 0\n/dev/vda / ext4 rw 0 0\ntmpfs /dev/shm tmpfs rw 0 0\n");
    this.write(
      "proc/timer_list",
      "Timer List Version: v0.11\nnow at 5000000123 nsecs\ncpu: 0\n clock 0:\n  .offset:     0 nsecs\n clock 1:\n  .offset:     1700000000000000000 nsecs\n",
    );
    this.write("sys/devices/system/node/node0/meminfo", "Node 0 MemTotal: 1 kB\n");
    this.write("sys/devices/system/node/node0/cpulist", "0-3\n");
    this.write("sys/kernel/kexec_loaded", "1\n");
    this.write("sys/bus/pci/devices/0000:00:03.0/vendor", "0x1af4\n");
    this.write("sys/bus/pci/devices/0000:00:03.0/device", "0x1001\n");
    this.write("sys/bus/pci/devices/0000:00:03.0/class", "0x010000\n");
    symlinkSync("../../drivers/nvme", this.path("sys/bus/pci/devices/0000:00:03.0/driver"));
    this.write("debug/kho/out/sub_fdts/LUO", Buffer.from([0, 255, 10, 1]));
    this.write("kmsg", "");
    this.log("<5>[    0.000000] Linux version 7.3.4\n");
    this.boot("7.3.4", "0f7a1ac4-5a55-4a11-bb4f-000000000001");
  }

  path(name: string): string {
    return join(this.root, name);
  }

  write(name: string, content: string | Buffer): void {
    mkdirSync(dirname(this.path(name)), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** What dmesg says from now on. */
  log(text: string): void {
    this.write("log", text);
    this.write("dmesg", `#!/bin/sh\ncat ${this.path("log")}\n`);
    chmodSync(this.path("dmesg"), 0o755);
  }

  /** A kernel starts. */
  boot(release: string, id: string): void {
    this.write("proc/version", `Linux version ${release} (builder@host)\n`);
    this.write("proc/sys/kernel/random/boot_id", `${id}\n`);
  }

  /** The kexec into another kernel. */
  kexec(release = "7.3.4"): void {
    this.boot(release, "0f7a1ac4-5a55-4a11-bb4f-000000000002");
    this.write("debug/kho/in/fdt", "d00dfeed");
  }

  /** A tracefs of a kernel with few functions, with one buffer that outlives the kexec. */
  addTracefs(): void {
    const functions = ["vfs_read", "luo_ioctl", "luo_session_ioctl", "liveupdate_reboot", "kho_radix_add_key"];
    functions.push("kernel_kexec", "device_shutdown", "nvme_shutdown [nvme]");
    const files = {
      trace_clock: "[local] global mono x86-tsc\n",
      available_tracers: "function_graph function nop\n",
      available_filter_functions: functions.map((name) => `${name}\n`).join(""),
      available_filter_functions_addrs: functions.map((name, at) => `ffffffff8100000${at} ${name}\n`).join(""),
      "events/ftrace/funcgraph_entry/format": "name: funcgraph_entry\nID: 11\n",
      "events/ftrace/funcgraph_exit/format": "name: funcgraph_exit\nID: 10\n",
      "events/ftrace/print/format": "name: print\nID: 5\n",
      "instances/boot_map/last_boot_info": "0\t[kernel]\n",
      "instances/boot_map/current_tracer": "nop\n",
      "instances/boot_map/tracing_on": "1\n",
      "instances/boot_map/trace_clock": "[local] global mono x86-tsc\n",
      "instances/boot_map/trace_marker": "",
      "instances/boot_map/trace": "# tracer: nop\n",
      "instances/boot_map/buffer_size_kb": "8136\n",
      "instances/boot_map/set_ftrace_filter": "",
      "instances/boot_map/per_cpu/cpu0/stats": "entries: 2\noverrun: 0\n",
      "instances/boot_map/per_cpu/cpu0/trace_pipe_raw": Buffer.alloc(4096, 7),
      "instances/boot_map/per_cpu/cpu1/stats": "entries: 0\noverrun: 0\n",
    };
    for (const [name, content] of Object.entries(files)) this.write(`tracing/${name}`, content);
  }

  run(command: string, environment: Readonly<Record<string, string>> = {}): Answer {
    const [program, ...options] = [...this.shell, recorder, ...command.split(" ").filter((word) => word !== "")];
    const result = spawnSync(program!, options, {
      encoding: "utf8",
      cwd: this.root,
      env: {
        PATH: process.env["PATH"],
        LUOSCOPE_PROC: this.path("proc"),
        LUOSCOPE_SYS: this.path("sys"),
        LUOSCOPE_DEBUGFS: this.path("debug"),
        LUOSCOPE_TRACEFS: this.path("tracing"),
        LUOSCOPE_DIRS: this.state,
        LUOSCOPE_KMSG: this.path("kmsg"),
        LUOSCOPE_DMESG: this.path("dmesg"),
        ...environment,
      },
      timeout: 60_000,
    });
    return { status: result.status, stdout: result.stdout, stderr: result.stderr };
  }
}
