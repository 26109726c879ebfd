import { defineConfig } from "vitest/config";

/** Real live updates, each a minute of QEMU at most: `npm run test:lab`, apart from `npm test`. */
export default defineConfig({
  test: {
    include: ["test/lab/**/*.lab.ts"],
    env: { TZ: "UTC", LC_ALL: "C" },
    testTimeout: 200_000,
    hookTimeout: 200_000,
  },
});
