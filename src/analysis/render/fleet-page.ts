import {
  displayText,
  fleetSentence,
  formatBytes,
  formatCount,
  formatLongNs,
  formatNs,
  formatRatio,
  formatVmSeconds,
  plural,
} from "../format.ts";
import { buildFleetCharts, figuresOfFleet, type FleetRows } from "../spec/fleet-charts.ts";
import { answerTable } from "./answer-table.ts";
import { html, type Markup, numberColumn, textColumn, wholeTable } from "./markup.ts";
import type { PageContent, PageSection } from "./page-content.ts";
import { figuresSection, inputsSection, type KeyFigure } from "./sections.ts";
import { type Sourced, sourced, withSource } from "./sources.ts";

type Headline = FleetRows["fleet-headline"][number];

function keyFigures(row: Headline): KeyFigure[] {
  const range = (low: string, high: string) => `${low} to ${high} by the constants' ranges`;
  return [
    {
      name: "Rollout",
      value: formatLongNs(row.total_ns),
      note: range(formatLongNs(row.total_low_ns), formatLongNs(row.total_high_ns)),
    },
    {
      name: "VM-seconds in updates",
      value: formatVmSeconds(row.pause_sum_ns),
      note: range(formatVmSeconds(row.pause_sum_low_ns), formatVmSeconds(row.pause_sum_high_ns)),
    },
    {
      name: "VM-seconds on failed hosts",
      value: formatVmSeconds(row.loss_sum_ns),
      note: plural(row.failed_host_count, "failed host"),
    },
    {
      name: "VM that stands still longest",
      value: row.worst_ns === null ? "–" : formatNs(row.worst_ns),
      note: row.worst_vm_name === null ? "" : displayText(row.worst_vm_name, 40),
    },
    {
      name: "Hosts updated",
      value: `${formatCount(row.updated_host_count)} of ${formatCount(row.host_count)}`,
      note: `${formatCount(row.refused_host_count)} refused, ${formatCount(row.unreached_host_count)} not reached`,
    },
    { name: "VMs", value: formatCount(row.vm_count), note: `${formatBytes(row.guest_bytes)} of memory` },
    {
      name: "VMs migrated",
      value: formatCount(row.migrated_vm_count),
      note: `${formatBytes(row.moved_bytes)} moved; ${formatCount(row.stayed_vm_count)} had to stay`,
    },
    {
      name: "Assumed constants",
      value: `${formatCount(row.assumed_constant_count)} of ${formatCount(row.constant_count)}`,
      note: `of cost profile ${displayText(row.profile_name, 40)}`,
    },
  ];
}

function promisesTable(rows: FleetRows["fleet-slos"]): Markup {
  if (rows.length === 0) return html``;
  return wholeTable<FleetRows["fleet-slos"][number]>(
    [
      textColumn("SLO", (row) => row.slo_name),
      numberColumn("Longest pause", (row) => formatNs(row.pause_ns)),
      numberColumn("Share of VMs", (row) => formatRatio(row.vm_ratio)),
      textColumn("Kept", (row) => (row.is_kept ? "yes" : "no")),
      numberColumn("VMs that break it", (row) => formatCount(row.broken_vm_count)),
      numberColumn("Low", (row) => formatCount(row.low_broken_vm_count)),
      numberColumn("High", (row) => formatCount(row.high_broken_vm_count)),
      numberColumn("Hosts", (row) => formatCount(row.broken_host_count)),
    ],
    rows,
  );
}

function batchesTable(rows: FleetRows["fleet-batches"]): Markup {
  return html`<h3 class="table">Batches</h3>
    ${wholeTable<FleetRows["fleet-batches"][number]>(
      [
        numberColumn("Batch", (row) => formatCount(row.batch_index + 1)),
        numberColumn("Hosts", (row) => formatCount(row.host_count)),
        numberColumn("Updated", (row) => formatCount(row.updated_count)),
        numberColumn("Failed", (row) => formatCount(row.failed_count)),
        numberColumn("Refused", (row) => formatCount(row.refused_count)),
        numberColumn("From", (row) => (row.start_ns === null ? "not reached" : formatLongNs(row.start_ns))),
        numberColumn("To", (row) => (row.end_ns === null ? "" : formatLongNs(row.end_ns))),
        numberColumn("VM-seconds lost", (row) => formatVmSeconds(row.lost_sum_ns)),
      ],
      rows.slice(0, 100),
    )}`;
}

