import { stringify } from "yaml";

import { type ProfileData, profileSchema } from "./schema.ts";

/** Widest line of a written profile. */
const lineWidth = 120;

/** A profile as the text of its file; what is not a profile is a defect, and throws. */
export function formatProfile(data: ProfileData): string {
  return stringify(profileSchema.parse(data), {
    lineWidth,
    aliasDuplicateObjects: false,
    flowCollectionPadding: false,
  });
}
