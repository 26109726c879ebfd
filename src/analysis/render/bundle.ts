import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

import { build, type Plugin } from "esbuild";

import { assert, assertDefined } from "../../base/index.ts";

/** A page's program, by its name without an ending: TypeScript in a checkout, JavaScript in the packed form. */
function entryPath(program: URL): string {
  const source = fileURLToPath(new URL(`${program.href}.ts`));
  return existsSync(source) ? source : fileURLToPath(new URL(`${program.href}.js`));
}

/** Nothing in a <script> may end the element or open a comment; esbuild escapes the first inside strings. */
function checkScript(script: string): string {
  assert(!/<\/script|<!--/i.test(script), "the page's script would end its own element");
  return script;
}

/**
 * Leaves families of Vega transforms out that no chart of ours uses: maps, forces, trees, word clouds and the like. A
 * spec that used one would fail when the page draws it, which the browser test would see.
 */
const leaveOut: Plugin = {
  name: "leave-out",
  setup(bundle) {
    const unused = /^vega-(crossfilter|force|geo|hierarchy|label|regression|voronoi|wordcloud)$/;
    bundle.onResolve({ filter: unused }, ({ path }) => ({ path, namespace: "left-out" }));
    bundle.onLoad({ filter: /.*/, namespace: "left-out" }, () => ({ contents: "export {};" }));
  },
};

/** Vega and a page's own behaviour as one script; the same sources give the same bytes. */
export async function bundleScript(program: URL): Promise<string> {
  const result = await build({
    entryPoints: [entryPath(program)],
    bundle: true,
    write: false,
    minify: true,
    format: "iife",
    target: "es2022",
    platform: "browser",
    charset: "ascii",
    legalComments: "none",
    logLevel: "silent",
    plugins: [leaveOut],
  });
  return checkScript(assertDefined(result.outputFiles[0], "the page's script").text.trim());
}

/** The script of a report's page. */
export async function bundlePage(): Promise<string> {
  return bundleScript(new URL("./page/main", import.meta.url));
}
