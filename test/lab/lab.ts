// The lab beside this repository boots real kernels in QEMU. Here the recorder runs in it, as on a user's host.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const labFolder = resolve("../shared/lab");
const busybox = "/usr/bin/busybox";
const diskBytes = 64 * 2 ** 20;

/** The kernel arguments for a trace buffer that outlives the kexec. */
export const persistentBuffer: readonly string[] = ["reserve_mem=8M:4096:trace", "trace_instance=boot_map@trace"];

export interface LiveUpdate {
  /** The bundle's file name, without its ending. */
  readonly name: string;
  readonly from: string;
  readonly into: string;
  readonly cpus?: number;
  /** Sessions, and memfds of 16 MiB in each. */
  readonly sessions: number;
  readonly files: number;
  readonly kernelArguments: readonly string[];
  /** Options of `luoscope-record pre`. */
  readonly recorderOptions?: readonly string[];
}

/** What this workplace lacks for the lab, as words for people; nothing when it has all of it. */
export function labLacks(): string[] {
  const tools = ["qemu-system-x86_64", "gcc", "cpio", "bash", "tar"].filter(
    (tool) => spawnSync("sh", ["-c", `command -v ${tool}`]).status !== 0,
  );
  if (!existsSync(busybox) || readFileSync(busybox).includes("/ld-linux")) tools.push("a static busybox");
  return existsSync(join(labFolder, "run.sh")) ? tools : [...tools, "the lab (../shared/lab)"];
}

/** A folder that goes into the guest: busybox, the recorder, and hooks that call it around the update. */
function buildGuest(folder: string, update: LiveUpdate): void {
  cpSync("test/lab/guest", folder, { recursive: true });
  mkdirSync(join(folder, "bin"));
  mkdirSync(join(folder, "etc"));
  cpSync(busybox, join(folder, "bin/busybox"), { dereference: true });
  for (const applet of execFileSync(busybox, ["--list"], { encoding: "utf8" }).trim().split("\n")) {
    if (applet !== "busybox") symlinkSync("busybox", join(folder, "bin", applet));
  }
  cpSync("record/luoscope-record", join(folder, "bin/luoscope-record"));
  writeFileSync(join(folder, "etc/recorder-options"), (update.recorderOptions ?? []).join(" "));
  execFileSync("gcc", ["-O2", "-static", "-w", "-o", join(folder, "lab-init"), join(labFolder, "init.c")]);
}

/** Makes a real live update with the recorder in it; gives the bundle's path, under out/lab, and the console's. */
export async function recordLiveUpdate(update: LiveUpdate): Promise<{ bundle: string; console: string }> {
  const work = mkdtempSync(join(tmpdir(), "luoscope-lab-"));
  try {
    const guest = join(work, "guest");
    const disk = join(work, "disk.img");
    buildGuest(guest, update);
    writeFileSync(disk, Buffer.alloc(diskBytes));
    mkdirSync("out/lab", { recursive: true });
    const log = resolve("out/lab", `${update.name}.log`);
    const workload = [`lab.sessions=${update.sessions}`, `lab.files=${update.files}`, "lab.mb=16"];
    const { from, into, cpus = 1 } = update;
    const qemu = `-drive file=${disk},if=virtio,format=raw`;
    const options = ["-o", from, "-n", into, "-s", String(cpus), "-a", guest, "-q", qemu, "--"];
    await run([join(labFolder, "run.sh"), log, ...options, ...workload, ...update.kernelArguments]);
    // The guest's last hook has left a tar on the disk, at its beginning.
    execFileSync("tar", ["xf", disk, "-C", work], { stdio: "pipe" });
    const bundle = resolve("out/lab", `${update.name}.tar.gz`);
    cpSync(join(work, "bundle.tar.gz"), bundle);
    return { bundle, console: log };
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function run(script: readonly string[]): Promise<void> {
  const child = spawn("bash", script, { env: { ...process.env, T: "150" }, stdio: "inherit" });
  const code = await new Promise<number | null>((done) => child.on("close", done));
  if (code !== 0) throw new Error(`${script[0]} ended with ${code}: see ${script[1]}`);
}
