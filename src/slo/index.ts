export { defaultVmRatio, loadSlos, presetNames, type Slo, sloField, sloPresets } from "./slo.ts";
