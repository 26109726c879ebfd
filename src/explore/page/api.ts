/** An answer of the server's that says what is wrong. */
export class RefusedError extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** The server does not answer at all. */
export class GoneError extends Error {}

async function send<Answer>(path: string, init: RequestInit): Promise<Answer> {
  let response: Response;
  try {
    response = await fetch(path, init);
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    throw new GoneError("no answer", { cause });
  }
  const answer = (await response.json()) as { error?: string; hint?: string };
  if (!response.ok) throw new RefusedError(answer.error ?? response.statusText, answer.hint ?? "");
  return answer as Answer;
}

export function get<Answer>(
  path: string,
  parameters: Readonly<Record<string, number>> = {},
  signal?: AbortSignal,
): Promise<Answer> {
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, String(Math.round(value))]),
  ).toString();
  return send<Answer>(query === "" ? path : `${path}?${query}`, signal ? { signal } : {});
}

export function post<Answer>(path: string, body: unknown): Promise<Answer> {
  const headers = { "content-type": "application/json" };
  return send<Answer>(path, { method: "POST", headers, body: JSON.stringify(body) });
}

export type Cell = string | number | boolean | null;

/** An answer in columns and rows. */
export interface Table {
  readonly columns: readonly { readonly name: string }[];
  readonly rows: readonly (readonly Cell[])[];
  readonly truncated: boolean;
}

export interface TraceFacts {
  readonly spanNs: number;
  readonly writeCount: number;
  readonly guestFrames: readonly number[];
  readonly vms: readonly string[];
  readonly devices: readonly { readonly name: string; readonly vm: number }[];
  readonly marks: readonly { readonly name: string; readonly timeNs: number }[];
}

export interface DatasetInfo {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  readonly facts?: TraceFacts;
}

export interface BinnedTable extends Table {
  readonly source: "cells" | "rows";
  readonly time?: { readonly origin: number; readonly length: number };
  readonly memory?: { readonly origin: number; readonly length: number };
}
