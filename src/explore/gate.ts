import { timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Why a request is not let in: its status, and a sentence. */
export interface Refusal {
  readonly status: 401 | 403;
  readonly message: string;
}

function sameText(one: string, two: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(two)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function cookieOf(request: IncomingMessage, name: string): string | undefined {
  const pairs = (request.headers.cookie ?? "").split(";").map((pair) => pair.trim());
  return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1);
}

/**
 * Who may ask: only who has the token, from a page of this server, by its own name. A name that another site has made point
 * here (DNS rebinding) has another Host; another site's page has another Origin.
 */
export class Gate {
  readonly #token: string;
  readonly #port: number;

  constructor(token: string, port: number) {
    this.#token = token;
    this.#port = port;
  }

  /** Cookies know no port: two servers of one user must not share theirs. */
  get #cookieName(): string {
    return `luoscope-${this.#port}`;
  }

  /** Keeps the token out of the address bar and of scripts. */
  get cookie(): string {
    return `${this.#cookieName}=${this.#token}; HttpOnly; SameSite=Strict; Path=/`;
  }

  hasToken(given: string | undefined): boolean {
    return given !== undefined && sameText(given, this.#token);
  }

  /** Undefined where the request comes from where it should; the token is another matter. */
  checkSender({ headers }: IncomingMessage): Refusal | undefined {
    const hosts = [`127.0.0.1:${this.#port}`, `localhost:${this.#port}`];
    if (!hosts.includes(headers.host ?? "")) return { status: 403, message: "this server has another name" };
    const { origin } = headers;
    if (origin !== undefined && origin !== `http://${headers.host!}`) {
      return { status: 403, message: "pages of other origins may not ask" };
    }
    const site = headers["sec-fetch-site"];
    if (site === "cross-site" || (site === "same-site" && headers["sec-fetch-mode"] !== "navigate")) {
      return { status: 403, message: "pages of other origins may not ask" };
    }
    return undefined;
  }

  checkToken(request: IncomingMessage): Refusal | undefined {
    const bearer = /^Bearer (.+)$/.exec(request.headers.authorization ?? "")?.[1];
    if (this.hasToken(cookieOf(request, this.#cookieName)) || this.hasToken(bearer)) return undefined;
    return { status: 401, message: "open the address that `luoscope serve` printed: it holds the token" };
  }
}
