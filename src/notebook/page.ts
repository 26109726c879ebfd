import { createHash } from "node:crypto";

import MarkdownIt from "markdown-it";

import {
  displayText,
  escapeHtml,
  html,
  Markup,
  numberColumn,
  pageStyle,
  textColumn,
  tableMarkup,
} from "../analysis/index.ts";
import type { Cell, Claim, FinishedNotebook, Output, Picture, TableAnswer } from "./notebook.ts";

/** What notebooks need beside the report's style. */
const notebookStyle = `
main { max-width: 1020px; }
main > p, main > ul, main > ol, main > blockquote { max-width: 46em; font-size: 15px; line-height: 1.6; }
main > h2 { max-width: none; }
a { color: var(--link); }
pre { margin: 14px 0 0; padding: 9px 14px; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; overflow-x: auto; line-height: 1.45; }
pre code { overflow-wrap: normal; }
pre.output { background: none; }
figure.chart { margin: 22px 0 8px; }
figure.chart figcaption { margin: 0 0 8px; color: var(--ink); font-size: 15px; line-height: 1.4; font-weight: 600; }
figure.chart img { display: block; max-width: 100%; height: auto; }
figure.chart img.dark { display: none; }
ul.claims { list-style: none; padding: 0; margin: 10px 0 0; }
ul.claims li { padding: 4px 0 4px 26px; text-indent: -22px; border-top: 1px solid var(--line); font-size: 14px; }
ul.claims li.broken { color: var(--warn-ink); background: var(--warn-paper); font-weight: 600; }
.scroll { display: inline-block; max-height: none; max-width: 100%; margin: 10px 0 0; }
.scroll table { width: auto; }
.scroll td:last-child:not(.n) { min-width: 0; }
.scroll td:first-child { min-width: 6em; }
p + p, ul + p, pre + p, .scroll + p { margin-top: 14px; }
@media screen and (prefers-color-scheme: dark) { figure.chart img.light { display: none; } figure.chart img.dark { display: block; } }
@media screen and (max-width: 760px) { figure.chart img { max-width: none; } }
@media print { pre { white-space: pre-wrap; } h2, h3 { break-after: avoid; } .scroll { break-inside: avoid; } }
`.trim();
const style = `${pageStyle}\n${notebookStyle}`;

/** Pages that are built beside this one: links to their sources lead to them, and others are no links. */
export type Siblings = ReadonlySet<string>;

