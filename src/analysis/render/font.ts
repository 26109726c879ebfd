import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import { assert, assertDefined } from "../../base/index.ts";

export type FontWeight = "normal" | "bold";

/** The two files of the shipped font. */
export function fontPath(weight: FontWeight): string {
  const file = weight === "bold" ? "DejaVuSans-Bold.ttf" : "DejaVuSans.ttf";
  return createRequire(import.meta.url).resolve(`dejavu-fonts-ttf/ttf/${file}`);
}

/** What of a TrueType file is needed to measure text that is set without kerning or ligatures. */
interface FontMetrics {
  readonly unitsPerEm: number;
  readonly advances: Uint16Array;
  readonly glyphOf: (codePoint: number) => number;
}

function tableOffsets(file: DataView): Map<string, number> {
  const tables = new Map<string, number>();
  for (let index = 0; index < file.getUint16(4); index++) {
    const entry = 12 + index * 16;
    const tag = String.fromCodePoint(...Array.from({ length: 4 }, (_, byte) => file.getUint8(entry + byte)));
    tables.set(tag, file.getUint32(entry + 8));
  }
  return tables;
}

interface GlyphGroup {
  readonly first: number;
  readonly last: number;
  readonly glyph: number;
}

/** Groups of the cmap's format 12 subtable, sorted by code point. */
function glyphGroups(file: DataView, cmap: number): GlyphGroup[] {
  for (let index = 0; index < file.getUint16(cmap + 2); index++) {
    const subtable = cmap + file.getUint32(cmap + 4 + index * 8 + 4);
    if (file.getUint16(subtable) !== 12) continue;
    return Array.from({ length: file.getUint32(subtable + 12) }, (_, group) => {
      const at = subtable + 16 + group * 12;
      return { first: file.getUint32(at), last: file.getUint32(at + 4), glyph: file.getUint32(at + 8) };
    });
  }
  return [];
}

function findGlyph(groups: readonly GlyphGroup[], codePoint: number): number {
  let low = 0;
  let high = groups.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const group = groups[middle]!;
    if (codePoint < group.first) high = middle - 1;
    else if (codePoint > group.last) low = middle + 1;
    else return group.glyph + codePoint - group.first;
  }
  return 0;
}

/**
 * Reads head, hhea, hmtx and cmap of a TrueType file.
 *
 * Source   OpenType specification 1.9, chapters cmap (format 12), head, hhea, hmtx
 */
function readMetrics(path: string): FontMetrics {
  const bytes = readFileSync(path);
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const tables = tableOffsets(file);
  const at = (tag: string) => assertDefined(tables.get(tag), `table ${tag} of ${path}`);
  const count = file.getUint16(at("hhea") + 34);
  const advances = Uint16Array.from({ length: count }, (_, glyph) => file.getUint16(at("hmtx") + glyph * 4));
  const groups = glyphGroups(file, at("cmap"));
  assert(groups.length > 0, `${path} has no cmap of format 12`);
  return { unitsPerEm: file.getUint16(at("head") + 18), advances, glyphOf: (point) => findGlyph(groups, point) };
}

const loaded = new Map<FontWeight, FontMetrics>();

function metricsOf(weight: FontWeight): FontMetrics {
  const found = loaded.get(weight) ?? readMetrics(fontPath(weight));
  loaded.set(weight, found);
  return found;
}

/** Width of a text in the shipped font, in px; glyphs past the last advance share it, as the format says. */
export function measureText(text: string, fontSize: number, weight: FontWeight): number {
  const { advances, glyphOf, unitsPerEm } = metricsOf(weight);
  let units = 0;
  for (const character of text) {
    const glyph = glyphOf(character.codePointAt(0)!);
    units += advances[Math.min(glyph, advances.length - 1)]!;
  }
  return (units / unitsPerEm) * fontSize;
}
