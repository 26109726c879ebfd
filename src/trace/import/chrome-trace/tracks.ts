import type { Catalogue } from "../catalogue.ts";

interface Track {
  readonly taskIndex: number;
  readonly rename: (name: string) => void;
  readonly processId: string;
  hasOwnName: boolean;
}

const maxId = 2 ** 32 - 1;

function idOf(id: unknown): number | null {
  return typeof id === "number" && Number.isInteger(id) && id >= 0 && id <= maxId ? id : null;
}

/** Ids are numbers, and texts for tracks that are no threads. */
function keyOf(id: unknown): string {
  return typeof id === "number" || typeof id === "string" ? `${id}` : "";
}

/** The threads of a trace as tasks; their names may come before or after their events. */
export class Tracks {
  readonly #catalogue: Catalogue;
  readonly #tracks = new Map<string, Track>();
  readonly #threadNames = new Map<string, string>();
  readonly #processNames = new Map<string, string>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** The task of a process's thread; null for events that have neither. */
  task(processId: unknown, threadId: unknown): number | null {
    const process = keyOf(processId);
    const thread = keyOf(threadId);
    if (process === "" && thread === "") return null;
    const key = `${process}/${thread}`;
    const found = this.#tracks.get(key);
    if (found) return found.taskIndex;
    const own = this.#threadNames.get(key);
    const name = own ?? this.#processNames.get(process) ?? (thread === "" ? `process ${process}` : `thread ${thread}`);
    const ids = [idOf(threadId), idOf(processId)] as const;
    const { taskIndex, settle } = this.#catalogue.taskNamedLater(name, ...ids);
    const rename = (later: string) => settle(later, ...ids);
    this.#tracks.set(key, { taskIndex, rename, processId: process, hasOwnName: own !== undefined });
    return taskIndex;
  }

  nameThread(processId: unknown, threadId: unknown, name: string): void {
    const key = `${keyOf(processId)}/${keyOf(threadId)}`;
    const track = this.#tracks.get(key);
    track?.rename(name);
    if (track) track.hasOwnName = true;
    else this.#threadNames.set(key, name);
  }

  /** Names those threads of a process that have no name of their own. */
  nameProcess(processId: unknown, name: string): void {
    const process = keyOf(processId);
    this.#processNames.set(process, name);
    for (const track of this.#tracks.values()) {
      if (track.processId === process && !track.hasOwnName) track.rename(name);
    }
  }
}
