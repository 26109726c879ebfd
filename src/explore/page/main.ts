/** The page of `luoscope serve`: reads what to show from the address, asks for it, draws it. */
import type { View } from "vega";

import { displayText, formatCount } from "../../analysis/format.ts";
import { type DatasetInfo, get, GoneError, post, RefusedError, type Table } from "./api.ts";
import { save } from "../../analysis/render/page/csv.ts";
import { element, table, tableCsv } from "./dom.ts";
import { renderRun } from "./run.ts";
import type { Scene } from "./scene.ts";
import { noBrush, readState, type State, writeState } from "./state.ts";
import { renderSweep } from "./sweep.ts";
import { renderTrace } from "./trace.ts";

const find = (id: string): HTMLElement => document.querySelector<HTMLElement>(`#${id}`)!;
const findSelect = (id: string) => find(id) as HTMLSelectElement;
const findStatement = () => find("sql") as HTMLTextAreaElement;

/** Between two looks whether a server that was gone is back. */
const firstRetryMs = 1000;
const lastRetryMs = 30_000;

let datasets: readonly DatasetInfo[] = [];
let drawing = new AbortController();
const views = new Map<string, View>();

function go(change: Partial<State>): void {
  const now = readState(location.hash);
  const next = writeState({ ...now, ...change });
  // What changes nothing is no step that the back button takes.
  if (next !== writeState(now)) location.hash = next;
}

function say(text: string): void {
  find("status").textContent = text;
}

function showBanner(text: string): void {
  const banner = find("banner");
  banner.hidden = text === "";
  banner.textContent = text;
}

/** Looks for the server until it answers again, ever more seldom. */
async function waitForServer(waitMs = firstRetryMs): Promise<void> {
  showBanner(
    "The server does not answer: is `luoscope serve` still running? What is shown stays; this page looks again.",
  );
  await new Promise((done) => setTimeout(done, waitMs));
  try {
    await get("/api/datasets");
    showBanner("");
    await render();
  } catch (error) {
    if (error instanceof GoneError) await waitForServer(Math.min(waitMs * 2, lastRetryMs));
    else fail(error);
  }
}

function fail(error: unknown): void {
  if (error instanceof DOMException && error.name === "AbortError") return;
  if (error instanceof GoneError) {
    void waitForServer();
    return;
  }
  const hint = error instanceof RefusedError && error.hint !== "" ? ` (${error.hint})` : "";
  showBanner(`${error instanceof Error ? error.message : String(error)}${hint}`);
  say("");
}

async function panelsOf(scene: Scene, other: DatasetInfo | undefined): Promise<HTMLElement[]> {
  const { kind, facts } = scene.dataset;
  if (facts) return renderTrace(scene, facts);
  if (kind === "run") return renderRun(scene, other);
  if (kind === "sweep") return renderSweep(scene);
  return [element("p", { class: "note" }, `A ${kind} has no picture here: its tables can be asked below.`)];
}

/** Keeps the keyboard where it is while panels are replaced. */
function replacePanels(panels: readonly HTMLElement[]): void {
  const label = document.activeElement?.getAttribute("aria-label");
  find("content").replaceChildren(...panels);
  if (label)
    find("content")
      .querySelector<HTMLElement>(`[aria-label="${CSS.escape(label)}"]`)
      ?.focus();
}

async function render(): Promise<void> {
  drawing.abort();
  drawing = new AbortController();
  const { signal } = drawing;
  const state = readState(location.hash);
  const dataset = datasets[state.dataset] ?? datasets[0];
  if (!dataset) return;
  findSelect("dataset").value = String(dataset.id);
  const other = fillOther(dataset, state.other);
  const started = performance.now();
  say("asking …");
  const scene: Scene = { state, dataset, path: (what) => `/api/d/${dataset.id}/${what}`, go, views, signal };
  try {
    const panels = await panelsOf(scene, other);
    if (signal.aborted) return;
    replacePanels(panels);
    showBanner("");
    const rows = dataset.facts ? `${formatCount(dataset.facts.writeCount)} rows of page writes, ` : "";
    say(`${rows}answered in ${Math.round(performance.now() - started)} ms`);
    document.documentElement.dataset["drawn"] = location.hash || "#";
  } catch (error) {
    fail(error);
  }
}

/** Runs that may be set beside this one. */
function fillOther(dataset: DatasetInfo, chosen: number | undefined): DatasetInfo | undefined {
  const rest = dataset.kind === "run" ? datasets.filter(({ id, kind }) => kind === "run" && id !== dataset.id) : [];
  find("other-label").hidden = rest.length === 0;
  const none = element("option", { value: "" }, "nothing");
  const select = findSelect("other");
  select.replaceChildren(
    none,
    ...rest.map(({ id, name }) => element("option", { value: String(id) }, displayText(name, 60))),
  );
  const found = rest.find(({ id }) => id === chosen);
  select.value = found ? String(found.id) : "";
  return found;
}

let lastAnswer: Table | undefined;

async function askSql(): Promise<void> {
  const sql = findStatement().value;
  const [error, answer] = [find("sql-error"), find("sql-answer")];
  error.hidden = true;
  answer.replaceChildren(element("p", { class: "note" }, "asking …"));
  try {
    const { dataset } = readState(location.hash);
    lastAnswer = await post<Table>(`/api/d/${datasets[dataset]?.id ?? 0}/sql`, { sql });
    const more = lastAnswer.truncated ? ", and there are more" : "";
    const note = element("p", { class: "note" }, `${formatCount(lastAnswer.rows.length)} rows${more}`);
    answer.replaceChildren(note, table(lastAnswer, "Answer to the statement"));
    go({ sql });
  } catch (cause) {
    lastAnswer = undefined;
    answer.replaceChildren();
    const hint = cause instanceof RefusedError && cause.hint !== "" ? `\n${cause.hint}` : "";
    error.textContent = `${cause instanceof GoneError ? "The server does not answer." : (cause as Error).message}${hint}`;
    error.hidden = false;
  }
  (find("sql-csv") as HTMLButtonElement).disabled = lastAnswer === undefined;
}

function wireSql(): void {
  findStatement().value = readState(location.hash).sql || "show all tables";
  find("sql-form").addEventListener("submit", (event) => {
    event.preventDefault();
    void askSql();
  });
  find("sql").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) void askSql();
  });
  find("sql-csv").addEventListener("click", () => lastAnswer && save("answer.csv", tableCsv(lastAnswer)));
}

/** A change of what is shown; the statement alone changes no picture. */
function pictureOf(hash: string): string {
  return writeState({ ...readState(hash), sql: "" });
}

async function start(): Promise<void> {
  try {
    ({ datasets } = await get<{ datasets: DatasetInfo[] }>("/api/datasets"));
  } catch (error) {
    fail(error);
    return;
  }
  const select = findSelect("dataset");
  const options = datasets.map(({ id, name, kind }) =>
    element("option", { value: String(id) }, `${displayText(name, 60)} (${kind})`),
  );
  select.replaceChildren(...options);
  const clear = { from: undefined, to: undefined, ...noBrush };
  select.addEventListener("change", () => go({ dataset: Number(select.value), other: undefined, vm: 0, ...clear }));
  const other = findSelect("other");
  other.addEventListener("change", () => go({ other: other.value === "" ? undefined : Number(other.value) }));
  let shown = pictureOf(location.hash);
  addEventListener("hashchange", () => {
    const wanted = pictureOf(location.hash);
    if (wanted !== shown) void render();
    shown = wanted;
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => void render());
  wireSql();
  await render();
}

void start();
