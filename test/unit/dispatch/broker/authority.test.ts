// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { readFileSync, rmSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import { toHex } from '../../../../base/bytes.ts';
import { generateSeed, signerFromSeed } from '../../../../base/keys.ts';
import {
  admitClients,
  admitWithKey,
  brokerFiles,
  gatewayClient,
  makeAuthority,
  revokeClient,
} from '../../../../dispatch/broker/authority.ts';
import { formatRegister, parseRegister } from '../../../../dispatch/broker/register.ts';
import { temporaryDirectory } from '../../sidechain/rig.ts';

const chain = 'ab'.repeat(32);

async function authority() {
  const dir = temporaryDirectory();
  await makeAuthority(dir, ['broker.example', '192.0.2.9']);
  const files = brokerFiles(dir);
  const certificate = (path: string) => new X509Certificate(readFileSync(path));
  return { dir, files, certificate, text: (path: string) => readFileSync(path, 'utf8') };
}

function newGateway() {
  const { keyId, publicKey } = signerFromSeed(generateSeed());
  return gatewayClient({ keyId, publicKey, chain });
}

test("the broker's certificate is the authority's, for all of its hosts", async () => {
  const { files, certificate } = await authority();
  const ca = certificate(files.authority);
  const server = certificate(files.server);
  expect(ca.ca).toBe(true);
  expect(server.verify(ca.publicKey)).toBe(true);
  expect(server.checkIssued(ca)).toBe(true);
  expect(server.checkHost('broker.example')).toBe('broker.example');
  expect(server.checkIP('192.0.2.9')).toBe('192.0.2.9');
  expect(server.checkHost('other.example')).toBeUndefined();
  expect(statSync(files.authorityKey).mode & 0o777).toBe(0o600);
});

test('a gateway is certified with its own key, and may use the topics of its chain alone', async () => {
  const { dir, files, certificate, text } = await authority();
  const gateway = newGateway();
  await admitClients(dir, [gateway]);
  const own = certificate(files.client(gateway.commonName));
  expect(own.subject).toBe(`CN=${gateway.commonName}`);
  expect(own.verify(certificate(files.authority).publicKey)).toBe(true);
  expect(own.publicKey.export({ format: 'der', type: 'spki' }).toString('hex')).toContain(
    toHex(gateway.publicKey),
  );
  const topics = text(files.accessList)
    .split('\n')
    .filter((line) => line.startsWith('topic'));
  expect(topics.every((line) => line.includes(` tieline/v1/${chain}/`))).toBe(true);
  const named = (right: string) =>
    topics.filter((line) => line.includes(right)).map((line) => line.split(`${chain}/`)[1]);
  expect(named('topic write')).toEqual([
    ...['anchor', 'summary', 'membership', 'event', 'command-state', 'answer'],
    `status/${gateway.commonName}`,
  ]);
  expect(named('topic read')).toEqual(['receipt', 'command', 'request']);
});

test('a bridge hands on all topics of ours, and survives the register', async () => {
  const { dir, files, text } = await authority();
  await admitWithKey(dir, { kind: 'bridge', commonName: 'broker-1' });
  await admitClients(dir, [newGateway()]);
  expect(text(files.accessList)).toContain('user broker-1\ntopic readwrite tieline/v1/#\n');
  expect(parseRegister(text(files.register), 'x')[0]).toMatchObject({ kind: 'bridge' });
  expect(statSync(files.clientKey('broker-1')).mode & 0o777).toBe(0o600);
});

test('made again, all is as it was, and what was lost is there again', async () => {
  const { dir, files, text } = await authority();
  const gateway = newGateway();
  await admitWithKey(dir, { kind: 'dispatch', commonName: 'dispatch-1' });
  await admitClients(dir, [gateway]);
  const before = [files.authority, files.server, files.accessList, files.revoked].map(text);
  const certificate = text(files.client(gateway.commonName));
  rmSync(files.client(gateway.commonName));
  await makeAuthority(dir, ['broker.example', '192.0.2.9']);
  await admitWithKey(dir, { kind: 'dispatch', commonName: 'dispatch-1' });
  await admitClients(dir, [gateway]);
  expect([files.authority, files.server, files.accessList, files.revoked].map(text)).toEqual(
    before,
  );
  expect(text(files.client(gateway.commonName))).toBe(certificate);
});

test('a revoked client has no rights, and gets no certificate again', async () => {
  const { dir, files, text } = await authority();
  const [gateway, other] = [newGateway(), newGateway()];
  await admitClients(dir, [gateway, other]);
  const empty = text(files.revoked);
  expect(await revokeClient(dir, gateway.commonName, 1_000)).toBe('revoked');
  expect(await revokeClient(dir, gateway.commonName, 9_000)).toBe('was revoked before');
  expect(text(files.revoked)).not.toBe(empty);
  expect(text(files.accessList)).not.toContain(gateway.commonName);
  expect(text(files.accessList)).toContain(`user ${other.commonName}\n`);
  await expect(admitClients(dir, [gateway])).rejects.toMatchObject({ code: 'revoked' });
  await revokeClient(dir, other.commonName, 1_000);
  const times = parseRegister(text(files.register), 'x').map(({ revokedAtMs }) => revokedAtMs);
  expect(times).toEqual([1_000, 2_000]);
});

test('one name is one key on one chain', async () => {
  const { dir } = await authority();
  const gateway = newGateway();
  await admitClients(dir, [gateway]);
  const elsewhere = { ...gateway, chain: 'cd'.repeat(32) };
  const another = { ...gateway, publicKey: newGateway().publicKey };
  for (const wanted of [elsewhere, another]) {
    await expect(admitClients(dir, [wanted])).rejects.toMatchObject({ code: 'client-exists' });
  }
  await expect(revokeClient(dir, 'nobody', 0)).rejects.toMatchObject({ code: 'no-such-client' });
});

test('no authority, or hosts that are none, are refused', async () => {
  const dir = temporaryDirectory();
  await expect(admitClients(dir, [])).rejects.toMatchObject({ code: 'file-missing' });
  await expect(makeAuthority(dir, ['a b'])).rejects.toMatchObject({ code: 'broker-host' });
});

test('a register that is not ours is refused with its line', () => {
  const line = formatRegister([newGateway()]);
  expect(parseRegister(line + line, 'x')).toHaveLength(2);
  for (const bad of [
    'x',
    '{}',
    '[]',
    line.replace(chain, 'tieline/#'),
    line.replace('"gateway"', '"root"'),
    line.replace(/"commonName":"./, '"commonName":"#'),
    line.replace(/"publicKey":"../, '"publicKey":"'),
    line.replace('}', ',"revokedAtMs":"now"}'),
  ]) {
    expect(() => parseRegister(line + bad, 'x')).toThrow('x:2: not a client');
  }
});
