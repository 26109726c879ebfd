import { usNs } from "../../base/index.ts";
import type { Call, Source } from "./evidence.ts";

/** More than any kernel has; beyond it a log would fill the memory of this process. */
const maxCalls = 200_000;

const maxNameChars = 120;

/** Initcalls, quirks and probes. linux-7.3 init/main.c do_one_initcall(), drivers/pci/quirks.c, drivers/base/dd.c */
const initcallBegins = /^(?:\S+ \S+: )?calling {1,2}(\S+)\+0x\S+ @ (\d+)$/;
const initcallEnds = /^initcall (\S+)\+0x\S+ returned (-?\d+) .*?after (\d{1,12}) usecs/;
const quirkEnds = /^(\S+ \S+): (\S+)\+0x\S+ took (\d{1,12}) usecs$/;
const probeEnds = /^(?:\S+ \S+: )?probe of (\S+) returned (-?\d+) after (\d{1,12}) usecs/;

/** Callbacks of devices, in the words of before and after Linux 5.5. linux-7.3 drivers/base/power/main.c initcall_debug_start() */
const deviceBegins = /^(?:(\S+) (\S+): PM: )?calling {1,2}(\S+?)\+?(?:0x\S+)? @ \d+, parent: (.*)$/;
const deviceEnds = /^call (\S+?)\+ returned (-?\d+) after (\d{1,12}) usecs/;
const newDeviceEnds = /^(\S+) (\S+): PM: (\S+?)(?:\+0x\S+)? returned (-?\d+) after (\d{1,12}) usecs/;

type Line = { readonly ns: number; readonly text: string; readonly source: Source };

/** Pairs the lines that initcall_debug prints before and after a call. */
export class CallReader {
  readonly initcalls: Call[] = [];
  readonly devices: Call[] = [];
  readonly #begun = new Map<string, { ns: number; source: Source; detail?: string }>();

  add(line: Line): void {
    const { text } = line;
    // Most messages are of none of these kinds.
    if (text.includes("alling ")) this.#begin(line);
    else if (text.includes(" usecs")) this.#end(line);
  }

  #begin({ ns, text, source }: Line): void {
    if (this.#begun.size === maxCalls) return;
    const initcall = initcallBegins.exec(text);
    if (initcall) {
      this.#begun.set(`i ${initcall[1]}`, { ns, source });
      return;
    }
    const device = deviceBegins.exec(text);
    if (device) this.#begun.set(`d ${device[2] ?? device[3]}`, { ns, source, detail: `parent ${device[4]}` });
  }

  #end(line: Line): void {
    const { text } = line;
    const initcall = initcallEnds.exec(text);
    if (initcall) return this.#keep(this.initcalls, line, { key: "i", name: initcall[1]!, usecs: initcall[3]! });
    const quirk = quirkEnds.exec(text);
    if (quirk) {
      return this.#keep(this.initcalls, line, { key: "i", name: quirk[2]!, usecs: quirk[3]!, detail: quirk[1]! });
    }
    const probe = probeEnds.exec(text);
    if (probe) {
      return this.#keep(this.initcalls, line, { key: "", name: "probe-device", usecs: probe[3]!, detail: probe[1]! });
    }
    const device = deviceEnds.exec(text);
    if (device) return this.#keep(this.devices, line, { key: "d", name: device[1]!, usecs: device[3]! });
    const newer = newDeviceEnds.exec(text);
    if (newer) {
      this.#keep(this.devices, line, {
        key: "d",
        name: newer[2]!,
        usecs: newer[5]!,
        detail: `${newer[1]} ${newer[3]}`,
      });
    }
  }

  #keep(calls: Call[], { ns, source }: Line, end: { key: string; name: string; usecs: string; detail?: string }): void {
    if (calls.length === maxCalls) return;
    const key = `${end.key} ${end.name}`;
    const begun = this.#begun.get(key);
    this.#begun.delete(key);
    const detail = end.detail ?? begun?.detail;
    calls.push({
      name: end.name.slice(0, maxNameChars),
      // Where the first line is lost, the kernel's own measure says when it was.
      startNs: begun && begun.ns <= ns ? begun.ns : Math.max(0, ns - Number(end.usecs) * usNs),
      endNs: ns,
      source: begun?.source ?? source,
      ...(detail === undefined ? {} : { detail: detail.slice(0, maxNameChars) }),
    });
  }
}
