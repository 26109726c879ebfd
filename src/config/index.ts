export { bytes, count, duration, length, place, rate, ratio, seed } from "./fields.ts";
export { parseBytes, parseDuration } from "./quantity.ts";
export { type LoadedYaml, loadYaml, type ReadText } from "./yaml-file.ts";
