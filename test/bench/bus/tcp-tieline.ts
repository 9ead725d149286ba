// SPDX-License-Identifier: Apache-2.0
// Reads many Modbus TCP devices on their schedules, makes a pack of every reading, and prints what
// that took: `tcp-tieline.ts {"ports", "meter", "periodMs", "warmUpMs", "runMs"}`.

import { toSchemaId } from '../../../base/ids.ts';
import { encodePack } from '../../../base/pack.ts';
import { Bus, type BusReading } from '../../../drivers/bus/bus.ts';
import type { Reading } from '../../../drivers/device.ts';
import { findDevice } from '../../../drivers/find-device.ts';
import { openLine } from '../../../drivers/transport.ts';
import { run } from '../../../host/exit.ts';

const { ports, meter, periodMs, warmUpMs, runMs } = JSON.parse(process.argv[2] ?? '{}');
const schemaId = toSchemaId(new Uint8Array(32));
const clock = { state: 'synchronised', errorMs: 1 } as const;
let [readings, values, missed, faults, bytes] = [0, 0, 0, 0, 0];

function packOf(reading: Reading): Uint8Array {
  return encodePack({
    schemaId,
    timeMs: Date.now(),
    clock,
    mantissas: reading.values.map(({ mantissa }) => mantissa),
    qualities: reading.values.map(({ quality }) => quality),
  });
}

function take(reading: BusReading): void {
  readings += 1;
  missed += reading.missedCount;
  faults += reading.faults.length;
  values += reading.values.length;
  bytes += packOf(reading).length;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const opened = [];
for (const [i, port] of (ports as number[]).entries()) {
  const line = openLine({ kind: 'modbus-tcp', host: '127.0.0.1', port });
  const found = await findDevice(meter, { line, unit: 1 });
  if (!found.ok) throw new Error(found.fault.detail);
  const bus = new Bus(line);
  opened.push({ line, bus });
  bus.add({ id: `${i}`, peer: 'unit 1', periodMs, device: found.device, onReading: take });
  // Devices are not connected all in one instant.
  await pause(periodMs / ports.length);
}
await pause(warmUpMs);
const before = { readings, values, missed, faults };
const startedMs = performance.now();
const cpu = process.cpuUsage();
let rssMax = 0;
const watch = setInterval(() => {
  rssMax = Math.max(rssMax, process.memoryUsage.rss());
}, 250);
await pause(runMs);
clearInterval(watch);
const seconds = (performance.now() - startedMs) / 1_000;
const { user, system } = process.cpuUsage(cpu);
const result = {
  readingsPerSecond: (readings - before.readings) / seconds,
  valuesPerSecond: (values - before.values) / seconds,
  missed: missed - before.missed,
  faults: faults - before.faults,
  cpu: (user + system) / 1e6 / seconds,
  megabytes: rssMax / 2 ** 20,
  packBytes: bytes / readings,
};
await Promise.all(opened.map(({ line }) => line.close()));
await run(async () => {
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return 0;
});
