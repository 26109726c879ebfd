/** Which rows of a comparison are shown. */
export const shownRows = ["changed", "worse", "better", "all"] as const;
export type ShownRows = (typeof shownRows)[number];
