import { displayText, formatBytes, formatCount, formatNs, formatRatio, type HeadlineRow, plural } from "../format.ts";
import type { ReportRows } from "../spec/charts.ts";
import type { Chart } from "../spec/theme.ts";
import { html, type Markup, tableMarkup, wholeTable } from "./markup.ts";

/** More inputs than this scroll in a box of their own. */
const mostInputs = 20;

/** How to read each chart; the finding itself is its title. */
const captions: Readonly<Record<string, string>> = {
  "phase-gantt":
    "Each lane is a step of the live update; the figure to its right is the time from the lane's first start to its last end. Above, the whole update with the blackout shaded; below, the blackout alone, with the phases and the kernel that runs. Wheel or drag to zoom and move, double-click to reset.",
  "blackout-by-phase":
    "How long each VM's vCPUs stand still, cut at the borders of the host's phases. To the right, the sum, and in brackets where it would lie with every constant at the low or the high end of its range.",
  "memory-overhead":
    "Host memory by what it is for. Metadata describes the preserved memory; scratch is reserved from boot on for the next kernel; temporary memory is given back during the update.",
  "dirty-pages":
    "Pages that the guests of the trace write, as mean rates over short stretches of time. The trace's clock stands still in the blackout, so what follows is moved by its length. Pages written for the first time since resume cost the guest a fault each.",
  "device-events":
    "Device activity that the trace holds for the time in which the guests stand still, by what the blackout does to it. The strip shows the phases.",
  "predicted-by-step":
    "Above, predicted over recorded times, both on logarithmic scales: on the dashed line they are equal. Vertical lines are 90 % intervals, where they are longer than a dot. Steps of microseconds are below what a kernel's messages resolve. Below, each step's error as a share of its recorded length, with its interval; dots at the upper and lower edge lie farther out. Dots that would lie on each other are one; traced recordings are left out.",
  "residuals-by-driver":
    "Error of each quantity (above 0: predicted too long) over what its cost depends on. A driver that is modelled wrongly shows as a slope or a bend. ρ is Spearman's rank correlation of the error, with its sign, and the driver. Faint dots are off by less than 0.5 ms and may lie beyond the edge.",
  "kernel-waterfall":
    "From the older kernel's blackout to the newer one's: each bar begins where the one above ends, and is as long as the step's recorded change. A tick shows where it would end as predicted. Both updates preserve the same on the same host; of all such pairs, the one that most is known of and that differs in the kernel only, unless another was named.",
  "scattered-boot":
    "How long the step that reserves preserved memory took in each recording (dots; small ones are not scattered) and what the model says: every folio that lies alone steps over all regions reserved below it, twice. Vertical lines are 90 % intervals.",
};

export interface KeyFigure {
  readonly name: string;
  readonly value: string;
  readonly note: string;
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

export function runFigures(row: HeadlineRow): Markup {
  return figuresSection(keyFigures(row));
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
    ["reset", "Reset", "Show all"],
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

export function chartSection(chart: Chart, index: number, twin: Markup): Markup {
  if (chart.isEmpty) {
    return html`<figure id="${chart.id}">
      <h3><span>Figure ${index + 1}.</span> ${chart.title}</h3>
    </figure> `;
  }
  return html`<figure id="${chart.id}">
    <h3><span>Figure ${index + 1}.</span> ${chart.title}</h3>
    ${zoomTools(chart)}
    <div class="plot" role="img" aria-label="${chart.title}"></div>
    <figcaption>${captions[chart.id] ?? ""}</figcaption>
    <details>
      <summary>Figure ${index + 1} as a table</summary>
      ${twin}
    </details>
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
  return html`<h2 id="phases">Phases</h2>
    <p class="note">
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
  return html`<h2 id="costs">Constants behind the time</h2>
    <p class="note">
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
  return html`<h2 id="inputs">Inputs</h2>
    <p class="note">${note}</p>
    ${table}`;
}
