// A sweep by a real Slurm on this machine alone, where its programs are installed: one node, ports of its own, everything
// in a folder of its own. It needs root, as the node's daemon does.
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { randomBytes } from "node:crypto";

import { expect, onTestFinished, test } from "vitest";

import { luoscope } from "../kit/cli.ts";
import { freePort, until } from "../kit/redis.ts";
import { bytesOf, writePlan } from "./queue-kit.ts";

const programs = ["munged", "slurmctld", "slurmd", "sbatch"];
const isInstalled = programs.every((name) => spawnSync(name, ["--version"]).error === undefined);
const reason = process.getuid?.() !== 0 ? "not root" : isInstalled ? "" : "Slurm is not installed";

const blocks = 4;

async function startSlurm(folder: string): Promise<NodeJS.ProcessEnv> {
  const settings = join(folder, "slurm.conf");
  const host = hostname().split(".")[0]!;
  const lines = [
    "ClusterName=luoscope",
    `SlurmctldHost=${host}(127.0.0.1)`,
    `SlurmctldPort=${await freePort()}`,
    `SlurmdPort=${await freePort()}`,
    "SlurmUser=root",
    "AuthType=auth/munge",
    `AuthInfo=socket=${folder}/munge.socket`,
    "ProctrackType=proctrack/pgid",
    "TaskPlugin=task/none",
    "SelectType=select/cons_tres",
    "MpiDefault=none",
    "JobCompType=jobcomp/none",
    `StateSaveLocation=${folder}/state`,
    `SlurmdSpoolDir=${folder}/spool`,
    `SlurmctldPidFile=${folder}/slurmctld.pid`,
    `SlurmdPidFile=${folder}/slurmd.pid`,
    `NodeName=${host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN`,
    "PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP",
  ];
  writeFileSync(settings, `${lines.join("\n")}\n`);
  for (const name of ["state", "spool"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "munge.key"), randomBytes(1024), { mode: 0o400 });
  const files = ["key-file=munge.key", "socket=munge.socket", "pid-file=munge.pid", "log-file=munge.log"];
  const munge = [...files, "seed-file=munge.seed"].map((word) => `--${word.replace("=", `=${folder}/`)}`);
  const daemons = [
    spawn("munged", ["--foreground", "--force", ...munge], { stdio: "ignore" }),
    spawn("slurmctld", ["-D", "-f", settings], { stdio: "ignore" }),
    spawn("slurmd", ["-D", "-f", settings], { stdio: "ignore" }),
  ];
  onTestFinished(() => {
    for (const daemon of daemons.reverse()) daemon.kill("SIGKILL");
  });
  const environment = { ...process.env, SLURM_CONF: settings };
  const isIdle = () => spawnSync("sinfo", ["-h", "-o", "%T"], { env: environment }).stdout.toString().trim() === "idle";
  await until("the node is idle", isIdle);
  return environment;
}

test.skipIf(reason !== "")(
  `Slurm's array makes what one machine makes${reason && ` (skipped: ${reason})`}`,
  async () => {
    // Its socket must lie where everybody may enter.
    const folder = mkdtempSync(join(tmpdir(), "luoscope-slurm-"));
    chmodSync(folder, 0o755);
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const plan = writePlan(folder, 20);
    expect(luoscope(["sweep", plan, "-o", join(folder, "alone")])).toMatchObject({ status: 0 });
    const bin = join(folder, "bin");
    mkdirSync(bin);
    const program = `#!/bin/sh\nexec "${process.execPath}" "${resolve("bin/luoscope.js")}" "$@"\n`;
    writeFileSync(join(bin, "luoscope"), program, { mode: 0o755 });
    const out = join(folder, "out");
    const env = {
      ...(await startSlurm(folder)),
      PATH: `${bin}:${process.env["PATH"]}`,
      LUOSCOPE_PLAN: plan,
      LUOSCOPE_OUT: out,
      LUOSCOPE_BLOCKS: String(blocks),
    };
    const submit = (args: readonly string[]): string => {
      const { stdout, stderr } = spawnSync("sbatch", ["--parsable", ...args], { env, cwd: folder, encoding: "utf8" });
      expect(stderr).toBe("");
      return stdout.trim();
    };
    const array = submit([`--array=0-${blocks - 1}`, resolve("deploy/slurm.sbatch")]);
    const log = join(folder, "merge.log");
    const wrap = /--wrap '(.*)'/.exec(readFileSync("deploy/slurm.sbatch", "utf8"))![1]!;
    submit([`--dependency=afterany:${array}`, `--output=${log}`, "--wrap", wrap]);
    await until("all jobs end", () => spawnSync("squeue", ["-h"], { env }).stdout.toString().trim() === "");
    expect(readFileSync(log, "utf8")).toContain("160 runs");
    expect(bytesOf(join(out, "results"))).toEqual(bytesOf(join(folder, "alone", "results")));
  },
);
