import { renderBenchstat } from "./benchstat.ts";
import { renderBiggerIsBetter, renderSmallerIsBetter } from "./benchmark-action.ts";
import { renderBmf } from "./bmf.ts";
import { renderGithub } from "./github.ts";
import { renderJson } from "./json.ts";
import { renderJunit } from "./junit.ts";
import { renderComment, renderSummary } from "./markdown.ts";
import { renderOpenmetrics } from "./openmetrics.ts";
import type { PublishFormat } from "./published.ts";

export { prose, tableHead, tableRow } from "./markdown-text.ts";
export { compareJsonSchema } from "./compare-schema.ts";
export type { Published, PublishFormat } from "./published.ts";

/** What a comparison or a gate can be written as, by name. */
export const publishFormats = {
  json: { doc: "everything, with all samples (docs/schema/compare-v1.json)", render: renderJson },
  md: { doc: "a comment on a pull request, as Markdown", render: renderComment },
  summary: { doc: "the summary of a step of GitHub Actions ($GITHUB_STEP_SUMMARY)", render: renderSummary },
  junit: { doc: "JUnit XML for whatever shows tests: a case a rule, or a row", render: renderJunit },
  github: { doc: "workflow commands: annotations of GitHub Actions", render: renderGithub },
  "benchmark-action": {
    doc: "github-action-benchmark, customSmallerIsBetter: metrics that are better when lower",
    render: renderSmallerIsBetter,
  },
  "benchmark-action-bigger": {
    doc: "github-action-benchmark, customBiggerIsBetter: metrics that are better when higher",
    render: renderBiggerIsBetter,
  },
  bmf: { doc: "Bencher Metric Format", render: renderBmf },
  benchstat: { doc: "samples as Go prints benchmarks, for benchstat -col side", render: renderBenchstat },
  openmetrics: {
    doc: "OpenMetrics 1.0 text for Prometheus: the last column, changes and verdicts",
    render: renderOpenmetrics,
  },
} as const satisfies Readonly<Record<string, PublishFormat>>;
