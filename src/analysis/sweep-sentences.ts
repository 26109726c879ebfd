import { displayText, formatBytes, formatCount, formatNs, formatRatio, plural } from "./format.ts";
import type { CatalogueRow } from "./queries.ts";

type HeadlineRow = CatalogueRow<"sweep-headline">;
type BestRow = CatalogueRow<"sweep-recommendation">;

export interface SweepFacts {
  readonly headline: HeadlineRow;
  /** The configuration that ranks first; undefined without configurations. */
  readonly best: BestRow | undefined;
}

/** What is asked of a configuration. */
function demandWords({ slo_vm_ratio: ratio, slo_pause_ns: pauseNs, memory_limit_bytes: limit }: HeadlineRow): string {
  const memory = limit > 0 ? ` and ${formatBytes(limit)} of memory` : "";
  return `${formatRatio(ratio)} of VMs within ${formatNs(pauseNs)}${memory}`;
}

function pauseWords(headline: HeadlineRow, best: BestRow): string {
  if (best.slo_quantile_ns === null) return "has no answer";
  const memory = best.overhead_bytes === null ? "" : ` at ${formatBytes(best.overhead_bytes)} of memory`;
  return `${formatRatio(headline.slo_vm_ratio)} of VMs stand still for at most ${formatNs(best.slo_quantile_ns)}${memory}`;
}

/** What to choose, in one sentence; where nothing will do, what comes nearest. */
export function sweepSentence({ headline, best }: SweepFacts): string {
  if (!best) return "This sweep has no configuration to choose from";
  const label = displayText(best.label, 160);
  if (best.is_feasible) {
    const of =
      headline.feasible_count === 1
        ? `the only one of ${plural(headline.configuration_count, "configuration")} that keeps`
        : `the least of the ${formatCount(headline.feasible_count)} of ${plural(headline.configuration_count, "configuration")} that keep`;
    return `Choose ${label}: ${pauseWords(headline, best)}, ${of} ${demandWords(headline)}`;
  }
  const none =
    headline.configuration_count === 1
      ? "The only configuration does not keep"
      : `None of ${plural(headline.configuration_count, "configuration")} keeps`;
  if (best.slo_quantile_ns === null) return `${none} ${demandWords(headline)}: no run of ${label} has an answer`;
  return `${none} ${demandWords(headline)}. Nearest is ${label}: ${pauseWords(headline, best)}`;
}

/** What the pauses rest on: draws, or one run with all inputs at their medians. */
function drawWords({ repeat_count: repeats }: HeadlineRow): string {
  return repeats > 0 ? `over ${plural(repeats, "draw")} of what is uncertain` : "with all inputs at their medians";
}

function feasibilitySentence({ headline, best }: { headline: HeadlineRow; best: BestRow }): string {
  const attained =
    best.attained_ratio === null
      ? ""
      : `${formatRatio(best.attained_ratio)} of its VMs stand still for at most ${formatNs(headline.slo_pause_ns)} ${drawWords(headline)}`;
  const held =
    headline.repeat_count > 0 && best.held_ratio !== null
      ? `, and the SLO holds in ${formatRatio(best.held_ratio)} of the draws taken alone`
      : "";
  const source = `SLO ${displayText(headline.slo_name, 60)} (${displayText(headline.slo_source, 120)})`;
  if (best.meets_slo) return `${source} is kept: ${attained}${held}.`;
  return attained === "" ? "" : `${source} is not kept: ${attained}${held}.`;
}

/** What is missing, and which phase would have to shrink for it. */
function missingSentence({ headline, best }: { headline: HeadlineRow; best: BestRow }): string {
  const parts: string[] = [];
  if (best.refused_count + best.failed_count > 0) {
    const bad = `${plural(best.refused_count + best.failed_count, "of its runs", "of its runs")} of ${formatCount(best.run_count)} were refused or failed`;
    parts.push(`${bad}: ${displayText(best.reason ?? "", 200)}`);
  }
  if (best.missing_ns !== null && best.missing_ns > 0) {
    const phase =
      best.phase_name === null || best.phase_ns === null
        ? ""
        : best.phase_ns > best.missing_ns
          ? `; its longest phase, ${best.phase_name} (${formatNs(best.phase_ns)} with all inputs at their medians), would have to shrink by that`
          : `; that is more than its longest phase, ${best.phase_name}, takes with all inputs at their medians (${formatNs(best.phase_ns)}), so the spread of what is uncertain has to shrink too`;
    parts.push(`its pause at the SLO's share is ${formatNs(best.missing_ns)} beyond the SLO${phase}`);
  }
  if (best.excess_bytes !== null && best.excess_bytes > 0) {
    parts.push(
      `its memory is ${formatBytes(best.excess_bytes)} beyond the limit of ${formatBytes(headline.memory_limit_bytes)}`,
    );
  }
  return parts.length === 0 ? "" : `What is missing: ${parts.join("; ")}.`;
}

