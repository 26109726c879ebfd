import { displayText } from "../analysis/format.ts";
import { errnoName } from "../model/index.ts";

/** Fields of an answer on one line, errors by name: "ret=-EBUSY slot=-1". */
export function formatAnswer(answer: Readonly<Record<string, number | string>>): string {
  return Object.entries(answer)
    .map(([field, value]) => {
      if (field === "ret" && typeof value === "number") return `ret=${errnoName(value)}`;
      return `${field}=${displayText(String(value), 80)}`;
    })
    .join(" ");
}
