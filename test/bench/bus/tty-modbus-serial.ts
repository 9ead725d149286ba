// SPDX-License-Identifier: Apache-2.0
// The same registers with modbus-serial, as its documentation shows it and its users write it: one
// request a register, one device after another, a time-out of a second. Arguments as for
// `tty-tieline.ts`.

import modbus from 'modbus-serial';
import { findMeter } from '../../../drivers/index.ts';
import { run } from '../../../host/exit.ts';

const { path, baudRate, units, meter, warmUpMs, runMs } = JSON.parse(process.argv[2] ?? '{}');
const registers = findMeter(meter)?.registers ?? [];
const client = new modbus.default();
client.on('error', () => undefined);
await client.connectRTUBuffered(path, { baudRate });
client.setTimeout(1_000);

async function readAll(unit: number): Promise<boolean> {
  client.setID(unit);
  for (const { address, count } of registers) {
    const { data } = await client.readInputRegisters(address, count);
    if (data[0] !== address) return false;
  }
  return true;
}

let readings = 0;
let wrong = 0;
const endMs = performance.now() + warmUpMs + runMs;
const countFromMs = performance.now() + warmUpMs;
const cpu = process.cpuUsage();
while (performance.now() < endMs) {
  for (const unit of units) {
    const good = await readAll(unit).catch(() => undefined);
    if (good === false) wrong += 1;
    if (good === true && performance.now() > countFromMs) readings += 1;
  }
}
const { user, system } = process.cpuUsage(cpu);
const seconds = (performance.now() - countFromMs) / 1_000;
const result = {
  readingsPerSecond: readings / seconds,
  cpu: (user + system) / 1e6 / (seconds + warmUpMs / 1_000),
  wrong,
};
await run(async () => {
  process.stdout.write(`${JSON.stringify(result)}\n`);
  return 0;
});
