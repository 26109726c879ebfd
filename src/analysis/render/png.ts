import { crc32 } from "node:zlib";

import { Resvg } from "@resvg/resvg-js";

import { fontFamily } from "../spec/theme.ts";
import { fontPath } from "./font.ts";

/** A picture's size in pixels, and how many of them are an inch where it is printed. */
export interface Raster {
  readonly widthPx: number;
  readonly dpi: number;
}

/** Bytes of a PNG's signature and of its first chunk, which holds the size. */
const headBytes = 8 + 25;

/**
 * Says in a PNG how large it is meant to be printed.
 *
 * Source   PNG specification (third edition), 11.3.4.3 pHYs
 */
function withDensity(png: Uint8Array, dpi: number): Uint8Array {
  const chunk = Buffer.alloc(21);
  chunk.writeUInt32BE(9, 0);
  chunk.write("pHYs", 4, "latin1");
  const perMetre = Math.round(dpi / 0.0254);
  chunk.writeUInt32BE(perMetre, 8);
  chunk.writeUInt32BE(perMetre, 12);
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return Buffer.concat([png.subarray(0, headBytes), chunk, png.subarray(headBytes)]);
}

/**
 * Rasterises an SVG of ours with the shipped font only, so that every machine gives one picture: at twice its size, or as
 * many pixels wide as asked for.
 */
export function renderPng(svg: string, raster?: Raster): Uint8Array {
  const image = new Resvg(svg, {
    font: {
      loadSystemFonts: false,
      fontFiles: [fontPath("normal"), fontPath("bold")],
      defaultFontFamily: fontFamily,
    },
    fitTo: raster ? { mode: "width", value: raster.widthPx } : { mode: "zoom", value: 2 },
  });
  const png = image.render().asPng();
  return raster ? withDensity(png, raster.dpi) : png;
}
