// SPDX-License-Identifier: Apache-2.0
// From an unknown meter on a tty to signed readings in three commands, as the README has them: scan,
// run, watch. The engineer knows the port and nothing else.

import { open, readFile } from 'node:fs/promises';
import { expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { makeTtyPair } from '../devices/tty-pair.ts';
import { newNetwork, tieline, tielineCommand, untilStatus } from './harness/network.ts';
import { Program } from './harness/program.ts';

test('an unknown meter on a tty is found, configured, read and signed', async () => {
  const network = await newNetwork({ meterCount: 0 });
  const pair = await makeTtyPair();
  onTestFinished(() => pair.close());
  const meter = ['--meter', 'eastron-sdm630', '--serial', pair.slave, '--unit', '4'];
  await new Program(tielineCommand('meter', 'simulate-meter', ...meter)).start();

  const config = ['--write', network.gatewayConfig];
  const scan = await tieline('scan', '--serial', pair.master, '--units', '1-6', ...config);
  expect(scan.out).toContain('unit 4  eastron-sdm630');
  expect(scan.errors).toBe('');
  expect(scan.code).toBe(0);
  expect(parse(await readFile(network.gatewayConfig, 'utf8'))).toMatchObject({
    lines: [{ serial: pair.master, baudRate: 9_600, parity: 'none' }],
    meters: [{ meter: 'eastron-sdm630', unit: 4 }],
  });

  await network.gateway.start();
  await untilStatus(
    network,
    'a signed batch of readings on the chain',
    ({ meters, ledger }) => meters.some(({ readCount }) => readCount >= 3) && ledger.height >= 3,
  );
  const watch = await tieline('watch', '--config', network.gatewayConfig, '--once');
  expect(watch.out).toMatch(/1-0:32\.7\.0\*255 +2\d\d\.\d\d +V +good/);
  const reading = `${network.dir}/reading.proof`;
  const proof = ['--data', network.gatewayData, '--reading', 'latest', '--out', reading];
  // The newest reading that has a receipt, once any has.
  const proved = async () => (await tieline('proof', ...proof)).code;
  await expect.poll(proved, { timeout: 60_000 }).toBe(0);
});

test('a tty on which nobody answers says what to look at', async () => {
  const pair = await makeTtyPair();
  onTestFinished(() => pair.close());
  const range = ['--units', '1-1', '--timeout', '20'];
  const scan = await tieline('scan', '--serial', pair.master, ...range);
  expect(scan.code).toBe(3);
  expect(scan.out).toContain('are A and B swapped');
});

test('a port that is not there is an error, not an empty result', async () => {
  const scan = await tieline('scan', '--serial', '/dev/tty-that-is-not-there');
  expect(scan.code).toBe(1);
  expect(scan.errors).toContain('there is no such port');
});

test('a tty that is never silent is told to be noise, at once, with what to do', async () => {
  const pair = await makeTtyPair();
  onTestFinished(() => pair.close());
  const noise = await open(pair.slave, 'r+');
  const writer = setInterval(() => void noise.write(Uint8Array.of(0xff, 0xff, 0xff)), 5);
  onTestFinished(async () => {
    clearInterval(writer);
    await noise.close();
  });
  const scan = await tieline('scan', '--serial', pair.master, '--json');
  expect(scan.code).toBe(3);
  expect(JSON.parse(scan.out)).toMatchObject({
    found: [],
    overheard: [{ kind: 'noise', hint: expect.stringContaining('swap A and B') }],
  });
});
