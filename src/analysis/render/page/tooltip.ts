const offsetPx = 14;

function tooltipElement(): HTMLElement {
  return document.querySelector<HTMLElement>("#tooltip")!;
}

function fillTooltip(element: HTMLElement, value: unknown): void {
  const fields = typeof value === "object" && value !== null ? Object.entries(value as Record<string, unknown>) : [];
  const list = document.createElement("dl");
  for (const [name, text] of fields) {
    const term = document.createElement("dt");
    const definition = document.createElement("dd");
    // Names come from traces: they are text and never markup.
    term.textContent = name;
    definition.textContent = String(text);
    list.append(term, definition);
  }
  element.replaceChildren(list);
}

/** Shows a mark's fields beside the pointer, inside the window. */
export function showTooltip(event: MouseEvent, value: unknown): void {
  const element = tooltipElement();
  fillTooltip(element, value);
  element.hidden = false;
  const { width, height } = element.getBoundingClientRect();
  const left = Math.min(event.clientX + offsetPx, innerWidth - width - 4);
  const below = event.clientY + offsetPx;
  const top = below + height > innerHeight ? event.clientY - height - offsetPx : below;
  element.style.left = `${Math.max(4, left)}px`;
  element.style.top = `${Math.max(4, top)}px`;
}

export function hideTooltip(): void {
  tooltipElement().hidden = true;
}
