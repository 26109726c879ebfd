import { displayText } from "../analysis/index.ts";
import { prose, tableHead, tableRow } from "../publish/index.ts";
import { type Cell, type Claim, type FinishedNotebook, type Output, outputBegin, outputEnd } from "./notebook.ts";
import type { Picture, TableAnswer } from "./notebook.ts";

const maxCellChars = 120;
const maxLineChars = 400;

function tableText({ heads, rows, isNumber, truncated }: TableAnswer): string {
  const lines = rows.map((row) => tableRow(row.map((cell) => (cell === "" ? "" : prose(cell, maxCellChars)))));
  const note = truncated ? ["", `The first ${rows.length} rows.`] : [];
  if (rows.length === 0) return "No rows.";
  return [
    ...tableHead(
      heads.map((head) => head.replaceAll("_", " ")).map((head) => prose(head, 60)),
      isNumber,
    ),
    ...lines,
    ...note,
  ].join("\n");
}

function claimText({ text, holds }: Claim): string {
  return holds ? `- [x] ${prose(text)}` : `- [ ] **does not hold:** ${prose(text)}`;
}

/** Text in a fence that nothing in it can end, or take for the end of the output. */
function fencedText(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([marks]) => marks.length));
  const fence = "`".repeat(longest + 1);
  const lines = text.split("\n").map((line) => displayText(line, maxLineChars).replaceAll("<!--", "<!‑‑"));
  return `${fence}text\n${lines.join("\n")}\n${fence}`;
}

/** A title as what is read where the picture is not seen. */
function altText(title: string): string {
  return prose(title, 400).replaceAll(/[[\]`]/g, "");
}

function pictureText({ file, title }: Picture): string {
  return `![${altText(title)}](images/${file})`;
}

function outputText(output: Output): string {
  switch (output.kind) {
    case "table":
      return tableText(output.answer);
    case "claims":
      return output.claims.map(claimText).join("\n");
    case "chart":
      return pictureText(output.picture);
    case "text":
      return fencedText(output.text);
  }
}

/** The cells whose outputs are not what they were written to be. */
export function staleCells({ outputs }: FinishedNotebook): Cell[] {
  return [...outputs].flatMap(([cell, output]) => (cell.writtenOutput === outputText(output) ? [] : [cell]));
}

/** The notebook's file with fresh outputs; all else is as it was. */
export function markdownOf({ notebook, outputs }: FinishedNotebook): string {
  const parts = notebook.parts.map((part) => {
    if (part.kind === "prose") return part.text;
    return `${part.source}\n${outputBegin}\n\n${outputText(outputs.get(part)!)}\n\n${outputEnd}\n`;
  });
  return `${notebook.frontMatter}${parts.join("")}`;
}
