// SPDX-License-Identifier: Apache-2.0
// The central program as it is run: made in a directory, started from its configuration, with a
// broker in this process (aedes, MQTT 3.1.1) and the API on a real port.

import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Aedes } from 'aedes';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { assert } from '../../../base/assert.ts';
import { nodeSuite } from '../../../base/node-suite.ts';
import { loadDispatchConfig } from '../../../dispatch/config.ts';
import { enrolChain } from '../../../dispatch/enrol.ts';
import { type Initialised, initDispatch } from '../../../dispatch/init.ts';
import { type RunningDispatch, runDispatch } from '../../../dispatch/main.ts';
import { createKeyFile, readKeyFile } from '../../../host/key-file.ts';
import { createLog } from '../../../host/log.ts';
import { connectMqtt } from '../../../host/mqtt.ts';
import { openAnswer } from '../../../sidechain/chain/answer.ts';
import { parseMainLogFile } from '../../../sidechain/chain/main-log-file.ts';
import { chainOrigin } from '../../../sidechain/chain/names.ts';
import { type FakeChain, makeChain } from './fake-chain.ts';

const log = createLog({ level: 'error', write: () => {} });
const directory = mkdtempSync(join(tmpdir(), 'tieline-dispatch-'));
let aedes: Aedes;
let broker: Server;
let made: Initialised;
let mqttUrl: string;

beforeAll(async () => {
  aedes = await Aedes.createBroker();
  broker = createServer(aedes.handle);
  await new Promise<void>((resolve) => broker.listen(0, '127.0.0.1', resolve));
  const address = broker.address();
  assert(typeof address === 'object' && address !== null, 'the broker listens');
  mqttUrl = `mqtt://127.0.0.1:${address.port}`;
  made = await initDispatch(optionsFor('centre'));
});
afterAll(async () => {
  aedes.close();
  broker.close();
  rmSync(directory, { recursive: true });
});

function optionsFor(name: string) {
  const dir = join(directory, name);
  const who = { organisation: 'grid', person: 'Dora' };
  return { dir, origin: 'grid.example/main', mqttUrl, httpPort: 0, ...who };
}

function start(): Promise<RunningDispatch> {
  return runDispatch({ configPath: made.files.config, log });
}

async function enrolled(apiUrl: string, seed: number): Promise<FakeChain> {
  const chain = makeChain(made.mainLog, { seed });
  const genesisPath = join(directory, `genesis-${seed}.cbor`);
  writeFileSync(genesisPath, chain.genesisBytes);
  const signer = await readKeyFile(made.files.personKey);
  await enrolChain({ apiUrl, genesisPath, signer, name: 'substation' });
  return chain;
}

describe('init', () => {
  test('makes keys for their owner alone, and a public file that sidechains pin', () => {
    const { files, mainLog } = made;
    for (const secret of [files.logKey, files.personKey]) {
      expect(statSync(secret).mode & 0o777).toBe(0o600);
    }
    const parsed = parseMainLogFile(readFileSync(files.mainLog, 'utf8'));
    expect(parsed).toEqual({ ok: true, value: mainLog });
  });

  test('refuses where a centre is, and changes nothing there', async () => {
    const before = readFileSync(made.files.mainLog);
    await expect(initDispatch(optionsFor('centre'))).rejects.toMatchObject({
      code: 'centre-exists',
    });
    expect(readFileSync(made.files.mainLog)).toEqual(before);
  });

  test('goes on where it was interrupted, with the keys it had', async () => {
    const first = await initDispatch(optionsFor('interrupted'));
    rmSync(first.files.ledger);
    const again = await initDispatch(optionsFor('interrupted'));
    expect(again.mainLog.keys).toEqual(first.mainLog.keys);
    const parsed = parseMainLogFile(readFileSync(again.files.mainLog, 'utf8'));
    expect(parsed).toEqual({ ok: true, value: again.mainLog });
  });

  test.each(['', 'two words', 'a+b'])('refuses %j as the name of a log', async (origin) => {
    const options = { ...optionsFor('named'), origin };
    await expect(initDispatch(options)).rejects.toMatchObject({ code: 'origin' });
  });
});

