export { bytes, count, duration, length, place, rate, ratio, seed } from "./fields.ts";
export { parseBytes, parseDuration } from "./quantity.ts";
export {
  checkYaml,
  type LoadedYaml,
  loadYaml,
  mergeValues,
  type RawYaml,
  type ReadText,
  readYaml,
} from "./yaml-file.ts";
