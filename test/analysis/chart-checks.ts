import { expect } from "vitest";

import { measureText } from "../../src/analysis/render/font.ts";
import { compileSpec, renderSvg } from "../../src/analysis/render/svg.ts";
import type { Chart } from "../../src/analysis/spec/theme.ts";
import { parseSvg } from "./parse-svg.ts";

interface SpecNode {
  readonly data?: { readonly values?: readonly Record<string, unknown>[] };
  readonly [key: string]: unknown;
}

/** Fields that encodings name, each with the rows that it is looked up in. */
function usedFields(
  node: unknown,
  rows: readonly Record<string, unknown>[] = [],
): [string, readonly Record<string, unknown>[]][] {
  if (Array.isArray(node)) return node.flatMap((item) => usedFields(item, rows));
  if (typeof node !== "object" || node === null) return [];
  const { data, ...rest } = node as SpecNode;
  const own = data?.values ?? rows;
  const named: [string, typeof own][] = typeof rest["field"] === "string" ? [[rest["field"], own]] : [];
  return [...named, ...Object.values(rest).flatMap((item) => usedFields(item, own))];
}

/** Every field that the chart uses is in its rows, and Vega-Lite has nothing to complain about. */
export function expectFields({ spec }: Chart): void {
  for (const [field, rows] of usedFields(spec)) {
    for (const row of rows) expect(Object.keys(row)).toContain(field);
  }
  compileSpec(spec);
}

export async function expectTextsInside({ id, spec }: Chart): Promise<void> {
  const { width, height, texts } = parseSvg(await renderSvg(spec), measureText);
  expect(texts.length, id).toBeGreaterThan(0);
  for (const { text, left, top, right, bottom } of texts) {
    const where = `${id}: ${text} at ${left.toFixed()},${top.toFixed()} to ${right.toFixed()},${bottom.toFixed()}`;
    expect(left >= 0 && top >= 0 && right <= width && bottom <= height, where).toBe(true);
  }
}

export async function expectTextsApart({ id, spec }: Chart, kind: string): Promise<void> {
  const { texts } = parseSvg(await renderSvg(spec), measureText);
  for (const [index, one] of texts.entries()) {
    for (const two of texts.slice(index + 1)) {
      const apart =
        one.right <= two.left + 1 ||
        two.right <= one.left + 1 ||
        one.bottom <= two.top + 2 ||
        two.bottom <= one.top + 2;
      expect(apart, `${kind} ${id}: "${one.text}" lies on "${two.text}"`).toBe(true);
    }
  }
}
