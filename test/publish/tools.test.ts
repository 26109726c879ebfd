// What others' own programs say of the formats: of a readable comparison, of hostile names, of many rows.
import { readFileSync } from "node:fs";

import { expect, test } from "vitest";

import { type Published, publishFormats } from "../../src/publish/index.ts";
import { everyOutcome, everyVerdict, hostileGate, hostileRows, manyRows } from "../kit/differences.ts";
import { hasCmark, hasXmllint, pythonWith, runOver } from "../kit/publish-tools.ts";

async function sources(): Promise<readonly (readonly [string, Published])[]> {
  return [
    ["every verdict", await everyVerdict()],
    ["every outcome", await everyOutcome()],
    ["hostile rows", hostileRows()],
    ["hostile gate", hostileGate()],
    ["many rows", manyRows(1000)],
  ];
}

const all = await sources();
const jsonschema = pythonWith("jsonschema");
const prometheus = pythonWith("prometheus_client.openmetrics.parser");
const python = pythonWith("xml.etree.ElementTree");

test.skipIf(!hasXmllint).each(all)(
  `junit of %s is valid${hasXmllint ? "" : " (skipped: xmllint is not installed)"}`,
  (_, source) => {
    const text = publishFormats.junit.render(source);
    runOver("xmllint", ["--noout", "--huge", "--schema", "test/fixtures/junit.xsd", "-"], text);
    // A schema that takes anything would say nothing.
    const broken = text.replace("<testcase name=", "<testcase nome=");
    expect(() => runOver("xmllint", ["--noout", "--huge", "--schema", "test/fixtures/junit.xsd", "-"], broken)).toThrow(
      "nome",
    );
  },
);

/** GitHub's own Markdown, with all that it adds; tags are let through, so that one that is not ours shows. */
const cmarkArgs = ["--unsafe", "-e", "table", "-e", "autolink", "-e", "strikethrough"];

test.skipIf(!hasCmark).each(all)(
  `cmark-gfm finds every row of %s in the summary, and no markup of a name's${hasCmark ? "" : " (skipped: cmark-gfm is not installed)"}`,
  (_, source) => {
    const html = runOver("cmark-gfm", cmarkArgs, publishFormats.summary.render(source));
    const tags = new Set([...html.matchAll(/<([a-z][a-z0-9]*)/g)].map(([, tag]) => tag!));
    const ours = "h3 h4 p strong code ul li table thead tbody tr th td details summary".split(" ");
    expect([...tags].filter((tag) => !ours.includes(tag))).toEqual([]);
    const rows = [...html.matchAll(/<tr>\n<td>(?:<strong>)?([^<]*)/g)].map(([, word]) => word!);
    const verdicts = ["better", "same", "worse", "different", "inconclusive", "did not finish", "gone", "new"];
    const inRules = source.gate?.rules.filter(({ outcome }) => outcome === "inconclusive").length ?? 0;
    expect(rows.filter((word) => verdicts.includes(word)).length - inRules).toBe(source.difference.rows.length);
    // GitHub looks for mentions in all text that is no code.
    expect(html.replaceAll(/<code>[^<]*<\/code>/g, "")).not.toContain("@");
  },
);

const countCases = `
import sys, xml.etree.ElementTree as tree
root = tree.fromstring(sys.stdin.buffer.read())
cases = root.findall('./testsuite/testcase')
print(len(cases), len({(case.get('classname'), case.get('name')) for case in cases}))
`;

test.skipIf(python === undefined).each(all)(
  `Python finds every case of %s in junit${python === undefined ? " (skipped: no python3)" : ""}`,
  (_, source) => {
    const count = source.gate?.rules.length ?? source.difference.rows.length;
    const found = runOver(python!, ["-c", countCases], publishFormats.junit.render(source));
    expect(found.trim()).toBe(`${count} ${count}`);
  },
);

const checkSchema = `
import json, jsonschema, sys
schema = json.load(open('docs/schema/compare-v1.json'))
kind = jsonschema.validators.validator_for(schema)
kind.check_schema(schema)
def refuse(word): raise ValueError(word)
document = json.loads(sys.stdin.buffer.read().decode('utf-8'), parse_constant=refuse)
kind(schema).validate(document)
print(len(document['rows']))
`;

test.skipIf(jsonschema === undefined).each(all)(
  `json of %s is what docs/schema says${jsonschema === undefined ? " (skipped: no python3-jsonschema)" : ""}`,
  (_, source) => {
    const text = publishFormats.json.render(source);
    expect(runOver(jsonschema!, ["-c", checkSchema], text).trim()).toBe(String(source.difference.rows.length));
    expect(() => runOver(jsonschema!, ["-c", checkSchema], text.replace('"verdict":"', '"verdict":"no '))).toThrow();
  },
);

test("the schema forbids what the format does not have", () => {
  const schema = JSON.parse(readFileSync("docs/schema/compare-v1.json", "utf8")) as Record<string, unknown>;
  expect(schema["additionalProperties"]).toBe(false);
  expect(schema["required"]).toContain("gate");
});

const parseMetrics = `
import sys
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
families = list(parse(sys.stdin.buffer.read().decode('utf-8')))
verdicts = [family for family in families if family.name == 'luoscope_verdict'][0].samples
print(len(verdicts), len({tuple(sorted(sample.labels.items())) for sample in verdicts}))
`;

test.skipIf(prometheus === undefined).each(all)(
  `Prometheus' own parser reads openmetrics of %s${prometheus === undefined ? " (skipped: no python3-prometheus-client)" : ""}`,
  (_, source) => {
    const count = source.difference.rows.length;
    const found = runOver(prometheus!, ["-c", parseMetrics], publishFormats.openmetrics.render(source));
    expect(found.trim()).toBe(`${count} ${count}`);
  },
);
