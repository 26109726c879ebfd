export { openImage } from "./open-image.ts";
export { type FoundHandover, readFromImage, readWithFdt } from "./read-handover.ts";