function memorySentence({ headline, best }: { headline: HeadlineRow; best: BestRow }): string {
  const { overhead_bytes: sum, scratch_bytes: scratch, metadata_bytes: metadata, kexec_image_bytes: image } = best;
  if (sum === null || scratch === null || metadata === null || image === null) return "";
  const limit = headline.memory_limit_bytes > 0 ? `; the limit is ${formatBytes(headline.memory_limit_bytes)}` : "";
  return `Its memory of ${formatBytes(sum)} is ${formatBytes(scratch)} of scratch, ${formatBytes(image)} of kexec image and ${formatBytes(metadata)} of metadata${limit}.`;
}

function more(bytes: number | null, ns: number | null): string {
  const parts = [
    ...(bytes === null || bytes === 0 ? [] : [`${formatBytes(Math.abs(bytes))} ${bytes > 0 ? "more" : "less"} memory`]),
    ...(ns === null || ns === 0
      ? []
      : [`a pause at the SLO's share that is ${formatNs(Math.abs(ns))} ${ns > 0 ? "longer" : "shorter"}`]),
  ];
  return parts.join(" and ");
}

function nextSentence({ best }: { best: BestRow }): string {
  const alike =
    best.alike_count === 0
      ? ""
      : ` ${plural(best.alike_count, "other configuration")} ${best.alike_count === 1 ? "comes" : "come"} to the same.`;
  if (best.next_label === null || best.next_slo_quantile_ns === null) return alike.trim();
  const words = more(best.next_more_bytes, best.next_more_ns);
  const next = `The next, ${displayText(best.next_label, 160)}, comes with ${words === "" ? "the same" : words}`;
  const fails = best.is_feasible && best.next_is_feasible === false ? ", and does not keep what is asked" : "";
  return `${next}${fails}.${alike}`;
}

function limitSentence({ best }: { best: BestRow }): string {
  const { blackout_p50_ns: median, blackout_p5_ns: low, blackout_p95_ns: high } = best;
  if (median === null || low === null || high === null) return "";
  const band = low === high ? "" : ` (${formatNs(low)} to ${formatNs(high)} in 5 to 95 % of the draws)`;
  if (best.phase_name === null || best.phase_ns === null || best.phase_ratio === null) {
    return `Its blackout is ${formatNs(median)} in the median${band}.`;
  }
  const step =
    best.step_name === null || best.step_ns === null
      ? ""
      : `, of which ${displayText(best.step_name, 60)} takes ${formatNs(best.step_ns)}`;
  return `Its blackout is ${formatNs(median)} in the median${band}; with all inputs at their medians ${formatRatio(best.phase_ratio)} of it is ${best.phase_name}, ${formatNs(best.phase_ns)}${step}.`;
}

function assumedSentence({ headline, best }: { headline: HeadlineRow; best: BestRow }): string {
  if (headline.input_count === 0) return "Nothing in this plan is uncertain: the answer has no band.";
  const counts = `${formatCount(headline.assumed_input_count)} of ${plural(headline.input_count, "uncertain input")} ${headline.assumed_input_count === 1 ? "is" : "are"} assumed and not measured`;
  const widest =
    best.input_name === null || best.input_low_ns === null || best.input_high_ns === null
      ? ""
      : `; ${displayText(best.input_name, 60)}${best.input_assumed === true ? " (assumed)" : ""} alone moves the blackout of the plan's scenario from ${formatNs(best.input_low_ns)} to ${formatNs(best.input_high_ns)}`;
  const names = best.assumed_names === null ? "" : `. Measure first: ${displayText(best.assumed_names, 200)}`;
  return `${counts}${widest}${names}.`;
}

/** Why, sentence by sentence: the SLO, what is missing, memory, the next one, what limits, what is assumed. */
export function sweepReasons({ headline, best }: SweepFacts): string[] {
  if (!best) return [];
  const facts = { headline, best };
  return [
    feasibilitySentence(facts),
    best.is_feasible ? "" : missingSentence(facts),
    memorySentence(facts),
    nextSentence(facts),
    limitSentence(facts),
    assumedSentence(facts),
  ].filter((sentence) => sentence !== "");
}
