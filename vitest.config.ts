// SPDX-License-Identifier: Apache-2.0
// The three rings that have a command of their own: `npm test` runs unit and tidy,
// `npm run test:system` system.
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // By default one less than there are cores: on two, one.
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: 'unit',
          include: ['test/unit/**/*.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'tidy',
          include: ['test/tidy.test.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'system',
          include: ['test/system/**/*.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
