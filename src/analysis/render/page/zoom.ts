import type { View } from "vega";

interface PageZoom {
  readonly signal: string;
  readonly domain: readonly [number, number];
}

/** A wheel turn within this time of the last one still belongs to the same scrolling of the page. */
const scrollPauseMs = 300;

type Domain = readonly [number, number];

const actions: Readonly<Record<string, (domain: Domain) => Domain | undefined>> = {
  in: ([from, to]) => [from + (to - from) * 0.2, to - (to - from) * 0.2],
  out: ([from, to]) => [from - (to - from) / 3, to + (to - from) / 3],
  left: ([from, to]) => [from - (to - from) * 0.2, to - (to - from) * 0.2],
  right: ([from, to]) => [from + (to - from) * 0.2, to + (to - from) * 0.2],
  reset: () => undefined,
};

/** Lets the buttons over a chart do what wheel and drag do, for those who use a keyboard. */
export function wireZoomButtons(id: string, zooms: readonly PageZoom[], view: () => View | undefined): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>(`#${id} button[data-zoom]`)) {
    const zoom = zooms[Number(button.dataset["zoom"])];
    const action = actions[button.dataset["action"] ?? ""];
    if (!zoom || !action) continue;
    button.addEventListener("click", () => {
      const current = (view()?.signal(zoom.signal) as Domain | null) ?? zoom.domain;
      view()
        ?.signal(zoom.signal, action(current) ?? null)
        .run();
    });
  }
}

/**
 * Keeps a page that is being scrolled from zooming a chart that happens to come under the pointer: the wheel zooms only
 * once the pointer has been moved on the chart itself.
 */
export function guardScrolling(ids: readonly string[]): void {
  if (ids.length === 0) return;
  let lastScrollMs = Number.NEGATIVE_INFINITY;
  let armed: Element | undefined;
  let pointerAt = "";
  const plotOf = (event: Event) =>
    event.target instanceof Element
      ? (event.target.closest(ids.map((id) => `#${id} .plot`).join()) ?? undefined)
      : undefined;
  addEventListener("pointermove", (event) => {
    // A page that scrolls under a resting pointer sends moves too, all to one place.
    const at = `${event.clientX} ${event.clientY}`;
    if (at !== pointerAt) armed = plotOf(event);
    pointerAt = at;
  });
  addEventListener(
    "wheel",
    (event) => {
      const plot = plotOf(event);
      const isScrolling = event.timeStamp - lastScrollMs < scrollPauseMs;
      if (plot && plot === armed && !isScrolling) return;
      lastScrollMs = event.timeStamp;
      armed = undefined;
      if (plot) event.stopPropagation();
    },
    { capture: true, passive: true },
  );
}
