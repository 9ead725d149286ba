// SPDX-License-Identifier: Apache-2.0
// Reads meters on a tty back to back with our master, as a process of its own, and prints how many
// readings that made: `tty-tieline.ts {"path", "baudRate", "units", "meter", "warmUpMs", "runMs"}`.

import { Bus } from '../../../drivers/bus/bus.ts';
import { findDevice } from '../../../drivers/find-device.ts';
import { openLine } from '../../../drivers/transport.ts';

const asked = JSON.parse(process.argv[2] ?? '{}');
const { path, baudRate, units, meter, warmUpMs, runMs } = asked;
const serial = { baudRate, parity: 'none', dataBits: 8, stopBits: 1 } as const;
const line = openLine({ kind: 'modbus-rtu', path, ...serial }, { timeoutMs: 1_000 });
const bus = new Bus(line);
/** When each reading was there. */
const readAtMs: number[] = [];
for (const unit of units) {
  const found = await findDevice(meter, { line, unit });
  if (!found.ok) throw new Error(found.fault.detail);
  bus.add({
    id: `${unit}`,
    peer: `unit ${unit}`,
    // Shorter than a reading takes: one follows the other.
    periodMs: 10,
    device: found.device,
    onReading: ({ faults }) => {
      if (faults.length === 0) readAtMs.push(performance.now());
    },
  });
}
await new Promise((resolve) => setTimeout(resolve, warmUpMs));
readAtMs.splice(0);
const startedMs = performance.now();
const cpu = process.cpuUsage();
await new Promise((resolve) => setTimeout(resolve, runMs));
const { user, system } = process.cpuUsage(cpu);
const [firstMs = 0] = readAtMs;
const lastMs = readAtMs.at(-1) ?? 0;
const result = {
  // From reading to reading: the run does not end with one.
  readingsPerSecond: (1_000 * (readAtMs.length - 1)) / (lastMs - firstMs),
  cpu: (user + system) / 1_000 / (performance.now() - startedMs),
};
await line.close();
await bus.close();
process.stdout.write(`${JSON.stringify(result)}\n`);
