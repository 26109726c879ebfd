import type { Mutation } from "./mutation.ts";

const formats = ["test/publish/formats.test.ts"];
const hostile = ["test/publish/hostile.test.ts"];
const limits = ["test/publish/limits.test.ts"];

/** What other tools read of a comparison. */
export const publishMutations: readonly Mutation[] = [
  {
    rule: "PUB",
    breaks: "a % that looks like an escape stays as it is",
    file: "src/publish/keys.ts",
    find: "`%(?=[0-9A-Fa-fuU])|${hiddenSource}${own}`",
    replace: "`${hiddenSource}${own}`",
    tests: formats,
  },
  {
    rule: "PUB",
    breaks: "long names with the same start are one",
    file: "src/publish/keys.ts",
    find: "~${hashOf(key)}`",
    replace: "~`",
    tests: formats,
  },
  {
    rule: "PUB",
    breaks: "a bar in a name ends a table's cell",
    file: "src/publish/markdown-text.ts",
    find: '.replaceAll("|", "¦")',
    replace: "",
    tests: hostile,
  },
  {
    rule: "PUB",
    breaks: "a mention in a sentence notifies somebody",
    file: "src/publish/markdown-text.ts",
    find: "…=<>'/-]*$/",
    replace: "…=<>'/@-]*$/",
    tests: hostile,
  },
  {
    rule: "PUB",
    breaks: "the largest changes are left out first",
    file: "src/compare/sides.ts",
    find: "sizeOf(other) - sizeOf(one)",
    replace: "sizeOf(one) - sizeOf(other)",
    tests: limits,
  },
  {
    rule: "PUB",
    breaks: "a page's bytes are counted as characters",
    file: "src/publish/markdown-text.ts",
    find: "return Buffer.byteLength(text);",
    replace: "return text.length;",
    tests: limits,
  },
  {
    rule: "PUB",
    breaks: "a line break in a message begins a new command",
    file: "src/publish/github.ts",
    find: '.replaceAll("\\n", "%0A")',
    replace: "",
    tests: hostile,
  },
  {
    rule: "PUB",
    breaks: "the tenth annotation is one like the others",
    file: "src/publish/github.ts",
    find: "own.length - (maxAnnotations - 1)",
    replace: "own.length - maxAnnotations",
    tests: limits,
  },
  {
    rule: "PUB",
    breaks: "XML has characters that it forbids",
    file: "src/publish/xml.ts",
    find: '.replaceAll(forbidden, "\\uFFFD")',
    replace: "",
    tests: formats,
  },
  {
    rule: "PUB",
    breaks: "OpenMetrics has nanoseconds for seconds",
    file: "src/publish/openmetrics.ts",
    find: "size: 1e9",
    replace: "size: 1",
    tests: formats,
  },
  {
    rule: "PUB",
    breaks: "benchstat reads a VM's number as GOMAXPROCS",
    file: "src/publish/benchstat.ts",
    find: '.replace(/-(?=\\d+$)/, "%2D")',
    replace: "",
    tests: hostile,
  },
];
