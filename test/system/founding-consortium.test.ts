// SPDX-License-Identifier: Apache-2.0
// Four organisations found a main log as docs/operations.md says: each in a directory of its own, whose
// keys never leave it, with public files alone carried around; then real nodes on real engines, and the
// proof of a reading under the signatures of more than two thirds of them.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { freePort, freePorts } from '../demo/children.ts';
import { addMeters, newBroker, newMeters, tieline, tielineCommand } from './harness/network.ts';
import { Program } from './harness/program.ts';
import { until } from './harness/until.ts';
import { root, runPython, runTool } from './run-tool.ts';

const names = ['north', 'east', 'south', 'west'] as const;
/** The first by name: it signs the genesis. */
const founder = 'east';
const all = names.map((name) => `${name}.cbor`).join(',');

/** A directory for each, and what an operator asks in it. */
function operators() {
  const dir = mkdtempSync(join(tmpdir(), 'tieline-founding-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true, maxRetries: 10 }));
  const place = (name: string, file = '.') => join(dir, name, file);
  for (const name of names) mkdirSync(place(name));
  const tries = (name: string, ...words: readonly string[]) =>
    runTool(process.execPath, [join(root, 'tieline.ts'), ...words], { directory: place(name) });
  const asks = (name: string, ...words: readonly string[]): string => {
    const { exitCode, stdout, stderr } = tries(name, ...words);
    if (exitCode !== 0) throw new Error(`tieline ${words.join(' ')}: ${stderr}`);
    return stdout;
  };
  const carry = (file: string, from: string, as: string) => {
    for (const to of names) copyFileSync(place(from, file), place(to, as));
  };
  return { dir, place, tries, asks, carry };
}

type Operators = ReturnType<typeof operators>;

/** The three steps of the ceremony. @returns where each node shall listen. */
async function found({ asks, tries, carry }: Operators, mqttUrl: string) {
  const [enginePort, httpPort] = [await freePorts(4), await freePorts(4)];
  const shown: string[] = [];
  for (const [i, name] of names.entries()) {
    const said = asks(
      ...[name, 'dispatch', 'introduce', '--dir', 'node', '--origin', 'grid.example/main'],
      ...['--organisation', name, '--listen', `127.0.0.1:${enginePort + i}`, '--json'],
    );
    shown.push(`${(JSON.parse(said) as { fingerprint: string }).fingerprint}  ${name}`);
    carry('node/introduction.cbor', name, `${name}.cbor`);
  }
  const founding = ['dispatch', 'found', '--dir', 'node', '--introductions', all];
  expect(tries('north', ...founding)).toMatchObject({
    exitCode: 1,
    stderr: expect.stringContaining('signed by east'),
  });
  asks(founder, ...founding);
  carry('node/main-genesis.cbor', founder, 'main-genesis.cbor');
  for (const [i, name] of names.entries()) {
    const said = asks(
      ...[name, 'dispatch', 'join', '--dir', 'node', '--introductions', all],
      ...['--genesis', 'main-genesis.cbor', '--mqtt', mqttUrl],
      ...['--http-port', String(httpPort + i)],
    );
    // What the operators read to each other.
    for (const line of shown) expect(said).toContain(line);
  }
  return names.map((_, i) => `http://127.0.0.1:${httpPort + i}`);
}

/** A gateway with a meter, enrolled by the dispatcher of one, at the node of another. */
async function enrolledGateway(at: Operators, { mqttUrl, api }: { mqttUrl: string; api: string }) {
  const meters = await newMeters(1);
  const gateway = join(at.dir, 'gateway');
  at.asks(
    ...['west', 'init', '--dir', gateway, '--main-log', 'node/main-log.json', '--mqtt', mqttUrl],
    ...['--http-port', String(await freePort()), '--anchor-seconds', '1'],
  );
  await addMeters(join(gateway, 'gateway.yaml'), meters, 500);
  const genesis = join(gateway, 'genesis.cbor');
  at.asks(
    ...['south', 'dispatch', 'enrol', '--genesis', genesis, '--key', 'node/dispatcher.key'],
    ...['--api', api],
  );
  return gateway;
}

test('each makes its keys, the first by name the genesis, and all check it and take part', async () => {
  const at = operators();
  const { mqttUrl } = await newBroker(at.dir);
  const apis = await found(at, mqttUrl);
  const keys = names.map((name) => readFileSync(at.place(name, 'node/main-log.key'), 'utf8'));
  expect(new Set(keys).size).toBe(names.length);
  const nodes = names.map(
    (name) =>
      new Program(
        tielineCommand(name, 'dispatch', '--config', at.place(name, 'node/dispatch.yaml')),
      ),
  );
  // One that is alone says so, and goes on when the others are there.
  const [north, ...others] = nodes as [Program, ...Program[]];
  await north.start();
  await until('it says that it is alone', () => north.events('consortium-stalled')[0]);
  expect((await fetch(`${apis[0]}/readyz`)).status).toBe(503);
  await Promise.all(others.map((node) => node.start()));
  await until('it says that it goes on', () => north.events('consortium-goes-on')[0]);

  const gateway = await enrolledGateway(at, { mqttUrl, api: apis[2] ?? '' });
  await new Program(
    tielineCommand('gateway', 'run', '--config', join(gateway, 'gateway.yaml')),
  ).start();
  const proof = join(at.dir, 'reading.proof');
  const words = ['--data', join(gateway, 'data'), '--reading', 'latest', '--out', proof];
  await until('a reading is proven', async () =>
    (await tieline('proof', ...words)).code === 0 ? true : undefined,
  );
  const trusted = `${proof}.keys`;
  const verified = at.asks('east', 'verify', proof, '--keys', trusted);
  expect(verified).toMatch(/of grid\.example\/main, signed by [34] of 4 organisations/);
  // And by a program that shares no code with ours.
  const bundle = toHex(new Uint8Array(readFileSync(proof)));
  const given = JSON.stringify({ bundle, keys: readFileSync(trusted, 'utf8') });
  const run = runPython('verify_bundle.py', given);
  expect(run.stderr).toBe('');
  expect(JSON.parse(run.stdout)).toMatchObject({ chain: expect.stringMatching(/^[0-9a-f]{64}$/) });
});
