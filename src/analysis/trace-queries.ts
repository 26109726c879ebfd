import type { CatalogueQuery } from "./catalogue-query.ts";

/** Questions to a trace. */
export const traceCatalogue = {
  "dirty-by-tick": {
    file: "dirty-by-tick",
    doc: "How fast each VM writes memory, reading by reading.",
    parameters: {},
    columns: {
      vm_index: "index",
      vm_name: "text",
      start_ns: "ns",
      end_ns: "ns",
      dirty_pages: "pages",
      dirty_pages_per_sec: "per_sec?",
    },
  },
  "events-by-kind": {
    file: "events-by-kind",
    doc: "Which events the trace holds, and how much time they take.",
    parameters: {},
    columns: {
      category: "text?",
      event_name: "text?",
      event_count: "count",
      task_count: "count",
      first_ns: "ns",
      last_ns: "ns",
      total_ns: "ns?",
      longest_ns: "ns?",
    },
  },
  "device-latency": {
    file: "device-latency",
    doc: "How long requests to each device take.",
    parameters: {},
    columns: {
      device_index: "index",
      device_name: "text?",
      direction: "text",
      request_count: "count",
      open_count: "count",
      total_bytes: "bytes?",
      median_ns: "ns?",
      percentile_95_ns: "ns?",
      percentile_99_ns: "ns?",
      longest_ns: "ns?",
    },
  },
  "probe-gaps": {
    file: "probe-gaps",
    doc: "When probes from outside went without an answer, and for how long.",
    parameters: {},
    columns: {
      vm_index: "index?",
      vm_name: "text?",
      last_answered_ns: "ns?",
      first_lost_ns: "ns",
      last_lost_ns: "ns",
      next_answered_ns: "ns?",
      gap_ns: "ns?",
      lost_count: "count",
    },
  },
  "working-set": {
    file: "working-set",
    doc: "How much memory each VM uses, and how hot it is.",
    parameters: { class_count: 4 },
    columns: {
      vm_index: "index",
      vm_name: "text?",
      class_index: "index",
      heat_ratio: "ratio",
      mean_pages: "pages",
      most_pages: "pages",
      aggregation_count: "count",
    },
  },
} as const satisfies Readonly<Record<string, CatalogueQuery>>;
