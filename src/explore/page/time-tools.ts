import { displayText } from "../../analysis/format.ts";
import type { TraceFacts } from "./api.ts";
import { button, element } from "./dom.ts";
import type { Scene } from "./scene.ts";
import { noBrush } from "./state.ts";

/** A stretch of time, ns. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

const secNs = 1e9;

function secondsInput(label: string, ns: number, set: (ns: number) => void): HTMLElement {
  const input = element("input", {
    type: "number",
    step: "any",
    min: "0",
    value: String(Number((ns / secNs).toFixed(6))),
  });
  input.addEventListener("change", () => {
    const value = Number(input.value);
    if (input.value !== "" && Number.isFinite(value)) set(value * secNs);
  });
  return element("label", {}, label, input, "s");
}

function vmSelect(scene: Scene, { vms }: TraceFacts): HTMLElement {
  const options = vms.map((name, index) =>
    element("option", { value: String(index) }, `${displayText(name, 40)} (${index})`),
  );
  const select = element("select", { id: "vm" }, ...options);
  select.value = String(scene.state.vm);
  select.addEventListener("change", () =>
    scene.go({ vm: Number(select.value), brushFirst: undefined, brushEnd: undefined }),
  );
  return element("label", {}, "VM", select);
}

/** All that brushing and wheels do, for those who use keys. */
export function timeTools(scene: Scene, { from, to }: Window, facts: TraceFacts): HTMLElement {
  const span = facts.spanNs + 1;
  const go = (start: number, end: number) => {
    const length = Math.min(Math.max(1, end - start), span);
    const first = Math.min(Math.max(0, start), span - length);
    scene.go({ from: first, to: first + length, ...noBrush });
  };
  const length = to - from;
  const { brushFrom, brushTo } = scene.state;
  const toBrush = button("Zoom to brush", "Zoom to brush: make the brushed time the window", () =>
    go(brushFrom!, brushTo!),
  );
  toBrush.disabled = brushFrom === undefined || brushTo === undefined;
  return element(
    "div",
    { class: "tools", role: "group", "aria-label": "Window of time" },
    button("+", "Zoom in", () => go(from + length / 4, to - length / 4)),
    button("−", "Zoom out", () => go(from - length / 2, to + length / 2)),
    button("←", "Move left", () => go(from - length / 4, to - length / 4)),
    button("→", "Move right", () => go(from + length / 4, to + length / 4)),
    button("Reset", "Reset: show all", () => scene.go({ from: undefined, to: undefined, ...noBrush })),
    toBrush,
    secondsInput("from", from, (ns) => go(ns, Math.max(to, ns + 1))),
    secondsInput("to", to, (ns) => go(Math.min(from, ns - 1), ns)),
    vmSelect(scene, facts),
  );
}
