import { displayText } from "../format.ts";
import { captions } from "./captions.ts";
import { Markup } from "./markup.ts";
import type { PageContent, PageSection } from "./page-content.ts";
import type { Figure } from "../spec/figure.ts";

/** Text that is to stay text in Markdown, whatever it holds. */
function plain(text: string): string {
  return displayText(text, 2000).replace(/[\\`*_{}[\]<>()#+\-!|&~]/g, "\\$&");
}

/** A piece of a page inside Markdown: a blank line would end it. */
function block({ text }: Markup): string {
  return text.replace(/\n\s*\n+/g, "\n").trim();
}

/**
 * A report as Markdown: figures as pictures, tables as they are on the page.
 *
 * Shape    the same content gives the same bytes
 */
export function reportMarkdown(
  content: PageContent,
  sections: readonly PageSection[],
  figures: ReadonlyMap<string, { readonly chart: Figure; readonly number: number; readonly link: string | undefined }>,
): string {
  const picture = (id: string): Markup => {
    const { chart, number, link } = figures.get(id)!;
    const title = plain(chart.title);
    if (link === undefined) return new Markup(`\n\0**Figure ${number}.** ${title}\0\n`);
    const caption = plain(captions[id] ?? "");
    return new Markup(`\n\0**Figure ${number}.** ${title}\0![${title}](${encodeURI(link)})\0${caption}\0\n`);
  };
  // Pictures stand between blocks of the page's own markup: marks keep them apart until all is put together.
  const body = (markup: Markup) =>
    markup.text
      .split(/\0/)
      .map((piece) => (piece.startsWith("**Figure") || piece.startsWith("![") ? piece : block(new Markup(piece))))
      .filter((piece) => piece !== "");
  const parts = sections.flatMap(({ heading, markup }) => {
    const pieces = body(markup((...ids) => ids.map(picture)));
    return pieces.length === 0 ? [] : [`## ${plain(heading)}`, ...pieces];
  });
  const lede = content.lede === undefined ? [] : [plain(content.lede)];
  const opening = block(content.opening);
  const end = `Made by ${plain(content.madeBy)}.`;
  return `${[`# ${plain(content.headline)}`, plain(content.kicker), ...lede, opening, ...parts, end].filter((part) => part !== "").join("\n\n")}\n`;
}
