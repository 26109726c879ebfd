// What deploy/ tells other programs to run is run here: with their variables set, their folders in another place, and no
// container, cluster or init system around it.
import { spawn, spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";

import { luoscope, startLuoscope } from "../kit/cli.ts";
import { noRedis, RedisServer } from "../kit/redis.ts";
import { tempFolder } from "../kit/temp-folder.ts";
import { bytesOf, writePlan } from "./queue-kit.ts";

const read = (name: string): string => readFileSync(join("deploy", name), "utf8");

let base = "";
/** A folder with a plan, and with a `luoscope` to be found by shells. */
let programs = "";
let alone: Record<string, string> = {};

beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), "luoscope-deploy-"));
  programs = join(base, "bin");
  mkdirSync(programs);
  const program = join(programs, "luoscope");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${resolve("bin/luoscope.js")}" "$@"\n`);
  chmodSync(program, 0o755);
  expect(luoscope(["sweep", writePlan(base, 5), "-o", join(base, "alone")])).toMatchObject({ status: 0, stderr: "" });
  alone = bytesOf(join(base, "alone", "results"));
});
afterAll(() => rmSync(base, { recursive: true }));

function shell(words: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const [command, ...args] = words;
  const env = { ...process.env, PATH: `${programs}:${process.env["PATH"]}`, ...environment };
  const { status, stderr } = spawnSync(command!, args, { encoding: "utf8", env });
  return { status, stderr };
}

const good = { status: 0, stderr: "" };

/** A folder as /sweep is in a container. */
function sweepFolder(): string {
  const folder = tempFolder();
  writeFileSync(join(folder, "plan.yaml"), readFileSync(writePlan(folder, 5)));
  return folder;
}

test("Slurm's script makes one block of an array", () => {
  const folder = sweepFolder();
  const [plan, out] = [join(folder, "plan.yaml"), join(folder, "out")];
  for (const index of ["0", "1"]) {
    const own = { LUOSCOPE_PLAN: plan, LUOSCOPE_OUT: out, LUOSCOPE_BLOCKS: "2", SLURM_ARRAY_TASK_ID: index };
    expect(shell(["sh", "deploy/slurm.sbatch"], own)).toEqual(good);
  }
  const merge = /--wrap '(.*)'/.exec(read("slurm.sbatch"))![1]!;
  expect(shell(["sh", "-c", merge], { LUOSCOPE_OUT: out })).toEqual(good);
  expect(bytesOf(join(out, "results"))).toEqual(alone);
  expect(shell(["sh", "deploy/slurm.sbatch"], { LUOSCOPE_PLAN: plan }).status).not.toBe(0);
});

interface KubernetesJob {
  readonly kind: string;
  readonly spec: {
    readonly completionMode?: string;
    readonly completions?: number;
    readonly template: { readonly spec: { readonly containers: { command: string[]; args: string[] }[] } };
  };
}

test("Kubernetes' jobs make the blocks and put them together", () => {
  const jobs = ["kubernetes-job.yaml", "kubernetes-merge.yaml"]
    .flatMap((name) => parseAllDocuments(read(name)))
    .map((document) => {
      expect(document.errors).toEqual([]);
      return document.toJS() as KubernetesJob;
    })
    .filter(({ kind }) => kind === "Job");
  const [blocks, merge] = jobs.map(({ spec }) => spec);
  const { completionMode, completions } = blocks!;
  expect(completionMode).toBe("Indexed");
  const folder = sweepFolder();
  const run = ({ template }: KubernetesJob["spec"], index: string) => {
    const { command, args } = template.spec.containers[0]!;
    const line = args[0]!.replaceAll("/sweep/", `${folder}/`).replace(`--of ${completions}`, "--of 2");
    return shell([...command, line], { JOB_COMPLETION_INDEX: index });
  };
  expect(read("kubernetes-job.yaml")).toContain(`--of ${completions} `);
  expect(run(blocks!, "0")).toEqual(good);
  expect(run(merge!, "")).toMatchObject({ status: 3 });
  expect(run(blocks!, "1")).toEqual(good);
  expect(run(merge!, "")).toEqual(good);
  expect(bytesOf(join(folder, "out", "results"))).toEqual(alone);
});

