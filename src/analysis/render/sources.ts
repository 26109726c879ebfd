import { catalogue, type QueryName } from "../queries.ts";
import { html, type Markup } from "./markup.ts";

/** Which questions each figure shows the answers to. */
const figureSources: Readonly<Record<string, readonly QueryName[]>> = {
  "phase-gantt": ["phases", "steps-gantt", "headline"],
  "blackout-by-phase": ["blackout-by-phase-vm"],
  "memory-overhead": ["overhead-by-kind", "headline"],
  "dirty-pages": ["dirty-over-time", "dirty-summary", "marks"],
  "device-events": ["device-events", "device-effects", "phases"],
  "request-latency": ["latency-over-time", "latency-ecdf", "request-latency"],
  "brownout-curve": ["brownout-curve", "brownout-summary"],
  "when-to-update": ["moments", "moment-windows", "moments-by-mark"],
  alternatives: ["alternatives"],
  "predicted-by-step": ["predicted-by-step"],
  "residuals-by-driver": ["residuals-by-driver", "driver-correlations"],
  "kernel-waterfall": ["kernel-waterfall", "kernel-pairs"],
  "scattered-boot": ["scattered-boot", "scattered-curve"],
};

/** Names the SQL that numbers come from, so that a reader can ask it again. */
export function sourceNote(...names: readonly QueryName[]): Markup {
  const files = names.map((name, index) => html`${index > 0 ? ", " : ""}<code>${catalogue[name].file}.sql</code>`);
  return html`<p class="source">From ${files}</p>`;
}

/** The same for a figure; nothing for one that is not known. */
export function figureSourceNote(id: string): Markup {
  const names = figureSources[id];
  return names === undefined ? html`` : sourceNote(...names);
}
