import type { Call, Moment, NamedMoment, Source } from "./evidence.ts";

/** More than any suspend has. */
const maxEvents = 500_000;
const maxKinds = 200;

/** What a trace of a suspend and a resume holds; times are the tracer's clock. */
export interface SuspendEvents {
  /** `dpm_suspend[2]`, `CPU_OFF[3]`: what the kernel did, from begin to end. */
  readonly actions: readonly Call[];
  /** Callbacks of devices: the driver, the callback and the parent are the detail. */
  readonly devices: readonly Call[];
  /** What somebody wrote into trace_marker. */
  readonly marks: readonly NamedMoment[];
  /** Events that nothing here reads, by kind. */
  readonly unused: ReadonlyMap<string, number>;
}

/** `task-12 [001] d..1 123.456789: event: fields`; the flags may be missing, a thread group may stand before the CPU. */
const eventPattern =
  /^ {0,60}.{1,40}-\d{1,10} +(?:\([ \d-]{1,10}\) +)?\[\d{1,5}\] +(?:[\w.#!*+-]{1,12} +)?(?<seconds>\d{1,7}\.\d{1,9}): +(?<event>\w{1,64}): (?<fields>.*)$/;

const devicePattern = /^(\S*) (.{1,120}), parent: (.{0,120}), (.{0,80}\[\w{1,20}\])$/;
const deviceEndPattern = /^(\S*) (.{1,120}), err=-?\d+$/;
const actionPattern = /^(\w{1,40}\[-?\d{1,10}\]) (begin|end)$/;

interface Begun extends Moment {
  readonly detail?: string;
}

/** Reads events of the nop tracer, those of a suspend above all. Source   linux-7.3 include/trace/events/power.h */
export class EventReader {
  readonly #actions: Call[] = [];
  readonly #devices: Call[] = [];
  readonly #marks: NamedMoment[] = [];
  readonly #unused = new Map<string, number>();
  readonly #begun = new Map<string, Begun>();

  /** False when the line is no event. */
  add(line: string, source: Source): boolean {
    const groups = eventPattern.exec(line)?.groups;
    if (!groups) return false;
    const at = { ns: Math.round(Number(groups["seconds"]) * 1e9), source };
    // trace-cmd aligns the fields; the kernel's own text begins with a space where a device has no driver.
    const fields = groups["fields"]!.replace(/^ {2,}/, "");
    const event = groups["event"]!;
    switch (event) {
      case "suspend_resume": {
        const [, name, what] = actionPattern.exec(fields) ?? [];
        if (name === undefined) return false;
        if (what === "begin") this.#begin(name, at);
        else this.#end(this.#actions, { key: name, name, at });
        return true;
      }
      case "device_pm_callback_start": {
        const [, driver, device, parent, callback] = devicePattern.exec(fields) ?? [];
        if (device === undefined) return false;
        this.#begin(`${driver} ${device}`, { ...at, detail: `${driver} ${callback}, parent ${parent}`.trim() });
        return true;
      }
      case "device_pm_callback_end": {
        const [, driver, device] = deviceEndPattern.exec(fields) ?? [];
        if (device === undefined) return false;
        this.#end(this.#devices, { key: `${driver} ${device}`, name: device, at });
        return true;
      }
      case "tracing_mark_write":
        if (this.#marks.length < maxEvents) this.#marks.push({ ...at, name: fields.slice(0, 120) });
        return true;
      default:
        this.#count(event);
        return true;
    }
  }

  #begin(key: string, begun: Begun): void {
    if (this.#begun.size < maxEvents) this.#begun.set(key, begun);
  }

  #end(calls: Call[], { key, name, at }: { key: string; name: string; at: Moment }): void {
    const begun = this.#begun.get(key);
    if (!begun || begun.ns > at.ns || calls.length === maxEvents) return;
    this.#begun.delete(key);
    const { ns: startNs, source, detail } = begun;
    calls.push({ name, startNs, endNs: at.ns, source, ...(detail === undefined ? {} : { detail }) });
  }

  #count(kind: string): void {
    if (this.#unused.has(kind) || this.#unused.size < maxKinds) {
      this.#unused.set(kind, (this.#unused.get(kind) ?? 0) + 1);
    }
  }

  finish(): SuspendEvents {
    return { actions: this.#actions, devices: this.#devices, marks: this.#marks, unused: this.#unused };
  }
}
