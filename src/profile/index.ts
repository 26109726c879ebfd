export { parseProfile, type Profile, profileFor } from "./profile.ts";
export { type CostData, type ProfileData, type QuantityId, quantityIds } from "./schema.ts";
export { formatProfile } from "./write.ts";