describe('configuration', () => {
  const configPath = join(directory, 'some.yaml');
  const load = (text: string) => {
    writeFileSync(configPath, text);
    return loadDispatchConfig(configPath);
  };

  test('fills in what is left out; paths are relative to the file', () => {
    expect(load('data: here\nmqtt: {url: "mqtt://broker:1883"}\n')).toEqual({
      data: join(directory, 'here'),
      mqtt: {
        url: 'mqtt://broker:1883',
        clientId: 'tieline-dispatch',
        group: 'tieline-dispatch',
      },
      history: {},
      witnesses: [],
      http: { host: '127.0.0.1', port: 8080 },
    });
  });

  test.each(['0.0.0.0', '192.0.2.1', '::', 'example.com'])(
    'the API is not served on %s without TLS or a stated proxy',
    (host) => {
      const text = `data: .\nmqtt: {url: "mqtt://b"}\nhttp: {host: "${host}"}\n`;
      expect(() => load(text)).toThrow(/some\.yaml:3:.*in the clear/);
      const more = (added: string) => load(text.replace(`"${host}"}`, `"${host}", ${added}}`)).http;
      expect(more('proxies: [10.0.0.7]')).toMatchObject({ host, proxies: ['10.0.0.7'] });
      expect(() => more('proxies: [proxy.example]')).toThrow(/not an IP address/);
      const tls = { cert: join(directory, 'c.pem'), key: '/k.pem' };
      expect(more('tls: {cert: c.pem, key: /k.pem}')).toMatchObject({ host, tls });
    },
  );

  test('the history in PostgreSQL: what is left out, and files beside the configuration', () => {
    const text = (postgres: string) =>
      `data: .\nmqtt: {url: "mqtt://b"}\nhistory: {keepDays: 2, postgres: ${postgres}}\n`;
    const rest = { port: 5432, database: 'tieline', user: 'tieline', schema: 'tieline' };
    const host = '/run/postgresql';
    expect(load(text(`{host: ${host}, passwordFile: secret}`)).history).toEqual({
      keepMs: 172_800_000,
      postgres: { host, ...rest, passwordFile: join(directory, 'secret') },
    });
    expect(load(text('{host: db, tls: {ca: ca.pem}}')).history.postgres).toEqual({
      ...{ host: 'db', ...rest },
      tls: { ca: join(directory, 'ca.pem') },
    });
    expect(() => load(text('{host: db}'))).toThrow(/some\.yaml:3:.*in the clear.*tls/);
    expect(() => load(text('{host: ::1, schema: "a; DROP"}'))).toThrow(/schema.*small letters/);
  });

  test('names every problem at once', () => {
    const text = 'data: 7\nmqtt: {}\nhtpp: {port: 80}\n';
    expect(() => load(text)).toThrow(/data[\s\S]*url[\s\S]*htpp/);
  });
});

describe('run', () => {
  let dispatch: RunningDispatch;
  beforeAll(async () => {
    dispatch = await start();
  }, 60_000);
  afterAll(() => dispatch.close());

  test('says where it serves and what log it keeps', () => {
    expect(dispatch.ready).toMatchObject({ origin: 'grid.example/main', chainCount: 0 });
  });

  test('a second one on the same ledger is refused', async () => {
    await expect(start()).rejects.toMatchObject({ code: 'database-locked' });
  });

  test('an enrolled chain gets its receipt through the broker', async () => {
    const { apiUrl } = dispatch.ready;
    const chain = await enrolled(apiUrl, 5);
    const topic = chainOrigin(chain.chainId);
    const gateway = connectMqtt({ url: mqttUrl, clientId: 'gateway', log });
    const payload = await new Promise<Uint8Array>((resolve) => {
      gateway.subscribe(`${topic}/receipt`, (_, received) => resolve(received));
      const atLeastOnce = { qos: 1, retain: false } as const;
      gateway.onConnected(
        () => void gateway.publish(`${topic}/anchor`, chain.anchor(), atLeastOnce),
      );
    });
    const { mainLog } = made;
    const answer = openAnswer(nodeSuite, payload, { chainId: chain.chainId, mainLog });
    expect(answer).toMatchObject({ ok: true, value: { kind: 'receipt' } });
    await gateway.close();
  });

  test('enrolling with the key of a stranger, or at nobody, says why', async () => {
    const { apiUrl } = dispatch.ready;
    await enrolled(apiUrl, 6);
    const genesisPath = join(directory, 'genesis-6.cbor');
    const signer = await createKeyFile(join(directory, 'stranger.key'));
    const refused = enrolChain({ apiUrl, genesisPath, signer });
    await expect(refused).rejects.toThrow(/signed by nobody the main log knows/);
    const nobody = enrolChain({ apiUrl: 'http://127.0.0.1:1', genesisPath, signer });
    await expect(nobody).rejects.toMatchObject({ code: 'api-unreachable', retry: 'transient' });
  });

  test('started again it knows its chains, and makes a lost history again', async () => {
    await enrolled(dispatch.ready.apiUrl, 7);
    await dispatch.close();
    rmSync(made.files.history);
    writeFileSync(`${made.files.history}-wal`, 'left by a process that was killed');
    dispatch = await start();
    expect(dispatch.ready.chainCount).toBeGreaterThan(0);
    expect(existsSync(made.files.history)).toBe(true);
  });
});

test('a damaged history is said to be expendable', async () => {
  const { files } = await initDispatch(optionsFor('damaged'));
  writeFileSync(files.history, 'no database');
  const running = runDispatch({ configPath: files.config, log });
  await expect(running).rejects.toThrow(files.history);
  await expect(running).rejects.toMatchObject({ hint: expect.stringContaining('delete') });
});

test('a ledger is not run with the key of another', async () => {
  const { files } = await initDispatch(optionsFor('half'));
  const { files: other } = await initDispatch(optionsFor('other'));
  rmSync(files.logKey);
  writeFileSync(files.logKey, readFileSync(other.logKey), { mode: 0o600 });
  const running = runDispatch({ configPath: files.config, log });
  await expect(running).rejects.toMatchObject({ code: 'wrong-key' });
});
