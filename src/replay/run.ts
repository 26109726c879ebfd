import { createHash } from "node:crypto";

import { canonicalJson } from "../base/index.ts";
import { type Profile, profileFor } from "../profile/index.ts";
import { FolderWriter, openFolder, type RunHeader } from "../trace/index.ts";
import { ReplayEngine, type ReplayEffects, type ReplayResult } from "./engine.ts";
import { resolveScenario } from "./scenario/resolve.ts";
import type { Scenario } from "./scenario/schema.ts";
import { readTraceFacts } from "./trace-facts.ts";
import { readActivity } from "./activity.ts";
import { listAlternatives } from "./alternatives.ts";
import { studyMoments } from "./moments.ts";
import { writeAlternatives, writeMoments } from "./write-outlook.ts";
import { listGaps, measureDevices, windowOf } from "./service.ts";
import { sha256Of, writeRunTables } from "./write-run.ts";

export interface ReplayOptions {
  readonly tracePath: string;
  readonly scenario: Scenario;
  readonly profile: Profile;
  /** Folder that the run is written to; an older run there is replaced when the new one is complete. */
  readonly target: string;
  readonly luoscopeVersion: string;
  /** Also start the update at other moments of the trace: every so often. */
  readonly momentsEveryNs?: number;
  /** Also say what else one could do. */
  readonly withAlternatives?: boolean;
}

/** A finished run: its header, and the engine's result for whoever need not read it back. */
export interface FinishedRun {
  readonly header: RunHeader;
  readonly result: ReplayResult;
}

/**
 * Replays a trace in a scenario and writes a run folder.
 *
 * The same trace, scenario, profile and version give the same bytes.
 *
 * Errors   UsageError for a scenario that does not fit the trace, FormatError for a trace that is wrong,
 *          InterruptedError after an abort; nothing is left behind in any of these cases
 */
export async function replay(options: ReplayOptions, effects: ReplayEffects = {}): Promise<FinishedRun> {
  const trace = openFolder("trace", options.tracePath);
  const facts = readTraceFacts(trace);
  const scenario = resolveScenario(options.scenario, facts);
  const profile = profileFor(options.profile, options.scenario.host.kernel);
  const out = new FolderWriter("run", options.target);
  try {
    const engine = new ReplayEngine({ trace, facts, scenario, costs: profile.costs }, out, effects);
    const result = await engine.run();
    const gaps = listGaps(result, scenario);
    const { service } = scenario;
    const window = windowOf(gaps, service);
    const activity = readActivity(trace, facts, window);
    const devices = measureDevices(gaps, { facts, service, fates: result.fates, costs: profile.costs, activity });
    if (options.momentsEveryNs !== undefined) {
      const input = { trace, facts, scenario, costs: profile.costs, everyNs: options.momentsEveryNs };
      writeMoments(out, studyMoments(input, effects.signal));
    }
    if (options.withAlternatives === true) {
      writeAlternatives(out, listAlternatives({ trace, facts, scenario, costs: profile.costs, result }));
    }
    writeRunTables(out, { facts, scenario, profile, result, service: { devices, activity, window } });
    const scenarioJson = canonicalJson(options.scenario);
    const header = out.finish({
      luoscope_version: options.luoscopeVersion,
      trace: { name: trace.header.name, sha256: trace.header.sha256 },
      scenario: { name: options.scenario.name, sha256: sha256Of(options.scenario) },
      profile: {
        name: profile.name,
        sha256: createHash("sha256").update(profile.canonical).digest("hex"),
        constants: Object.keys(profile.costs).length,
        assumed_constants: profile.assumedCount,
      },
      seed: options.scenario.seed,
      kernel_from: options.scenario.host.kernel.from,
      kernel_to: options.scenario.host.kernel.to,
      span_ns: facts.spanNs + result.blackoutNs,
      blackout_start_ns: result.blackoutStartNs,
      blackout_end_ns: result.blackoutStartNs + result.blackoutNs,
      scenario_json: scenarioJson,
    });
    return { header, result };
  } catch (error) {
    out.discard();
    throw error;
  }
}
