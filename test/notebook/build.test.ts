// What is built of notebooks: pages without script, and notebooks that Jupyter takes and can run.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { spawnSync } from "node:child_process";

import { beforeAll, describe, expect, test } from "vitest";

import { buildNotebooks } from "../../src/notebook/index.ts";
import { notebookOf, printing, runText } from "../kit/notebooks.ts";
import { hasCmark, pythonWith, runOver } from "../kit/publish-tools.ts";
import { sharedFolder } from "../kit/temp-folder.ts";
import { writeTinyRun } from "../kit/tiny-run.ts";

const folder = sharedFolder();
const hostile = `"""<img src=x onerror=alert(1)>|\`</code></pre><script>`;
const body = `Prose with <b>markup</b>, [a sibling](other.md#there), [a script](javascript:alert(1)), [a file](../x.md),
[the web](https://example.org/) and ![a picture](x.png).

| left | right |
|---|---:|
| 1 | 2 |

\`\`\`sql run
select name, blackout_ns, '"""\\' as marks from vm order by vm_index
\`\`\`

\`\`\`claim run
select count(*) = 2 as "there are two VMs", count(*) = 2 as "${hostile.replaceAll('"', "")}" from vm
\`\`\`

\`\`\`chart run phase-gantt
\`\`\`

\`\`\`luoscope
query {run} "select '<script>'"
\`\`\`
`;

let html = "";
let ipynb = "";

beforeAll(async () => {
  writeTinyRun(join(folder, "run"), { vmNames: [hostile, "plain"] });
  const notebooks = [
    notebookOf(runText(body), join(folder, "one.md")),
    notebookOf(runText("Nothing.\n"), join(folder, "other.md")),
  ];
  const target = join(folder, "built");
  const build = async () => {
    const work = { workFolder: folder, effects: printing(`${hostile}\n<!-- /output -->\n`) };
    return buildNotebooks(notebooks, work, { target, formats: ["html", "ipynb"] });
  };
  const files = await build();
  expect(await build()).toEqual(files);
  expect(files.map(({ path }) => path.slice(target.length + 1))).toEqual([
    "one.html",
    "one.ipynb",
    "other.html",
    "other.ipynb",
  ]);
  mkdirSync(target, { recursive: true });
  for (const { path, text } of files) writeFileSync(path, text);
  html = readFileSync(join(target, "one.html"), "utf8");
  ipynb = readFileSync(join(target, "one.ipynb"), "utf8");
}, 120_000);

test("two notebooks of one name are not built into one folder", async () => {
  const notebooks = ["a/x.md", "b/x.md"].map((path) => notebookOf(runText(""), path));
  const building = buildNotebooks(notebooks, { workFolder: "x", effects: printing("") }, { target: "x", formats: [] });
  await expect(building).rejects.toThrow("two notebooks of one name");
});

describe("the page", () => {
  test("has no script and fetches nothing, and its policy says so", () => {
    const style = /<style>([^]*?)<\/style>/.exec(html)![1]!;
    const hash = createHash("sha256").update(style).digest("base64");
    expect(html).toContain(`content="default-src &#39;none&#39;; style-src &#39;sha256-${hash}&#39;; img-src data:; `);
    const tags = new Set([...html.matchAll(/<([a-z][a-z0-9]*)/g)].map(([, tag]) => tag));
    expect([...tags].filter((tag) => ["script", "link", "iframe", "object", "b"].includes(tag!))).toEqual([]);
    const sources = [...html.matchAll(/ (?:src|href)="([^"]{0,30})/g)].map(([, source]) => source);
    expect(sources).toEqual([
      "other.html#there",
      "https://example.org/",
      "data:image/svg+xml;base64,PHN2",
      "data:image/svg+xml;base64,PHN2",
    ]);
    expect(html).not.toMatch(/<[^>]* (?:on\w+|style)=/);
  });

  test("says what is from outside as text", () => {
    expect(html).toContain("<td>&quot;&quot;&quot;&lt;img src=x onerror=alert(1)&gt;|`&lt;/code&gt;");
    expect(html).toContain("Prose with &lt;b&gt;markup&lt;/b&gt;");
    expect(html).toContain("<li>✓ &lt;img src=x onerror=alert(1)&gt;|`");
    expect(html).toContain("&lt;!-- /output --&gt;");
    expect(html).toContain('<td class="n">2</td>');
  });

  test("shows each chart in light and in dark colours", () => {
    const [light, dark] = [...html.matchAll(/base64,([^"]+)"/g)].map(([, text]) =>
      Buffer.from(text!, "base64").toString(),
    );
    expect(light).toContain("<svg");
    expect(dark).toContain("<svg");
    expect(dark).not.toBe(light);
  });
});

