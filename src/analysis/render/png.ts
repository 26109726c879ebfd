import { Resvg } from "@resvg/resvg-js";

import { fontFamily } from "../spec/theme.ts";
import { fontPath } from "./font.ts";

/** Rasterises an SVG of ours at twice its size, with the shipped font only, so that every machine gives one picture. */
export function renderPng(svg: string): Uint8Array {
  const image = new Resvg(svg, {
    font: {
      loadSystemFonts: false,
      fontFiles: [fontPath("normal"), fontPath("bold")],
      defaultFontFamily: fontFamily,
    },
    fitTo: { mode: "zoom", value: 2 },
  });
  return image.render().asPng();
}
