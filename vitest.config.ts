// SPDX-License-Identifier: Apache-2.0
// The rings: `npm test` runs unit and tidy, `npm run test:system` system and lines.
import { defineConfig } from 'vitest/config';

/** Real ttys, on which a byte that comes late is another thing than one in time: nothing else runs beside them. */
const lines = [
  'bus',
  'modbus-peers',
  'modbus-tty-peers',
  'rtu-faults',
  'scan',
  'serial-faults',
  'serial-peers',
  'slow-bytes',
].map((name) => `test/system/${name}.test.ts`);

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
          exclude: lines,
          testTimeout: 600_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'lines',
          include: lines,
          testTimeout: 600_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
