import { readFileSync } from "node:fs";

import { bundleScript } from "../analysis/index.ts";

/** Files of the page by their paths. */
export type Assets = Readonly<Record<string, { readonly type: string; readonly body: string }>>;

const read = (name: string): string => readFileSync(new URL(`./page/${name}`, import.meta.url), "utf8");

/** The page with its script, put together once a server. */
export async function readAssets(): Promise<Assets> {
  const page = read("index.html");
  return {
    "/": { type: "text/html; charset=utf-8", body: page },
    "/style.css": { type: "text/css; charset=utf-8", body: read("style.css") },
    "/main.js": {
      type: "text/javascript; charset=utf-8",
      body: await bundleScript(new URL("./page/main", import.meta.url)),
    },
    // A browser asks for it; there is none.
    "/favicon.ico": { type: "image/svg+xml", body: "<svg xmlns='http://www.w3.org/2000/svg'/>" },
  };
}
