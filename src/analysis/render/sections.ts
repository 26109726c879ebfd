import { displayText, formatBytes, formatCount, formatNs, formatRatio, type HeadlineRow, plural } from "../format.ts";
import type { CatalogueQuery } from "../catalogue-query.ts";
import { readSql } from "../db/sql-file.ts";
import { catalogue, type QueryName } from "../queries.ts";
import type { ReportRows } from "../spec/charts.ts";
import type { Figure } from "../spec/figure.ts";
import type { Chart } from "../spec/theme.ts";
import { captions } from "./captions.ts";
import { html, type Markup, tableMarkup, wholeTable } from "./markup.ts";
import { type Sourced, sourceNote } from "./sources.ts";

/** More inputs than this scroll in a box of their own. */
const mostInputs = 20;

type ServiceRow = ReportRows["service-headline"][number];

export interface KeyFigure {
  readonly name: string;
  readonly value: string;
  readonly note: string;
}

/** What clients notice; nothing of which the trace has no word. */
function serviceFigures(row: ServiceRow): KeyFigure[] {
  const figures: (KeyFigure | undefined)[] = [
    row.service_visible_ns === null
      ? undefined
      : {
          name: "Service gone, longest",
          value: formatNs(row.service_visible_ns),
          note: `${displayText(row.service_vm_name ?? "", 30)}: from its last packet to where TCP is back`,
        },
    row.worst_ns === null
      ? undefined
      : {
          name: "Longest request latency",
          value: formatNs(row.worst_ns),
          note: `${formatNs(row.alone_worst_ns ?? 0)} without the update`,
        },
    row.card_count === 0
      ? undefined
      : {
          name: "Packets lost",
          value: formatCount(row.dropped_count),
          note: `of ${formatCount(row.arrived_count)} that come in the gap`,
        },
    row.timeout_count === 0
      ? undefined
      : {
          name: "Timeouts crossed",
          value: `${formatCount(row.crossed_timeout_count)} of ${formatCount(row.timeout_count)}`,
          note: "of guests and their clients",
        },
  ];
  return figures.filter((figure) => figure !== undefined);
}

function keyFigures(row: HeadlineRow): KeyFigure[] {
  const share = row.metadata_ratio === null ? "" : `${formatRatio(row.metadata_ratio)} of guest memory`;
  const worst = row.worst_vm_name === null ? "" : displayText(row.worst_vm_name, 40);
  return [
    {
      name: "Blackout of the host",
      value: formatNs(row.blackout_ns),
      note: `${formatNs(row.blackout_low_ns)} to ${formatNs(row.blackout_high_ns)} by the constants' ranges`,
    },
    { name: "VM that stands still longest", value: formatNs(row.worst_vm_ns ?? 0), note: worst },
    { name: "Preserving, while VMs run", value: formatNs(row.preserve_ns), note: "before the blackout" },
    { name: "VMs", value: formatCount(row.vm_count), note: `${formatBytes(row.guest_bytes)} of memory` },
    { name: "Metadata", value: formatBytes(row.metadata_bytes), note: share },
    { name: "Scratch", value: formatBytes(row.scratch_bytes), note: "reserved from boot on" },
    {
      name: "Device events in the blackout",
      value: formatCount(row.device_event_count),
      note: `${formatCount(row.lost_event_count)} would be lost`,
    },
    {
      name: "Assumed constants",
      value: `${formatCount(row.used_assumed_count)} of ${formatCount(row.used_constant_count)}`,
      note: `used; the profile has ${formatCount(row.constant_count)}, ${formatCount(row.assumed_constant_count)} of them assumed`,
    },
  ];
}

export function runFigures(row: HeadlineRow, services: ServiceRow): Markup {
  return figuresSection([...keyFigures(row), ...serviceFigures(services)]);
}

