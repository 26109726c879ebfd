import { csv } from "../../analysis/render/page/csv.ts";
import type { Cell, Table } from "./api.ts";

type Child = Node | string;

/** An element; texts become text nodes, whatever they hold. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Readonly<Record<string, string>> = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

export function button(text: string, label: string, act: () => void): HTMLButtonElement {
  const made = element("button", { type: "button", "aria-label": label }, text);
  made.addEventListener("click", act);
  return made;
}

function cellText(cell: Cell): string {
  if (cell === null) return "";
  return typeof cell === "number" ? cell.toLocaleString("en", { maximumFractionDigits: 6 }) : String(cell);
}

/** Rows as a table that scrolls, and can be scrolled by keys. */
export function table({ columns, rows }: Pick<Table, "columns" | "rows">, label: string): HTMLElement {
  const isNumber = columns.map((_, index) => rows.some((row) => typeof row[index] === "number"));
  const head = columns.map(({ name }, index) =>
    element("th", { scope: "col", class: isNumber[index] ? "n" : "" }, name),
  );
  const lines = rows.map((row) =>
    element(
      "tr",
      {},
      ...row.map((cell, index) => element("td", { class: isNumber[index] ? "n" : "" }, cellText(cell))),
    ),
  );
  return element(
    "div",
    { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    element("table", {}, element("thead", {}, element("tr", {}, ...head)), element("tbody", {}, ...lines)),
  );
}

/** An answer as a file that spreadsheets open. */
export function tableCsv({ columns, rows }: Pick<Table, "columns" | "rows">): Blob {
  return csv(
    columns.map(({ name }) => name),
    rows,
  );
}
