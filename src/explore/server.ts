import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { randomBytes } from "node:crypto";
import type { AddressInfo } from "node:net";

import { z } from "zod";

import { ToolError, UsageError } from "../base/index.ts";
import { answerQuestion, answerSql, answerTraceView } from "./answers.ts";
import type { Dataset, Datasets } from "./datasets.ts";
import { Gate } from "./gate.ts";
import { type Assets, readAssets } from "./assets.ts";

/** Longest body of a request: a statement of SQL. */
const mostBodyBytes = 64 * 1024;

const headers: Readonly<Record<string, string>> = {
  // Data URIs for the pictures that the page saves; nothing else, and nothing from elsewhere.
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cache-control": "no-store",
};

interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly more?: Readonly<Record<string, string>>;
}

const json = (status: number, value: unknown): Reply => ({
  status,
  type: "application/json; charset=utf-8",
  body: JSON.stringify(value),
});

const failure = (status: number, message: string, hint?: string): Reply =>
  json(status, { error: message, ...(hint === undefined ? {} : { hint }) });

async function readBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBodyBytes) throw new UsageError(`more than ${mostBodyBytes} bytes`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8"));
  } catch (cause) {
    throw new UsageError("the request's body is no JSON", { cause });
  }
}

/** What clients may know of a dataset: no path. */
function describe({ name, kind, facts }: Dataset, id: number) {
  return { id, name, kind, ...(facts ? { facts } : {}) };
}

interface Route {
  readonly datasets: Datasets;
  readonly assets: Assets;
  readonly gate: Gate;
}

async function answerApi({ datasets }: Route, request: IncomingMessage, url: URL, gone: AbortSignal): Promise<Reply> {
  if (url.pathname === "/api/datasets") return json(200, { datasets: datasets.all.map(describe) });
  const [, id, kind, name] = /^\/api\/d\/(\d{1,4})\/(question|view|sql)(?:\/([a-z-]{1,60}))?$/.exec(url.pathname) ?? [];
  const dataset = id === undefined ? undefined : datasets.all[Number(id)];
  if (!dataset) return failure(404, "there is nothing here");
  if (kind === "sql") {
    if (request.method !== "POST") return failure(405, "SQL is posted");
    if (!/^application\/json\b/.test(request.headers["content-type"] ?? ""))
      return failure(415, "SQL is posted as JSON");
    return json(200, await answerSql(dataset, await readBody(request), gone));
  }
  if (kind === "question") return json(200, await answerQuestion(dataset, name ?? "", gone));
  return json(200, await answerTraceView(dataset, name ?? "", Object.fromEntries(url.searchParams), gone));
}

/** The token in an address becomes a cookie, and the address loses it; what is behind `#` stays, as browsers keep it. */
function welcome({ gate }: Route, url: URL): Reply {
  const given = url.searchParams.get("token") ?? undefined;
  if (!gate.hasToken(given)) return failure(401, "this token is not that of this server");
  return { status: 303, type: "text/plain", body: "", more: { location: "/", "set-cookie": gate.cookie } };
}

async function answer(route: Route, request: IncomingMessage, gone: AbortSignal): Promise<Reply> {
  const { gate, assets } = route;
  const stranger = gate.checkSender(request);
  if (stranger) return failure(stranger.status, stranger.message);
  if (!["GET", "HEAD", "POST"].includes(request.method ?? "")) return failure(405, "GET, HEAD and POST only");
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  if (url.pathname === "/" && url.searchParams.has("token")) return welcome(route, url);
  const refusal = gate.checkToken(request);
  if (refusal) return failure(refusal.status, refusal.message);
  if (url.pathname.startsWith("/api/")) return answerApi(route, request, url, gone);
  const asset = assets[url.pathname];
  return asset ? { status: 200, ...asset } : failure(404, "there is nothing here");
}

/** What a client is told of an error: its message is for the user, a defect's is not. */
function replyTo(error: unknown): Reply {
  if (error instanceof z.ZodError) {
    return failure(400, error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  }
  if (error instanceof ToolError && error.exitCode !== 5) return failure(400, error.message, error.hint);
  return failure(500, "this did not work, and that is a defect of luoscope");
}

async function handle(route: Route, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort());
  const reply = await answer(route, request, gone.signal).catch(replyTo);
  if (response.destroyed) return;
  response.writeHead(reply.status, {
    ...headers,
    "content-type": reply.type,
    "content-length": Buffer.byteLength(reply.body),
    ...reply.more,
  });
  response.end(request.method === "HEAD" ? undefined : reply.body);
}

/** A server that runs. */
export interface Explorer {
  /** Address with the token: whoever has it may look. */
  readonly url: string;
  readonly port: number;
  readonly token: string;
  /** Ends it: open connections are cut. */
  close(): Promise<void>;
}

async function listen(server: Server, port: number): Promise<number> {
  await new Promise<void>((done, fail) => {
    server.once("error", fail);
    server.listen(port, "127.0.0.1", done);
  });
  return (server.address() as AddressInfo).port;
}

/**
 * Serves a page that explores datasets, on this machine's own address only.
 *
 * Errors   UsageError where the port is taken
 */
export async function serveExplorer(datasets: Datasets, wantedPort = 0): Promise<Explorer> {
  const assets = await readAssets();
  const token = randomBytes(24).toString("base64url");
  const server = createServer((request, response) => void handle(route, request, response));
  const port = await listen(server, wantedPort).catch((cause: NodeJS.ErrnoException) => {
    throw new UsageError(`port ${wantedPort}: ${cause.code ?? cause.message}`, {
      cause,
      hint: "leave --port out: any free one is taken",
    });
  });
  const route: Route = { datasets, assets, gate: new Gate(token, port) };
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  };
  return { url: `http://127.0.0.1:${port}/?token=${token}`, port, token, close };
}