function proseRenderer(siblings: Siblings): (text: string) => Markup {
  // Markup in prose is shown as text, and addresses that run scripts are no links.
  const markdown = new MarkdownIt({ html: false, linkify: false });
  const { rules } = markdown.renderer;
  // Only charts are pictures: a page is one file, and fetches nothing.
  rules.image = (tokens, index) => escapeHtml(tokens[index]!.content);
  const cell: NonNullable<typeof rules.td_open> = (tokens, index, options, _env, self) => {
    const token = tokens[index]!;
    // The page's policy allows no styles of elements.
    if (String(token.attrGet("style")).includes("right")) token.attrSet("class", "n");
    token.attrs = (token.attrs ?? []).filter(([name]) => name !== "style");
    return self.renderToken(tokens, index, options);
  };
  rules.td_open = cell;
  rules.th_open = cell;
  const isOpen: boolean[] = [];
  rules.link_open = (tokens, index, options, _env, self) => {
    const token = tokens[index]!;
    const target = String(token.attrGet("href"));
    const file = target.split("#")[0]!;
    if (siblings.has(file)) token.attrSet("href", target.replace(/\.md(?=#|$)/, ".html"));
    isOpen.push(siblings.has(file) || /^https?:/i.test(target));
    return isOpen.at(-1) === true ? self.renderToken(tokens, index, options) : "";
  };
  rules.link_close = () => (isOpen.pop() === true ? "</a>" : "");
  return (text) => new Markup(markdown.render(text));
}

function answerMarkup({ heads, rows, isNumber, truncated }: TableAnswer): Markup {
  if (rows.length === 0) return html`<p class="note">No rows.</p>`;
  const columns = heads.map((head, index) => {
    const text = displayText(head.replaceAll("_", " "), 60);
    const column = isNumber[index] ? numberColumn : textColumn;
    return column<readonly string[]>(text, (row) => row[index]!);
  });
  const note = truncated ? html`<p class="note">The first ${rows.length} rows.</p>` : "";
  return html`${tableMarkup(columns, rows)}${note}`;
}

function claimMarkup({ text, holds }: Claim): Markup {
  const shown = displayText(text, 200);
  return holds ? html`<li>✓ ${shown}</li>` : html`<li class="broken">✗ does not hold: ${shown}</li>`;
}

function dataUri(svg: string): string {
  return `data:image/svg+xml;base64,${Buffer.from(svg).toString("base64")}`;
}

function pictureMarkup({ title, svg, page }: Picture): Markup {
  const { light, dark } = page ?? { light: svg, dark: svg };
  return html`<figure class="chart">
    <figcaption>${title}</figcaption>
    <div class="plot" tabindex="0">
      <img class="light" src="${dataUri(light)}" alt="${title}" />
      <img class="dark" src="${dataUri(dark)}" alt="${title}" />
    </div>
  </figure>`;
}

/** Text of several lines, byte for byte. */
function preformatted(text: string, className: string): Markup {
  const shown = text.split("\n").map((line) => displayText(line, 400));
  return new Markup(
    html`<pre class="${className}" tabindex="0"><code>`.text + html`${shown.join("\n")}`.text + "</code></pre>",
  );
}

function outputMarkup(output: Output): Markup {
  switch (output.kind) {
    case "table":
      return answerMarkup(output.answer);
    case "claims":
      return html`<ul class="claims">
        ${output.claims.map(claimMarkup)}
      </ul>`;
    case "chart":
      return pictureMarkup(output.picture);
    case "text":
      return preformatted(output.text, "output");
  }
}

function cellMarkup(cell: Cell, output: Output): Markup {
  const shown = outputMarkup(output);
  if (cell.kind === "chart") return shown;
  const body = cell.kind === "luoscope" ? `luoscope ${cell.body}` : cell.body;
  const source = preformatted(body, "source");
  // What a claim says stands under it; how it is asked is for whoever doubts.
  if (cell.kind !== "claim") return html`${source}${shown}`;
  return html`${shown}
    <details>
      <summary>how this is checked</summary>
      ${source}
    </details>`;
}

function dataList({ data }: FinishedNotebook["notebook"]): Markup {
  const items = data.map(({ name, words, isPath }) => {
    const source = isPath ? words.join(" ") : `luoscope ${words.join(" ")}`;
    return html`<li><code>${name}</code>: <code>${displayText(source, 400)}</code></li>`;
  });
  return html`<ul>
    ${items}
  </ul>`;
}

/**
 * A notebook as one HTML file that needs no network, no script and no other file.
 *
 * Shape    the same outputs give the same bytes
 */
export function pageOf({ notebook, outputs }: FinishedNotebook, siblings: Siblings): string {
  const renderProse = proseRenderer(siblings);
  const parts = notebook.parts.map((part) =>
    part.kind === "prose" ? renderProse(part.text) : cellMarkup(part, outputs.get(part)!),
  );
  const hash = createHash("sha256").update(style).digest("base64");
  const policy = `default-src 'none'; style-src 'sha256-${hash}'; img-src data:; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${displayText(notebook.title, 120)}</title>
        ${new Markup(`<style>${style}</style>`)}
      </head>
      <body>
        <main>
          ${parts}
          <footer>Made with luoscope. What was asked: ${dataList(notebook)}</footer>
        </main>
      </body>
    </html> `;
  return page.text;
}
