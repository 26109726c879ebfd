export { parseProfile, type Profile, profileFor, profileOf, profileWith } from "./profile.ts";
export { type CostData, type ProfileData, profileSchema, type QuantityId, quantityIds } from "./schema.ts";
export { formatProfile } from "./write.ts";
