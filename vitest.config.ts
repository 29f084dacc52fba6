import { defineConfig } from "vitest/config";

/**
 * Tests with real processes measure what a busy machine can spoil: a stall of a second makes a server late. Where nobody
 * watches they get a second chance; a test that fails for a reason of its own fails all the same.
 */
const retry = process.env["CI"] === "true" ? 2 : 0;

// Projects with different numbers of workers run one group after the other.
export default defineConfig({
  test: {
    reporters: ["default", "./test/support/summary-reporter.ts"],
    coverage: { provider: "v8", include: ["src/**/*.ts"] },
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/*.test.ts"],
          retry,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["test/integration/**/*.test.ts"],
          testTimeout: 20_000,
          // Some tell milliseconds: nothing else may run beside them.
          maxWorkers: 1,
          retry,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 120_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          retry,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          name: "lab",
          include: ["test/lab/**/*.test.ts"],
          testTimeout: 90_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          // Each start is three processes.
          maxConcurrency: 3,
          retry,
          sequence: { groupOrder: 2 },
        },
      },
      {
        test: {
          name: "page",
          include: ["test/page/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          retry,
          sequence: { groupOrder: 5 },
        },
      },
      {
        test: {
          name: "image",
          include: ["test/image/**/*.test.ts"],
          globalSetup: "test/image/setup.ts",
          testTimeout: 120_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          retry,
          sequence: { groupOrder: 3 },
        },
      },
      {
        test: {
          name: "charts",
          include: ["test/charts/**/*.test.ts"],
          testTimeout: 60_000,
          maxWorkers: 2,
          retry,
          sequence: { groupOrder: 4 },
        },
      },
      {
        test: {
          name: "monitoring",
          include: ["test/monitoring/**/*.test.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 1,
          retry,
          sequence: { groupOrder: 6 },
        },
      },
    ],
  },
});