interface Compose {
  readonly services: Record<string, { command: string[]; environment?: Record<string, string> }>;
}

describe.skipIf(noRedis !== "")(`with Redis${noRedis}`, () => {
  test("the containers' commands answer a plan, and systemd's worker serves it", async () => {
    const { services } = parse(read("docker-compose.yml"), { merge: true }) as Compose;
    const secrets = tempFolder();
    const secret = join(secrets, "redis_password");
    writeFileSync(secret, "tiger\n");
    const server = await RedisServer.start(tempFolder());
    const { port } = server;
    await server.kill();
    const text = services["redis"]!.command[2]!.replaceAll("$$", "$")
      .replaceAll("/run/secrets", secrets)
      .replace("--port 6379", `--port ${port} --bind 127.0.0.1`)
      .replace("/data", secrets);
    const redis = spawn("sh", ["-c", text], { stdio: "ignore", detached: true });
    try {
      const folder = sweepFolder();
      const environment = { LUOSCOPE_REDIS_URL: `redis://127.0.0.1:${port}`, LUOSCOPE_REDIS_PASSWORD_FILE: secret };
      expect(Object.keys(services["worker"]!.environment!)).toEqual(Object.keys(environment));
      const start = (words: readonly string[]) =>
        startLuoscope(
          words.map((word) => word.replace("/sweep/", `${folder}/`)),
          environment,
        );
      const coordinator = start(services["coordinator"]!.command);
      while (!existsSync(join(folder, "out", "plan.json"))) await new Promise((done) => setTimeout(done, 50));
      const worker = start(services["worker"]!.command);
      expect(await coordinator.ended, coordinator.output.stderr).toBe(0);
      expect(bytesOf(join(folder, "out", "results"))).toEqual(alone);
      worker.child.kill("SIGTERM");
      expect(await worker.ended, worker.output.stderr).toBe(0);

      const unit = read("luoscope-worker@.service");
      const line = /^ExecStart=\/usr\/local\/bin\/luoscope (.*)$/m.exec(unit)![1]!;
      const words = line.replace("/srv/luoscope/%I", join(folder, "out")).replace("${LUOSCOPE_JOBS}", "1").split(" ");
      expect(unit).toContain("LUOSCOPE_REDIS_PASSWORD_FILE=");
      const service = start([...words, "--until-idle", "1"]);
      expect(await service.ended, service.output.stderr).toBe(0);
    } finally {
      process.kill(-redis.pid!, "SIGKILL");
    }
  });

  test("the server's settings are those that a queue needs", async () => {
    const folder = tempFolder();
    const settings = join(folder, "redis.conf");
    writeFileSync(settings, read("redis.conf").replace(/^(port|dir) .*$/gm, ""));
    const server = await RedisServer.start(folder, ["--port", "{port}", "--include", settings]);
    const redis = new Redis(server.port);
    const wanted = { "maxmemory-policy": "noeviction", appendonly: "yes", save: "" };
    for (const [name, value] of Object.entries(wanted)) {
      expect(await redis.config("GET", name)).toEqual([name, value]);
      expect(read("redis.conf")).toMatch(new RegExp(`^${name} (${value}|"")$`, "m"));
    }
    redis.disconnect();
  });
});

test("every unit of systemd is one", (context) => {
  const units = readdirSync("deploy").filter((name) => name.endsWith(".service"));
  expect(units).toEqual(["luoscope-redis.service", "luoscope-worker@.service"]);
  const folder = tempFolder();
  for (const name of units) {
    // Its program and user are not here.
    const text = read(name)
      .replace(/^ExecStart=\S+/m, "ExecStart=/bin/true")
      .replace(/^(User|Group)=.*$/gm, "");
    writeFileSync(join(folder, name), text);
    const { status, stderr, error } = spawnSync("systemd-analyze", ["verify", join(folder, name)], {
      encoding: "utf8",
    });
    context.skip(error !== undefined, "no systemd-analyze");
    expect(stderr.split("\n").filter((line) => line.includes(name))).toEqual([]);
    expect(status).toBe(0);
  }
});
