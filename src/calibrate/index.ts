export { type Accuracy, bounds, coverageBounds, errorRatio, listAccuracy, negligibleNs } from "./accuracy.ts";
export { crossValidate, sortCases } from "./cross-validate.ts";
export { type Calibration, calibrate } from "./make-profile.ts";
export { type PredictedNs, type PredictedStep, predictTimes, type TimePrediction } from "./predict.ts";
export type { UpdateDrivers } from "./drivers.ts";