export function figuresSection(figures: readonly KeyFigure[]): Markup {
  const items = figures.map(
    ({ name, value, note }) =>
      html`<div>
        <dt>${name}</dt>
        <dd>${value}<small>${note}</small></dd>
      </div> `,
  );
  return html`<dl class="figures">${items}</dl>`;
}

export function warningsSection(rows: ReportRows["warnings"]): Markup {
  if (rows.length === 0) return html``;
  const items = rows.map((row) => {
    const origin = displayText(row.origin, 20);
    return html`<li>
      ${displayText(row.detail, 400)}
      <small>(${origin}: ${displayText(row.code, 60)}, ${plural(row.row_count, "item")})</small>
    </li> `;
  });
  return html`<section class="warnings">
    <h2>${plural(rows.length, "doubt")} about this result</h2>
    <ul>
      ${items}
    </ul>
  </section>`;
}

function zoomTools(chart: Chart): Markup {
  if (chart.zooms.length === 0) return html``;
  const buttons = [
    ["in", "+", "Zoom in"],
    ["out", "−", "Zoom out"],
    ["left", "←", "Move left"],
    ["right", "→", "Move right"],
    ["reset", "Reset", "Reset"],
  ] as const;
  const groups = chart.zooms.map((zoom, index) => {
    const items = buttons.map(
      ([action, text, label]) =>
        html`<button type="button" data-zoom="${index}" data-action="${action}" aria-label="${label}: ${zoom.label}">
          ${text}
        </button>`,
    );
    return html`<fieldset>
      <legend>${zoom.label}</legend>
      ${items}
    </fieldset>`;
  });
  return html`<div class="tools">${groups}</div>`;
}

/** A figure in its place on a page. */
export interface PlacedFigure {
  readonly chart: Figure;
  /** From 1. */
  readonly number: number;
  readonly twin: Sourced;
  readonly inputs: readonly InputRow[];
}

/** What asks a question again, and its SQL. */
function questionMarkup(name: QueryName, number: number): Markup {
  const { file, parameters } = catalogue[name] as CatalogueQuery;
  const given = Object.entries(parameters).map(([key, value]) => `${key} = ${value}`);
  const with_ = given.length === 0 ? "" : ` with ${given.join(", ")}`;
  return html`<p>
      <code>luoscope query FOLDER ${name}</code>${with_}
      <button type="button" data-csv="${name}" data-figure="${number}">Download ${name}.csv</button>
    </p>
    <pre tabindex="0" aria-label="SQL of ${name}">${readSql(file).trim()}</pre>`;
}

/** One click away: the SQL behind a figure, how to ask again, what went in, and the rows themselves. */
function computedMarkup({ chart, number, inputs }: PlacedFigure): Markup {
  const named = inputs
    .slice(0, mostInputs)
    .map(
      (row) =>
        html`<li>
          ${row.input_kind} ${displayText(row.input_name, 120)}
          ${row.sha256 === "" ? "" : html`<code>${displayText(row.sha256, 64)}</code>`}
        </li> `,
    );
  const left = inputs.length > mostInputs ? html`<li>${plural(inputs.length - mostInputs, "more input")}</li>` : "";
  return html`<details class="computed">
    <summary>How figure ${number} was computed, and its data</summary>
    ${chart.queries.map((name) => questionMarkup(name, number))}
    ${
      named.length === 0
        ? ""
        : html`<p>From:</p>
            <ul>
              ${named}${left}
            </ul>`
    }
  </details>`;
}

export function chartSection(placed: PlacedFigure): Markup {
  const { chart, number, twin } = placed;
  if (chart.isEmpty) {
    return html`<figure id="${chart.id}">
      <h3><span>Figure ${number}.</span> ${chart.title}</h3>
    </figure> `;
  }
  return html`<figure id="${chart.id}">
    <h3><span>Figure ${number}.</span> ${chart.title}</h3>
    ${zoomTools(chart)}
    <div class="plot" role="img" aria-label="${chart.title}"></div>
    <figcaption>${captions[chart.id] ?? ""} ${sourceNote([...chart.queries, ...twin.queries])}</figcaption>
    <details>
      <summary>Figure ${number} as a table</summary>
      ${twin.markup}
    </details>
    ${computedMarkup(placed)}
  </figure> `;
}

