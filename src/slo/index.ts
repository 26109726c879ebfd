export { defaultVmRatio, loadSlos, presetNames, presetSlo, type Slo, sloField, sloPresets } from "./slo.ts";
