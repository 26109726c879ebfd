import { readFileSync } from "node:fs";

import { assertDefined } from "../../base/index.ts";
import { type Chart, fontFamily } from "../spec/theme.ts";
import { fontPath, type FontWeight } from "./font.ts";
import { printPdf } from "./pdf.ts";
import { renderPng } from "./png.ts";
import { renderSvg } from "./svg.ts";

/** Endings of names of pictures; the last is the chart's specification with its data. */
export const pictureEndings = [".svg", ".png", ".pdf", ".vl.json"] as const;
export type PictureEnding = (typeof pictureEndings)[number];

/** How large a picture is printed; without it, a px is 1/96 of an inch. */
export interface PrintSize {
  readonly widthMm: number;
  /** Pixels an inch, of a PNG. */
  readonly dpi: number;
}

export interface Picture {
  readonly content: string | Uint8Array;
  readonly widthMm: number;
  readonly heightMm: number;
  /** Size of the labels' type as printed. */
  readonly textPt: number;
}

const inchMm = 25.4;
const inchPt = 72;
/** CSS: a px is 1/96 of an inch. */
const inchPx = 96;
const labelFontPx = 11;

interface Drawing {
  readonly svg: string;
  readonly widthPx: number;
  readonly heightPx: number;
}

const sizePattern = /(<svg[^>]*?) width="([\d.]+)" height="([\d.]+)"/;

async function draw(chart: Chart): Promise<Drawing> {
  const svg = await renderSvg(chart.spec);
  const [, , width, height] = assertDefined(sizePattern.exec(svg), `the size of ${chart.id}`);
  return { svg, widthPx: Number(width), heightPx: Number(height) };
}

function withSizeMm(svg: string, widthMm: number, heightMm: number): string {
  return svg.replace(sizePattern, (_head, start: string) => `${start} width="${widthMm}mm" height="${heightMm}mm"`);
}

function fontFace(weight: FontWeight): string {
  const source = `data:font/ttf;base64,${readFileSync(fontPath(weight)).toString("base64")}`;
  return `@font-face { font-family: "${fontFamily}"; font-weight: ${weight}; src: url(${source}); }`;
}

/** A page as large as the picture, which brings the shipped font along: the machine's own would differ. */
function printPage(chart: Chart, svg: string, widthMm: number, heightMm: number): string {
  const title = chart.id;
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><style>
${fontFace("normal")}
${fontFace("bold")}
@page { size: ${widthMm}mm ${heightMm}mm; margin: 0; }
html, body { margin: 0; overflow: hidden; }
svg { display: block; }
</style></head><body>${svg}</body></html>`;
}

function roundMm(mm: number): number {
  return Math.round(mm * 100) / 100;
}

/**
 * A chart as a picture: SVG, PNG and PDF with the shipped font, or its specification, which other tools can draw.
 *
 * Shape    text stays text in SVG and PDF; without a size a PNG has two pixels a px
 * Errors   UsageError for a PDF where there is no Chromium
 */
export async function drawPicture(chart: Chart, ending: PictureEnding, size?: PrintSize): Promise<Picture> {
  const { svg, widthPx, heightPx } = await draw(chart);
  const widthMm = size?.widthMm ?? roundMm((widthPx / inchPx) * inchMm);
  const heightMm = roundMm((widthMm * heightPx) / widthPx);
  const textPt = ((labelFontPx / widthPx) * widthMm * inchPt) / inchMm;
  const sized = size ? withSizeMm(svg, widthMm, heightMm) : svg;
  const content: Record<PictureEnding, () => string | Uint8Array | Promise<Uint8Array>> = {
    ".svg": () => sized,
    ".png": () => renderPng(svg, size && { widthPx: Math.round((widthMm / inchMm) * size.dpi), dpi: size.dpi }),
    ".pdf": async () => printPdf(printPage(chart, withSizeMm(svg, widthMm, heightMm), widthMm, heightMm)),
    ".vl.json": () => `${JSON.stringify(chart.spec, null, 2)}\n`,
  };
  return { content: await content[ending](), widthMm, heightMm, textPt };
}
