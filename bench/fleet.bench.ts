// Speed of fleets: `npm run bench`, or `npm run bench -- --smoke`.
// Prints one JSON line a figure. Ratios compare within this one run; times depend on the machine.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openDatabase, runCatalogueQuery, queryNames } from "../src/analysis/index.ts";
import { createPrng } from "../src/base/index.ts";
import { loadFleet, runFleet } from "../src/fleet/index.ts";
import { packVms } from "../src/fleet/pack.ts";
import { type FleetHosts, type FleetVms, resolveFleet } from "../src/fleet/resolve.ts";
import { parseProfile } from "../src/profile/index.ts";
import { fastest, print, timed } from "./harness.ts";

const smoke = process.argv.includes("--smoke");
const vmCount = smoke ? 2_000 : 100_000;
const hostCount = smoke ? 100 : 5_000;
const rounds = smoke ? 2 : 5;
const gib = 1024 ** 3;

/** Sizes that do not repeat, so that hardly two hosts share a plan: 400 of them, four folio mixes each. */
function fleetText(policy: string): string {
  const random = createPrng(5);
  const sizes = 400;
  const entries = Array.from({ length: sizes }, (_, index) => {
    const memory = 1 + (random() % 128);
    const vcpus = 1 + (random() % 16);
    const folio = ["2 MiB", "4 KiB", "{2 MiB: 0.9, 4 KiB: 0.1}", "64 KiB"][index % 4];
    return `  - {name: v${index}, count: ${vmCount / sizes}, memory: ${memory} GiB, vcpus: ${vcpus}, folio: ${folio}}`;
  });
  return `version: 1
name: bench
seed: 1
host:
  numa_nodes: 2
  kernel: {from: "7.3", to: "7.3", image: 14 MiB, memory: 56 MiB, initrd: 24 MiB}
hosts: [{name: h, count: ${hostCount}, ram: 2 TiB, cpus: 256}]
vms:
${entries.join("\n")}
packing: {policy: ${policy}}
rollout:
  batch: {share: 0.05}
  concurrency: 50
  health_wait: {host: 1 min, batch: 10 min}
  migrate: {share: 0.02}
slo: [pause-5s]
`;
}

const loadText = (text: string) => loadFleet("bench.yaml", () => text);

/** In a process of its own, so that its memory is its own. */
async function wholeChild(): Promise<void> {
  const path = "profiles/published-x86.yaml";
  const profile = parseProfile(readFileSync(path, "utf8"), path);
  const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
  try {
    const startMs = performance.now();
    const target = join(folder, "fleet");
    await runFleet({ fleet: loadText(fleetText("first-fit-decreasing")), profile, target, luoscopeVersion: "bench" });
    const planMs = performance.now() - startMs;
    const database = await openDatabase({ kind: "fleet", path: target });
    for (const name of queryNames("fleet")) await runCatalogueQuery(database, name);
    const [row] = await runCatalogueQuery(database, "fleet-headline");
    database.close();
    const ms = performance.now() - startMs;
    const rss = process.resourceUsage().maxRSS / 1024;
    process.stdout.write(
      JSON.stringify({ planMs, ms, rss, compositions: row!.composition_count, unplaced: row!.unplaced_vm_count }),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function benchWhole(): void {
  const child = spawnSync(process.execPath, [import.meta.filename, "--whole", ...process.argv.slice(2)], {
    encoding: "utf8",
  });
  if (child.status !== 0) throw new Error(child.stderr);
  const answer = JSON.parse(child.stdout) as Record<"planMs" | "ms" | "rss" | "compositions" | "unplaced", number>;
  print("fleet", {
    vms: vmCount,
    hosts: hostCount,
    compositions: answer.compositions,
    unplaced_vms: answer.unplaced,
    pack_plan_rollout_write_ms: answer.planMs,
    with_all_questions_ms: answer.ms,
    wanted_ms: 30_000,
    peak_resident_mib: answer.rss,
    wanted_peak_resident_mib: 2048,
  });
}

/** The same packing, looking at every host for every VM. */
function packByScan(vms: FleetVms, hosts: FleetHosts, policy: string): Int32Array {
  const freeBytes = Float64Array.from({ length: hosts.count }, () => 2048 * gib - 8 * gib);
  const freeVcpus = new Float64Array(hosts.count).fill(256);
  const hostOf = new Int32Array(vms.count).fill(-1);
  const { guestBytes, vcpuCounts } = vms;
  const order = Uint32Array.from({ length: vms.count }, (_, vm) => vm).sort(
    (left, right) => guestBytes[right]! - guestBytes[left]! || vcpuCounts[right]! - vcpuCounts[left]! || left - right,
  );
  for (const vm of order) {
    let best = -1;
    for (let host = 0; host < hosts.count; host++) {
      if (freeBytes[host]! < guestBytes[vm]! || freeVcpus[host]! < vcpuCounts[vm]!) continue;
      const isBetter =
        best < 0 || (policy === "best-fit" ? freeBytes[host]! < freeBytes[best]! : freeBytes[host]! > freeBytes[best]!);
      if (isBetter) best = host;
      if (policy === "first-fit-decreasing") break;
    }
    if (best < 0) continue;
    hostOf[vm] = best;
    freeBytes[best] = freeBytes[best]! - guestBytes[vm]!;
    freeVcpus[best] = freeVcpus[best]! - vcpuCounts[vm]!;
  }
  return hostOf;
}

function benchPacking(): void {
  for (const policy of ["first-fit-decreasing", "best-fit", "worst-fit"]) {
    const fleet = loadText(fleetText(policy));
    const { vms, hosts } = resolveFleet(fleet);
    const [ours, scans]: [number[], number[]] = [[], []];
    for (let round = 0; round < rounds; round++) {
      const packed = timed(() => packVms(vms, hosts, fleet.packing));
      const scanned = timed(() => packByScan(vms, hosts, policy));
      if (packed.value.hostOf.some((host, vm) => host !== scanned.value[vm]))
        throw new Error(`${policy}: they disagree`);
      ours.push(packed.ns);
      scans.push(scanned.ns);
    }
    print("packing", {
      policy,
      vms: vmCount,
      hosts: hostCount,
      tree_ms: fastest(ours) / 1e6,
      scan_ms: fastest(scans) / 1e6,
      ratio_to_scan: fastest(scans) / fastest(ours),
    });
  }
}

if (process.argv.includes("--whole")) {
  await wholeChild();
} else {
  benchWhole();
  benchPacking();
}
