import { displayLabel, formatCount, formatNs, plural } from "../format.ts";
import type { CatalogueRow } from "../queries.ts";
import { linearTimeLabel } from "./axes.ts";
import {
  type Chart,
  emptyChart,
  finishChart,
  numberAxis,
  plotWidth,
  type Theme,
  tooltipFields,
  uniqueLabels,
} from "./theme.ts";

type Bin = CatalogueRow<"fleet-blackout-histogram">;

export interface BlackoutRows {
  readonly bins: readonly Bin[];
  readonly kinds: readonly CatalogueRow<"fleet-kinds">[];
}

const heightPx = 200;

function title({ bins, kinds }: BlackoutRows): string {
  const hosts = bins.reduce((sum, bin) => sum + bin.host_count, 0);
  const updated = kinds.filter((kind) => kind.least_blackout_ns !== null);
  const longest = updated.toSorted((left, right) => right.most_blackout_ns! - left.most_blackout_ns!)[0]!;
  const shortest = updated.toSorted((left, right) => left.least_blackout_ns! - right.least_blackout_ns!)[0]!;
  return (
    `Blackouts of ${plural(hosts, "host")} take ${formatNs(shortest.least_blackout_ns!)} (${displayLabel(shortest.host_kind, 30)}) ` +
    `to ${formatNs(longest.most_blackout_ns!)} (${displayLabel(longest.host_kind, 30)})`
  );
}

/** How many hosts have blackouts of which length. */
export function fleetBlackoutsChart(rows: BlackoutRows, theme: Theme): Chart {
  const id = "fleet-blackouts";
  const { bins } = rows;
  if (bins.length === 0) return emptyChart(id, "No host of this fleet is updated.", theme);
  // Those with most hosts first; others are named by no kind.
  const ranks = new Map(rows.kinds.map((row, rank) => [row.host_kind, rank]));
  const rankOf = (kind: string): number => ranks.get(kind) ?? ranks.size;
  const kinds = [...new Set(bins.map((bin) => bin.host_kind))].toSorted((left, right) => rankOf(left) - rankOf(right));
  const labels = uniqueLabels(kinds.map((kind) => displayLabel(kind, 30)));
  const values = bins.map((bin) => ({
    from_ns: bin.from_ns,
    to_ns: bin.to_ns,
    host_count: bin.host_count,
    kind: labels[kinds.indexOf(bin.host_kind)]!,
    blackout: `${formatNs(bin.from_ns)} to ${formatNs(bin.to_ns)}`,
    hosts: formatCount(bin.host_count),
  }));
  const binNs = bins[0]!.to_ns - bins[0]!.from_ns;
  const domain = [
    Math.max(0, Math.min(...bins.map((bin) => bin.from_ns)) - 2 * binNs),
    Math.max(...bins.map((bin) => bin.to_ns)) + 2 * binNs,
  ];
  const body = {
    width: plotWidth,
    height: heightPx,
    data: { values },
    mark: { type: "bar", binSpacing: 0.5 },
    encoding: {
      x: {
        field: "from_ns",
        type: "quantitative",
        bin: "binned",
        scale: { domain, nice: false, zero: false },
        axis: {
          title: "blackout of a host: from its first VM's pause until its last one runs",
          labelExpr: linearTimeLabel,
          tickCount: 10,
        },
      },
      x2: { field: "to_ns" },
      y: {
        field: "host_count",
        type: "quantitative",
        stack: "zero",
        axis: { title: "hosts", tickMinStep: 1, tickCount: 5, ...numberAxis },
      },
      color: {
        field: "kind",
        type: "nominal",
        scale: { domain: labels, range: Object.values(theme.phases).slice(0, labels.length) },
        legend: { title: null, columns: 4 },
      },
      tooltip: tooltipFields({ kind: "Hosts", blackout: "Blackout", hosts: "Number" }),
    },
  };
  return finishChart({ id, title: title(rows), body }, theme);
}