interface JupyterCell {
  readonly cell_type: string;
  readonly id: string;
  readonly source: readonly string[];
  readonly attachments?: Record<string, Record<string, string>>;
  readonly outputs?: readonly { readonly data: Record<string, readonly string[]> }[];
}

/** What an executed notebook's cells gave, as Python prints them. */
const execute = `
import sys, nbformat
from nbclient import NotebookClient
notebook = nbformat.read(sys.argv[1], as_version=4)
NotebookClient(notebook, timeout=60, resources={"metadata": {"path": sys.argv[2]}}).execute()
print("\\n".join(o["data"]["text/plain"] for c in notebook.cells if c.cell_type == "code" for o in c.outputs if "data" in o))
`;
const validate = "import sys, json, nbformat; nbformat.validate(json.load(sys.stdin)); print('valid')";
const nbformat = pythonWith("nbformat");
const jupyter = pythonWith("nbclient, ipykernel, duckdb, pandas");

describe("the notebook for Jupyter", () => {
  test("has cells with ids of their own, the text and the outputs", () => {
    const { cells, ...rest } = JSON.parse(ipynb) as { cells: JupyterCell[] };
    expect(rest).toMatchObject({ nbformat: 4, nbformat_minor: 5 });
    expect(cells.map(({ cell_type }) => cell_type).join(" ")).toBe("code markdown code code markdown markdown");
    expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
    const [setup, , table, claims, chart, text] = cells;
    const [, file] = /"run": "(data\/run-[0-9a-f]{8}\.duckdb)"/.exec(setup!.source.join(""))!;
    expect(existsSync(join(folder, "built", file!))).toBe(true);
    expect(table!.source.join("")).toContain('ask("run", """\nselect name');
    expect(table!.outputs![0]!.data["text/html"]!.join("")).toContain("&lt;img src=x");
    expect(claims!.source.join("")).toContain("assert claims.all(axis=None)");
    expect(Object.keys(chart!.attachments!)).toEqual(["one-run-phase-gantt.png"]);
    expect(text!.source.join("")).toContain("    <!-- /output -->");
  });

  test.skipIf(nbformat === undefined)(
    `is valid by nbformat's own schema${nbformat === undefined ? " (skipped: Python has no nbformat)" : ""}`,
    () => {
      expect(runOver(nbformat!, ["-c", validate], ipynb)).toBe("valid\n");
      const broken = ipynb.replace('"cell_type": "code"', '"cell_type": "cod"');
      expect(() => runOver(nbformat!, ["-c", validate], broken)).toThrow("cod");
    },
  );

  test.skipIf(jupyter === undefined)(
    `runs in Python, and its claims hold there${jupyter === undefined ? " (skipped: Python has no nbclient, duckdb, pandas)" : ""}`,
    () => {
      const built = join(folder, "built");
      const result = spawnSync(jupyter!, ["-c", execute, join(built, "one.ipynb"), built], { encoding: "utf8" });
      expect(result.stderr.replaceAll(/^.*WARNING.*$/gm, "").trim()).toBe("");
      expect(result.stdout).toContain("plain");
      expect(result.stdout).toContain("there are two VMs");
    },
  );
});

test.skipIf(!hasCmark)(
  `cmark-gfm finds no markup of a name's in the outputs${hasCmark ? "" : " (skipped: cmark-gfm is not installed)"}`,
  async () => {
    const { runNotebooks } = await import("../../src/notebook/index.ts");
    const work = { workFolder: folder, effects: printing(`${hostile}\n`) };
    const [result] = await runNotebooks([notebookOf(runText(body), join(folder, "one.md"))], work, () => undefined);
    const markdown = result!.files[0]!.text.replace("<b>markup</b>", "");
    const page = runOver("cmark-gfm", ["--unsafe", "-e", "table", "-e", "tasklist"], markdown);
    const tags = new Set([...page.matchAll(/<([a-z][a-z0-9]*)/g)].map(([, tag]) => tag));
    expect([...tags].filter((tag) => ["script", "b"].includes(tag!))).toEqual([]);
    expect([...page.matchAll(/<img src="([^"]*)"/g)].map(([, source]) => source)).toEqual([
      "x.png",
      "images/one-run-phase-gantt.svg",
    ]);
  },
);
