// Speed of starting an update at each moment of a trace: `npm run bench`, or `npm run bench -- --smoke`.
// Prints one JSON line a scenario. Ratios compare within this one run; rates depend on the machine.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { parseProfile, profileFor } from "../src/profile/index.ts";
import { loadScenario, replay } from "../src/replay/index.ts";
import { studyMoments } from "../src/replay/moments.ts";
import { resolveScenario } from "../src/replay/scenario/resolve.ts";
import { readTraceFacts } from "../src/replay/trace-facts.ts";
import { openFolder } from "../src/trace/index.ts";
import { fastest, print, timed } from "./harness.ts";

const smoke = process.argv.includes("--smoke");
const rounds = smoke ? 2 : 7;
const everyNs = smoke ? 1_000_000_000 : 100_000_000;
const tracePath = new URL("../traces/vm-tcg-redis-nvme-net", import.meta.url).pathname;
const profileText = readFileSync(new URL("../profiles/published-x86.yaml", import.meta.url), "utf8");
const demo = readFileSync(new URL("../scenarios/demo.yaml", import.meta.url), "utf8");

/** The demo, and the same with memory that the guests populate as they go: each start has a plan of its own. */
const scenarios = {
  demo,
  "demo, not preallocated": demo.replace("preallocated: true", "preallocated: false"),
};

const folder = mkdtempSync(join(tmpdir(), "luoscope-bench-"));
try {
  for (const [name, text] of Object.entries(scenarios)) {
    const parsed = loadScenario("bench.yaml", () => text);
    const profile = parseProfile(profileText, "published-x86.yaml");
    const trace = openFolder("trace", tracePath);
    const facts = readTraceFacts(trace);
    const { costs } = profileFor(profile, parsed.host.kernel);
    const input = { trace, facts, scenario: resolveScenario(parsed, facts), costs, everyNs };
    const [all, single]: [number[], number[]] = [[], []];
    let starts = 0;
    for (let round = 0; round <= rounds; round++) {
      const study = timed(() => studyMoments(input));
      starts = study.value.length;
      const startNs = performance.now();
      const target = join(folder, "run");
      await replay({ tracePath, scenario: parsed, profile, target, luoscopeVersion: "bench" });
      if (round === 0) continue; // It compiles.
      all.push(study.ns);
      single.push((performance.now() - startNs) * 1e6);
    }
    const rows = [...trace.sources.values()].reduce((sum, source) => sum + source.rows, 0);
    print("starts of an update", {
      scenario: name,
      starts,
      rows,
      starts_per_sec: Math.round((starts / fastest(all)) * 1e9),
      wanted_starts_per_sec: 200,
      // How many replays, one a start, the whole study takes as long as.
      ratio_to_one_replay: fastest(all) / fastest(single),
      wanted_ratio: starts,
    });
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
