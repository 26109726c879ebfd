/** The report's style: dense and calm, light and dark, and fit for paper. */
export const pageStyle = `
:root { color-scheme: light dark; --ink: #1b1f24; --muted: #59636e; --paper: #ffffff; --line: #d8dee4; --panel: #f6f8fa; --link: #0b5cad; --warn-ink: #6b4600; --warn-paper: #fff6dd; --warn-line: #e3c370; --assumed-ink: #6b4600; --assumed-paper: #ffedc2; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --muted: #9aa4af; --paper: #14181d; --line: #313942; --panel: #1b2027; --link: #7ab8ff; --warn-ink: #f2d48a; --warn-paper: #2c2410; --warn-line: #6b5624; --assumed-ink: #f2d48a; --assumed-paper: #3a2f12; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 14px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main, .page > header { max-width: 1170px; padding: 0 24px; overflow-wrap: break-word; }
main { padding-bottom: 48px; }
.page > header { padding-top: 28px; }
.kicker { margin: 0 0 10px; color: var(--muted); font-size: 13px; }
h1 { margin: 0 0 12px; font-size: 23px; line-height: 1.35; font-weight: 650; letter-spacing: -0.005em; max-width: 62em; text-wrap: pretty; }
.lede { margin: 0 0 20px; max-width: 78em; color: var(--muted); }
ul.reasons { margin: 0 0 8px; padding-left: 20px; max-width: 92em; }
ul.reasons li { margin: 0 0 3px; }
h2 { margin: 40px 0 10px; font-size: 17px; border-bottom: 1px solid var(--line); padding-bottom: 5px; }
.warnings { border: 1px solid var(--warn-line); background: var(--warn-paper); color: var(--warn-ink); border-radius: 6px; padding: 10px 16px; margin: 0 0 20px; }
.warnings h2 { margin: 0 0 4px; border: 0; padding: 0; font-size: 14px; }
.warnings ul { margin: 0; padding-left: 18px; }
.figures { display: grid; grid-template-columns: repeat(4, 1fr); gap: 1px; background: var(--line); border: 1px solid var(--line); border-radius: 6px; overflow: hidden; margin: 0 0 8px; }
.figures div { background: var(--paper); padding: 9px 14px 10px; min-width: 0; }
.figures dt { color: var(--muted); font-size: 12px; }
.figures dd { margin: 0; font-size: 19px; font-weight: 600; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.figures dd small { display: block; font-size: 12px; font-weight: 400; color: var(--muted); }
figure { margin: 26px 0 0; }
figure h3 { margin: 0 0 8px; font-size: 15px; line-height: 1.4; font-weight: 600; }
figure h3 span { color: var(--muted); font-weight: 400; }
figcaption { margin: 6px 0 4px; color: var(--muted); font-size: 13px; max-width: 92em; }
.plot { overflow-x: auto; }
.plot svg { display: block; user-select: none; }
.tools { display: flex; flex-wrap: wrap; gap: 4px 18px; margin: 0 0 6px; font-size: 12px; color: var(--muted); }
.tools fieldset { display: inline-flex; align-items: center; gap: 3px; border: 0; margin: 0; padding: 0; }
.tools legend { float: left; margin-right: 5px; padding: 0; }
button { font: inherit; color: var(--ink); background: var(--panel); border: 1px solid var(--line); border-radius: 4px; min-width: 26px; padding: 0 7px; cursor: pointer; }
button:hover { border-color: var(--muted); }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
details { margin: 4px 0 0; }
summary { cursor: pointer; color: var(--link); font-size: 13px; width: fit-content; }
.scroll { overflow: auto; max-height: 420px; margin: 6px 0 0; border: 1px solid var(--line); border-radius: 4px; }
.scroll.whole { max-height: none; }
table { border-collapse: collapse; width: 100%; font-size: 13px; }
th, td { text-align: left; padding: 4px 10px; vertical-align: top; overflow-wrap: break-word; max-width: 46em; }
th { position: sticky; top: 0; background: var(--panel); font-weight: 600; font-size: 12px; color: var(--muted); }
td { border-top: 1px solid var(--line); }
td:last-child:not(.n) { min-width: 20em; }
.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 12px ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.badge { display: inline-block; border-radius: 3px; padding: 0 6px; font-size: 11px; background: var(--assumed-paper); color: var(--assumed-ink); }
h3.table { margin: 24px 0 6px; font-size: 15px; line-height: 1.4; font-weight: 600; }
.from { display: block; margin: 2px 0 0; font-size: 12px; }
.from code { font-size: 11.5px; white-space: nowrap; }
.note { color: var(--muted); font-size: 13px; max-width: 92em; }
#tooltip { position: fixed; z-index: 10; pointer-events: none; max-width: 420px; background: var(--paper); color: var(--ink); border: 1px solid var(--muted); border-radius: 4px; padding: 6px 10px; font-size: 12px; box-shadow: 0 2px 10px rgb(0 0 0 / 0.18); }
#tooltip dl { display: grid; grid-template-columns: auto 1fr; gap: 1px 10px; margin: 0; }
#tooltip dt { color: var(--muted); }
#tooltip dd { margin: 0; overflow-wrap: anywhere; }
footer { margin-top: 40px; border-top: 1px solid var(--line); padding-top: 10px; color: var(--muted); font-size: 12px; }
@media (max-width: 760px) { .figures { grid-template-columns: repeat(2, 1fr); } main, .page > header { padding-left: 14px; padding-right: 14px; } }
.skip { position: absolute; left: -9999px; }
.skip:focus { left: 8px; top: 8px; background: var(--paper); padding: 6px 10px; z-index: 11; }
.page { display: grid; grid-template-columns: minmax(0, 1fr); max-width: 1170px; margin: 0 auto; }
main:focus { outline: none; }
nav { padding: 0 24px 18px; font-size: 13px; }
nav ol { list-style: none; margin: 4px 0 0; padding: 0; }
nav ol ol { margin: 0 0 4px; padding-left: 12px; }
nav a { color: var(--link); text-decoration: none; }
nav a:hover { text-decoration: underline; }
nav .of-figure a { color: var(--muted); display: block; overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
@media (min-width: 1440px) {
  .page { grid-template-columns: 240px minmax(0, 1170px); grid-template-rows: auto 1fr; max-width: 1410px; }
  .page > header, main { grid-column: 2; }
  nav { grid-column: 1; grid-row: 1 / 3; position: sticky; top: 0; align-self: start; max-height: 100vh; overflow: auto; padding: 28px 0 20px 20px; }
  nav li { margin: 0 0 5px; }
}
section > h2 { scroll-margin-top: 8px; }
.computed pre { overflow: auto; max-height: 300px; margin: 4px 0 10px; padding: 8px 10px; background: var(--panel); border: 1px solid var(--line); border-radius: 4px; font: 12px/1.4 ui-monospace, "SF Mono", Menlo, "DejaVu Sans Mono", monospace; }
.computed p { margin: 8px 0 2px; font-size: 13px; }
.computed ul { margin: 2px 0; padding-left: 18px; font-size: 13px; }
@media print {
  :root { color-scheme: light; --ink: #000; --muted: #444; --paper: #fff; --line: #bbb; --panel: #f2f2f2; --link: #000; --warn-paper: #fff; --warn-ink: #000; --assumed-paper: #eee; --assumed-ink: #000; }
  .page { display: block; max-width: none; }
  nav { position: static; max-height: none; padding: 0 0 12px; }
  nav .of-figure a { white-space: normal; }
  main, .page > header { max-width: none; padding: 0; }
  .tools, .skip, #tooltip, summary, button { display: none; }
  h2 { break-after: avoid; margin-top: 22px; }
  .figures { grid-template-columns: repeat(4, 1fr); break-inside: avoid; }
  .note, .from { break-before: avoid; }
  figure { break-inside: avoid; }
  figure details { display: none; }
  .plot { overflow: visible; }
  .plot svg { max-width: 100%; height: auto; }
  .scroll { max-height: none; overflow: visible; }
  table { font-size: 9.5px; }
  tr { break-inside: avoid; }
  th { position: static; }
  td:last-child:not(.n) { min-width: 0; }
}
`.trim();

/** What a page is printed on: a report to read, or slides to show. */
export type Paper = "a4" | "16:9";

const sheets: Readonly<Record<Paper, string>> = {
  a4: "size: A4 portrait; margin: 14mm 13mm 16mm;",
  "16:9": "size: 338.7mm 190.5mm; margin: 11mm 16mm 13mm;",
};

/** Size and margins of the sheets, with their numbers; on slides each section, and each figure, begins a new one. */
export function paperStyle(paper: Paper): string {
  const numbers = `@bottom-right { content: counter(page) " / " counter(pages); font: 9px sans-serif; color: #444; }`;
  const slides =
    paper === "16:9"
      ? " @media print { section > h2, figure ~ figure { break-before: page; } h2 + figure { break-before: avoid; } .plot svg { max-height: 102mm; width: auto; } }"
      : "";
  return ` @page { ${sheets[paper]} ${numbers} }${slides}`;
}
