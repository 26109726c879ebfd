import type { FontWeight } from "../../src/analysis/render/font.ts";

export interface SvgText {
  readonly text: string;
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface ParsedSvg {
  readonly width: number;
  readonly height: number;
  readonly texts: readonly SvgText[];
}

type Measure = (text: string, fontSize: number, weight: FontWeight) => number;

interface Place {
  x: number;
  y: number;
  readonly turned: boolean;
}

function attribute(tag: string, name: string): string | undefined {
  return new RegExp(`[\\s"]${name}="([^"]*)"`).exec(tag)?.[1];
}

function placeOf(tag: string, parent: Place): Place {
  const transform = attribute(tag, "transform") ?? "";
  const [, x = "0", y = "0"] = /translate\(([-\d.e]+),?\s*([-\d.e]+)?\)/.exec(transform) ?? [];
  return { x: parent.x + Number(x), y: parent.y + Number(y), turned: /rotate\(-90\)/.test(transform) || parent.turned };
}

function unescape(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}

function boxOf(tag: string, text: string, place: Place, measure: Measure): SvgText {
  const fontSize = Number.parseFloat(attribute(tag, "font-size") ?? "11");
  const width = measure(text, fontSize, attribute(tag, "font-weight") === "bold" ? "bold" : "normal");
  const shift = { start: 0, middle: -width / 2, end: -width }[attribute(tag, "text-anchor") ?? "start"]!;
  // Vega puts the baseline into y itself: letters stand on it, a descender is a fifth of the size.
  const box = { along: shift, up: -fontSize * 0.76, down: fontSize * 0.2 };
  return place.turned
    ? {
        text,
        left: place.x + box.up,
        right: place.x + box.down,
        top: place.y - box.along - width,
        bottom: place.y - box.along,
      }
    : {
        text,
        left: place.x + box.along,
        right: place.x + box.along + width,
        top: place.y + box.up,
        bottom: place.y + box.down,
      };
}

/** Reads an SVG of Vega's: fails if tags do not match, and gives the box of each text in the picture. */
export function parseSvg(svg: string, measure: Measure): ParsedSvg {
  // oxlint-disable-next-line no-control-regex -- characters that XML does not allow
  if (/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/.test(svg)) throw new Error("characters that XML forbids");
  const stack: { name: string; tag: string; place: Place }[] = [];
  const texts: SvgText[] = [];
  let lineY = 0;
  for (const [, closing, name, tag, selfClosing, content] of svg.matchAll(
    /<(\/?)(\w+)((?:\s+[\w:-]+="[^"<]*")*)\s*(\/?)>([^<]*)/g,
  )) {
    const parent = stack.at(-1)?.place ?? { x: 0, y: 0, turned: false };
    if (closing === "/") {
      if (stack.pop()?.name !== name) throw new Error(`</${name}> closes another element`);
      continue;
    }
    const place = placeOf(tag!, parent);
    // Lines of one text follow each other by dy.
    if (name === "tspan") {
      lineY += Number(attribute(tag!, "dy") ?? 0);
      // Down the page of a turned text is to the right.
      place[place.turned ? "x" : "y"] += lineY;
    } else lineY = 0;
    const text = unescape(content!.trim());
    if ((name === "text" || name === "tspan") && text !== "") {
      texts.push(boxOf(name === "tspan" ? stack.at(-1)!.tag : tag!, text, place, measure));
    }
    if (selfClosing !== "/") stack.push({ name: name!, tag: tag!, place });
  }
  if (stack.length > 0) throw new Error(`<${stack[0]!.name}> is not closed`);
  const size = (name: string) => Number(attribute(svg.slice(0, svg.indexOf(">")), name));
  return { width: size("width"), height: size("height"), texts };
}
