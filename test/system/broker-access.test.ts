// SPDX-License-Identifier: Apache-2.0
// deploy/mosquitto as it is, with certificates by `tieline broker`: a gateway comes through from anchor
// to receipt; who shows none, another's or a revoked one is told so; nobody reaches another's chain.

import { readFileSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../host/log.ts';
import { connectMqtt, type Mqtt } from '../../host/mqtt.ts';
import { freePort } from '../demo/children.ts';
import { findProgram } from '../demo/network.ts';
import { must, newCentre, tieline, tielineCommand } from './harness/network.ts';
import { Program } from './harness/program.ts';
import { until } from './harness/until.ts';
import { root } from './run-tool.ts';

const atLeastOnce = { qos: 1, retain: false } as const;

/** The shipped configuration; only where it listens and finds its files is this test's own. */
async function secureBroker(dir: string) {
  const authority = join(dir, 'broker');
  const port = await freePort();
  await must('broker', 'init', '--dir', authority, '--host', 'localhost');
  await must('broker', 'admit', '--dir', authority, '--dispatch', 'dispatch-1');
  const shipped = await readFile(join(root, 'deploy/mosquitto/mosquitto.conf'), 'utf8');
  const config = shipped
    .replace('listener 8883', `listener ${port} 127.0.0.1\nuser root`)
    .replaceAll('/etc/mosquitto/tieline', authority)
    .replace('/var/lib/mosquitto/', `${dir}/`);
  const path = join(dir, 'mosquitto.conf');
  await writeFile(path, config);
  const broker = new Program({
    name: 'mosquitto',
    file: findProgram('mosquitto') ?? 'mosquitto',
    words: ['-c', path, '-v'],
    isReady: (line) => line.includes('running'),
  });
  await broker.start();
  return { authority, broker, url: `mqtts://localhost:${port}` };
}

async function withTls(config: string, files: Readonly<Record<string, string>>): Promise<void> {
  const lines = Object.entries(files).map(([name, path]) => `\n  ${name}: ${path}`);
  const text = await readFile(config, 'utf8');
  await writeFile(config, text.replace('\nmqtt:', `\nmqtt:${lines.join('')}`));
}

async function newGateway(dir: string, mainLog: string, url: string) {
  const port = String(await freePort());
  const words = ['--main-log', mainLog, '--mqtt', url, '--http-port', port, '--json'];
  const { out } = await tieline('init', '--dir', dir, ...words, '--anchor-seconds', '1');
  const { keyId, chainId } = JSON.parse(out) as { keyId: string; chainId: string };
  return { keyId, chainId, config: join(dir, 'gateway.yaml'), key: join(dir, 'data/gateway.key') };
}

async function brokerFinding(config: string): Promise<string> {
  const { out } = await tieline('doctor', '--config', config, '--storage', '0', '--json');
  const { findings } = JSON.parse(out) as { findings: { area: string; state: string }[] };
  return JSON.stringify(findings.filter(({ area }) => area === 'broker'));
}

async function directory(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'tieline-access-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** A client of its own with a gateway's certificate: what a stolen card could do. */
function clientOf(url: string, ca: string, own: { cert: string; key: string }): Mqtt {
  const pem = (path: string): string => readFileSync(path, 'utf8');
  const mqtt = connectMqtt({
    url,
    clientId: 'whatever-it-says',
    tls: { ca: pem(ca), cert: pem(own.cert), key: pem(own.key) },
    log: createLog({ level: 'error', human: false, write: () => {} }),
  });
  onTestFinished(() => mqtt.close());
  return mqtt;
}

test('with its certificate a gateway comes through, without it stays outside and is told why', async () => {
  const dir = await directory();
  const { authority, broker, url } = await secureBroker(dir);
  const file = (name: string): string => join(authority, name);
  const ca = file('ca.crt');
  const certificateOf = (name: string): string => file(`clients/${name}.crt`);
  const { centre, centreDir, centreApi } = await newCentre(dir, url);
  await centre.stop();
  const dispatch = { ca, cert: certificateOf('dispatch-1'), key: file('clients/dispatch-1.key') };
  await withTls(join(centreDir, 'dispatch.yaml'), dispatch);
  await centre.start();

  const mainLog = join(centreDir, 'main-log.json');
  const one = await newGateway(join(dir, 'one'), mainLog, url);
  const two = await newGateway(join(dir, 'two'), mainLog, url);
  for (const name of ['one', 'two']) {
    await must('broker', 'admit', '--dir', authority, '--genesis', join(dir, name, 'genesis.cbor'));
  }
  broker.signal('SIGHUP');
  await must('dispatch', 'enrol', '--genesis', join(dir, 'one/genesis.cbor'), [
    ...['--key', join(centreDir, 'dispatcher.key'), '--api', centreApi],
  ]);

  // Two has no certificate, then one's with its own key, then its own, with which it runs into one's chain.
  await withTls(two.config, { ca });
  expect(await brokerFinding(two.config)).toContain('wants a certificate, and was shown none');
  await withTls(two.config, { cert: certificateOf(one.keyId), key: two.key });
  expect(await brokerFinding(two.config)).toContain(
    'give the authority, the certificate and its own',
  );

  await withTls(one.config, { ca, cert: certificateOf(one.keyId), key: one.key });
  expect(await brokerFinding(one.config)).toContain('lets this gateway in, MQTT 5');
  const gateway = new Program(tielineCommand('gateway', 'run', '--config', one.config));
  await gateway.start();
  await until('a receipt', () => gateway.events('receipt')[0]);

  const thief = clientOf(url, ca, { cert: certificateOf(two.keyId), key: two.key });
  await new Promise<void>((resolve) => thief.onConnected(resolve));
  const origin = `tieline/v1/${one.chainId}`;
  const overheard: string[] = [];
  thief.subscribe('#', (topic) => void overheard.push(topic));
  for (const name of ['anchor', 'summary', 'receipt', `status/${one.keyId}`]) {
    const sent = thief.publish(`${origin}/${name}`, new Uint8Array(1), atLeastOnce);
    await expect(sent).rejects.toMatchObject({ code: 'mqtt-not-authorised' });
  }
  const own = `tieline/v1/${two.chainId}/anchor`;
  await thief.publish(own, new Uint8Array(1), atLeastOnce);
  const seen = gateway.events('receipt').length;
  await until('receipts that go on', () => gateway.events('receipt')[seen + 1]);
  expect(overheard.filter((topic) => !topic.includes(two.chainId))).toEqual([]);
  expect(broker.said).toContain(`as ${two.keyId} `);

  await must('broker', 'revoke', '--dir', authority, '--client', one.keyId);
  broker.signal('SIGHUP');
  await until('a refused anchor', () =>
    gateway.events('not-sent').find(({ reason }) => String(reason).includes('0x87')),
  );
  await gateway.stop();
  expect(await brokerFinding(one.config)).toContain('the certificate was revoked');
});

test('a chain for which its certificate was not made is named by the doctor', async () => {
  const dir = await directory();
  const { authority, broker, url } = await secureBroker(dir);
  const { centreDir } = await newCentre(dir, url);
  const gateway = await newGateway(join(dir, 'one'), join(centreDir, 'main-log.json'), url);
  const { publicKey } = JSON.parse(
    (await tieline('key', '--dir', join(dir, 'one'), '--name', 'one', '--json')).out,
  ) as { publicKey: string };
  await must('broker', 'admit', '--dir', authority, '--chain', 'ab'.repeat(32), [
    ...['--public-key', publicKey],
  ]);
  broker.signal('SIGHUP');
  const cert = join(authority, 'clients', `${gateway.keyId}.crt`);
  await withTls(gateway.config, { ca: join(authority, 'ca.crt'), cert, key: gateway.key });
  expect(await brokerFinding(gateway.config)).toContain('0x87');
});