function kindsTable(rows: FleetRows["fleet-kinds"]): Markup {
  const nsOr = (ns: number | null) => (ns === null ? "–" : formatNs(ns));
  return wholeTable<FleetRows["fleet-kinds"][number]>(
    [
      textColumn("Kind of host", (row) => row.host_kind),
      numberColumn("Hosts", (row) => formatCount(row.host_count)),
      numberColumn("VMs", (row) => formatCount(row.vm_count)),
      numberColumn("Memory used", (row) => formatRatio(row.used_ratio)),
      numberColumn("Shortest blackout", (row) => nsOr(row.least_blackout_ns)),
      numberColumn("Median", (row) => nsOr(row.median_blackout_ns)),
      numberColumn("Longest", (row) => nsOr(row.most_blackout_ns)),
    ],
    rows,
  );
}

/** What the rollout could not do as it should: nothing is said of what does not happen. */
function exceptions(rows: Pick<FleetRows, "fleet-refusals" | "fleet-unplaced" | "fleet-stays">): Markup {
  const refusals = rows["fleet-refusals"].map(
    (row) => html`<li>${plural(row.host_count, "host")} refused: ${displayText(row.refusal, 300)}</li> `,
  );
  const stays = rows["fleet-stays"].map(
    (row) => html`<li>${plural(row.vm_count, "VM")} stayed on the host: ${displayText(row.stay_reason, 300)}</li> `,
  );
  const unplaced = rows["fleet-unplaced"].map(
    (row) => html`<li>${plural(row.vm_count, "VM")} of ${formatBytes(row.guest_bytes)} found no host</li> `,
  );
  const items = [...refusals, ...stays, ...unplaced];
  return items.length === 0
    ? html``
    : html`<ul>
        ${items}
      </ul>`;
}

const parts = {
  figures: sourced(["fleet-headline"], (rows) => figuresSection(keyFigures(rows["fleet-headline"][0]!))),
  promises: sourced(["fleet-slos"], (rows) => promisesTable(rows["fleet-slos"])),
  batches: sourced(["fleet-batches"], (rows) => batchesTable(rows["fleet-batches"])),
  kinds: sourced(["fleet-kinds"], (rows) => kindsTable(rows["fleet-kinds"])),
  exceptions: sourced(["fleet-refusals", "fleet-unplaced", "fleet-stays"], exceptions),
  notes: sourced(["fleet-notes"], (rows) => {
    const items = rows["fleet-notes"].map((row) => html`<li>${displayText(row.detail, 400)}</li> `);
    return items.length === 0
      ? html``
      : html`<ul>
          ${items}
        </ul>`;
  }),
  inputs: sourced(["fleet-inputs"], (rows) =>
    inputsSection(
      rows["fleet-inputs"],
      "The same fleet, cost profile, inventories, seed and version give the same rollout and the same report, byte for byte.",
    ),
  ),
};

function sectionsOf(rows: FleetRows): readonly PageSection[] {
  return [
    {
      id: "rollout",
      heading: "The rollout",
      markup: (pick) => html`${pick("fleet-rollout")} ${withSource(parts.batches(rows))}`,
    },
    {
      id: "promises",
      heading: "What VMs feel, and what was promised",
      markup: (pick) => html`${pick("fleet-pauses")} ${withSource(parts.promises(rows))}`,
    },
    {
      id: "hosts",
      heading: "Hosts",
      markup: (pick) => html`${pick("fleet-blackouts")} ${withSource(parts.kinds(rows))}`,
    },
    { id: "exceptions", heading: "What did not go as it should", markup: () => withSource(parts.exceptions(rows)) },
    { id: "notes", heading: "What is assumed", markup: () => withSource(parts.notes(rows)) },
    { id: "inputs", heading: "Inputs", markup: () => withSource(parts.inputs(rows)) },
  ];
}

function twins(rows: FleetRows): Record<string, Sourced> {
  const twinOf = ({ queries }: (typeof figuresOfFleet)[number]): Sourced => ({
    queries,
    markup: html`${queries.map((query) => answerTable(query, rows[query as keyof FleetRows]))}`,
  });
  return Object.fromEntries(figuresOfFleet.map((figure) => [figure.id, twinOf(figure)]));
}

/** The report of a fleet: how long its rollout takes, what it costs, and which promises it breaks. */
export function fleetPage(rows: FleetRows, madeBy: string): PageContent {
  const headline = rows["fleet-headline"][0]!;
  const kernels = [headline.kernel_from, headline.kernel_to].map((name) => displayText(name, 30));
  return {
    title: headline.fleet_name,
    kicker: `Rollout of Linux ${kernels[0]!} to ${kernels[1]!} over fleet ${displayText(headline.fleet_name, 60)}`,
    headline: fleetSentence(headline),
    opening: withSource(parts.figures(rows)),
    sections: sectionsOf(rows),
    charts: (theme) => buildFleetCharts(rows, theme),
    twins: twins(rows),
    answers: () => ({ ...rows }),
    inputs: rows["fleet-inputs"],
    madeBy,
  };
}