/** The brownout's length is the trace's and not made of constants. */
function hasRange(row: ReportRows["phases"][number]): boolean {
  return row.phase !== "brownout";
}

export function phasesSection(rows: ReportRows["phases"]): Markup {
  const table = wholeTable(
    [
      { head: "Phase", cell: (row) => row.phase },
      { head: "VMs", cell: (row) => (row.in_blackout ? "stand still" : "run") },
      { head: "Start", cell: (row) => formatNs(row.start_offset_ns), isNumber: true },
      { head: "Duration", cell: (row) => formatNs(row.phase_ns), isNumber: true },
      { head: "Low", cell: (row) => (hasRange(row) ? formatNs(row.low_ns) : ""), isNumber: true },
      { head: "High", cell: (row) => (hasRange(row) ? formatNs(row.high_ns) : ""), isNumber: true },
      {
        head: "Of the blackout",
        cell: (row) => (row.blackout_ratio === null ? "" : formatRatio(row.blackout_ratio)),
        isNumber: true,
      },
      { head: "Steps", cell: (row) => formatCount(row.step_count), isNumber: true },
    ],
    rows,
  );
  return html`<p class="note">
      Start counts from the moment the first VM stops. Low and high: the duration with every constant at that end of its
      range.
    </p>
    ${table}`;
}

type CostRow = ReportRows["cost-breakdown"][number];

function rangeText(row: CostRow): string {
  if (row.unit_low_ns === null || row.unit_high_ns === null) return "";
  return `${formatNs(row.unit_low_ns)} to ${formatNs(row.unit_high_ns)}`;
}

export function costsSection(rows: ReportRows["cost-breakdown"]): Markup {
  const table = wholeTable<CostRow>(
    [
      {
        head: "Constant, paid for one",
        cell: (row) => html`${displayText(row.cost_name, 60)}<br /><small>${displayText(row.per ?? "", 90)}</small>`,
      },
      { head: "In the blackout", cell: (row) => formatNs(row.blackout_ns), isNumber: true },
      {
        head: "Share",
        cell: (row) => (row.blackout_ratio === null ? "" : formatRatio(row.blackout_ratio)),
        isNumber: true,
      },
      { head: "Elsewhere", cell: (row) => formatNs(row.other_ns), isNumber: true },
      { head: "Paid", cell: (row) => formatCount(row.unit_count), isNumber: true },
      {
        head: "Each, range",
        cell: (row) => html`${formatNs(row.unit_ns)}<br /><small>${rangeText(row)}</small>`,
        isNumber: true,
      },
      {
        head: "Source",
        cell: (row) => {
          const source = displayText(row.source.replace(/^assumed[:,]? */, ""), 240);
          return row.assumed ? html`<span class="badge">assumed</span> ${source}` : source;
        },
      },
    ],
    rows,
  );
  return html`<p class="note">
      What each constant of the cost profile adds up to over all steps, the largest in the blackout first. Steps of
      several VMs may run side by side, so the sums can exceed the time on the clock.
    </p>
    ${table}`;
}

/** Rows that name an input and its hash. */
export interface InputRow {
  readonly input_kind: string;
  readonly input_name: string;
  readonly sha256: string;
}

export function inputsSection(rows: readonly InputRow[], note: string): Markup {
  const draw = rows.length > mostInputs ? tableMarkup : wholeTable;
  const table = draw(
    [
      { head: "Input", cell: (row) => row.input_kind },
      { head: "Name", cell: (row) => displayText(row.input_name, 120) },
      { head: "SHA-256", cell: (row) => html`<code>${displayText(row.sha256, 64)}</code>` },
    ],
    rows,
  );
  return html`<p class="note">${note}</p>
    ${table}`;
}
