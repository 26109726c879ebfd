// The kit on trace texts of the real tools; what is special to each dialect stands in trace-text-*.test.ts.
import { fileURLToPath } from "node:url";

import { describeImporter, type ImportSample } from "../kit/import-conformance.ts";

const samples = fileURLToPath(new URL("../../traces/samples", import.meta.url));

function samplesOf(importer: string, folder: string, names: readonly string[]): ImportSample[] {
  return names.map((name) => ({
    golden: `${importer}-${name.replace(/\.(txt|json)$/, "").replace("/", "-")}`,
    files: [`${samples}/${folder}/${name}`],
  }));
}

describeImporter(
  "ftrace",
  samplesOf("ftrace", "ftrace/6.1.0-56-amd64", [
    "nop-events.txt",
    "latency-format.txt",
    "overwritten.pipe.txt",
    "stacktrace.txt",
    "tgid.txt",
    "function.txt",
    "function-graph-abstime-proc-tail.txt",
    "function-graph-no-cpu-overhead-sleep.txt",
    "kvm.txt",
  ]),
);
describeImporter("ftrace", samplesOf("ftrace", "ftrace", ["6.12.117+deb12-amd64/damon-vaddr.txt"]));
describeImporter(
  "trace-cmd",
  samplesOf("trace-cmd", "trace-cmd/3.1.6", [
    "disk.report.txt",
    "disk.report-ts-diff.txt",
    "disk.report-l.txt",
    "disk.report-R.txt",
    "lost.report.txt",
    "function-graph.report.txt",
  ]),
);
describeImporter(
  "perf-script",
  samplesOf("perf-script", "perf/6.1.192", [
    "disk.script-header.txt",
    "disk.script-fields-pid-period.txt",
    "disk.script-task-mmap.txt",
    "stacks.script.txt",
    "software.script.txt",
    "damon-vaddr.script.txt",
  ]),
);
describeImporter("damo", samplesOf("damo", "damo/3.3.0", ["vaddr.json", "paddr.json"]));
