// SPDX-License-Identifier: Apache-2.0
// The authority of a utility's broker, in a directory: makes it, lets clients in, and shuts them
// out. The register is written first; what the broker reads follows from it and is written anew
// each time, so that an interrupted command is run again.

import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { equal, toHex, utf8 } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { toPem } from '../../base/pem.ts';
import type { Signer } from '../../base/suite.ts';
import { writeFileDurably } from '../../host/files.ts';
import { createKeyFile, loadOrCreateSigner, readKeyFile } from '../../host/key-file.ts';
import { accessList } from './access-list.ts';
import { authorityCertificate, issueCertificate, revocationList } from './certificate.ts';
import { type BrokerClient, formatRegister, parseRegister, serialOf } from './register.ts';

export function brokerFiles(dir: string) {
  const at = (name: string): string => join(dir, name);
  return {
    /** Secret: who has it lets anybody in. The broker does not need it. */
    authorityKey: at('authority.key'),
    register: at('clients.jsonl'),
    /** For the broker, and for whoever connects to it. */
    authority: at('ca.crt'),
    serverKey: at('server.key'),
    server: at('server.crt'),
    revoked: at('revoked.crl'),
    accessList: at('access.acl'),
    client: (commonName: string) => at(`clients/${commonName}.crt`),
    clientKey: (commonName: string) => at(`clients/${commonName}.key`),
  } as const;
}

/**
 * Makes the authority and the broker's own certificate; a second run makes the latter anew, for
 * other hosts.
 * @throws TielineError `broker-host`, `file`, `key-file`
 */
export async function makeAuthority(dir: string, hosts: readonly string[]): Promise<void> {
  for (const host of hosts) {
    if (/^[A-Za-z0-9.-]{1,253}$/.test(host)) continue;
    throw new TielineError('broker-host', `\`${host}\` is not a host name or an IPv4 address`);
  }
  const files = brokerFiles(dir);
  await mkdir(join(dir, 'clients'), { recursive: true, mode: 0o755 });
  const authority = await loadOrCreateSigner(files.authorityKey);
  const { publicKey } = await loadOrCreateSigner(files.serverKey);
  const subject = {
    kind: 'server',
    commonName: hosts[0] ?? '',
    publicKey,
    serial: 2,
    hosts,
  } as const;
  await writeCertificate(files.authority, authorityCertificate(authority));
  await writeCertificate(files.server, issueCertificate(authority, subject));
  const clients = existsSync(files.register) ? await readRegister(dir) : [];
  await writeClients(dir, authority, clients);
}

/** What is there is kept. @throws TielineError `revoked`, `client-exists`, `broker-full`, `register`, `file` */
export async function admitClients(
  dir: string,
  wanted: readonly BrokerClient[],
): Promise<readonly string[]> {
  const authority = await readAuthority(dir);
  const clients = [...(await readRegister(dir))];
  for (const client of wanted) {
    const known = clients.find(({ commonName }) => commonName === client.commonName);
    if (known === undefined) clients.push(client);
    else assertSame(known, client);
  }
  if (clients.length > limits.brokerClientsMax) {
    throw new TielineError('broker-full', `${limits.brokerClientsMax} clients are the most`);
  }
  await writeClients(dir, authority, clients);
  return wanted.map(({ commonName }) => brokerFiles(dir).client(commonName));
}

/** Who has no other key for this: one is made beside the certificate. */
export async function admitWithKey(
  dir: string,
  { kind, commonName }: Pick<Exclude<BrokerClient, { kind: 'gateway' }>, 'kind' | 'commonName'>,
): Promise<readonly string[]> {
  await readAuthority(dir);
  const keyPath = brokerFiles(dir).clientKey(commonName);
  const { publicKey } = existsSync(keyPath)
    ? await readKeyFile(keyPath)
    : await createKeyFile(keyPath);
  const paths = await admitClients(dir, [{ kind, commonName, publicKey }]);
  return [...paths, keyPath];
}

/** @throws TielineError `no-such-client`, `register`, `file` */
export async function revokeClient(
  dir: string,
  commonName: string,
  nowMs: number,
): Promise<'revoked' | 'was revoked before'> {
  const authority = await readAuthority(dir);
  const clients = await readRegister(dir);
  const client = clients.find((one) => one.commonName === commonName);
  if (client === undefined) {
    throw new TielineError(
      'no-such-client',
      `${commonName} never had a certificate of this broker`,
      {
        hint: `the names are those in ${brokerFiles(dir).register}`,
      },
    );
  }
  const newestMs = Math.max(0, ...clients.map(({ revokedAtMs = 0 }) => revokedAtMs));
  // No two lists of the same second: see `revocationList`.
  const revokedAtMs = client.revokedAtMs ?? Math.max(nowMs, newestMs + 1_000);
  const after = clients.map((one) => (one === client ? { ...one, revokedAtMs } : one));
  await writeClients(dir, authority, after);
  return client.revokedAtMs === undefined ? 'revoked' : 'was revoked before';
}

function assertSame(known: BrokerClient, wanted: BrokerClient): void {
  const name = known.commonName;
  if (known.revokedAtMs !== undefined) {
    throw new TielineError('revoked', `the certificate of ${name} was revoked, and stays so`, {
      hint: 'give it a new key: a gateway that starts anew is a new member of its chain',
    });
  }
  const chainOf = (client: BrokerClient) => (client.kind === 'gateway' ? client.chain : '');
  if (equal(known.publicKey, wanted.publicKey) && chainOf(known) === chainOf(wanted)) return;
  throw new TielineError('client-exists', `${name} has a certificate for another key or chain`, {
    hint: 'revoke that one first, if it is not used any more',
  });
}

async function writeClients(
  dir: string,
  authority: Signer,
  clients: readonly BrokerClient[],
): Promise<void> {
  const files = brokerFiles(dir);
  await writeFileDurably(files.register, utf8(formatRegister(clients)), { mode: 0o644 });
  const revoked = clients.flatMap(({ revokedAtMs: timeMs }, i) =>
    timeMs === undefined ? [] : [{ serial: serialOf(i), timeMs }],
  );
  const list = toPem('X509 CRL', revocationList(authority, revoked));
  await writeFileDurably(files.revoked, utf8(list), { mode: 0o644 });
  await writeFileDurably(files.accessList, utf8(accessList(clients)), { mode: 0o644 });
  for (const [i, { commonName, publicKey }] of clients.entries()) {
    const path = files.client(commonName);
    if (existsSync(path)) continue;
    const subject = { kind: 'client', commonName, publicKey, serial: serialOf(i) } as const;
    await writeCertificate(path, issueCertificate(authority, subject));
  }
}

function writeCertificate(path: string, der: Uint8Array): Promise<void> {
  return writeFileDurably(path, utf8(toPem('CERTIFICATE', der)), { mode: 0o644 });
}

async function readAuthority(dir: string): Promise<Signer> {
  const { authorityKey } = brokerFiles(dir);
  if (existsSync(authorityKey)) return readKeyFile(authorityKey);
  throw new TielineError('file-missing', `there is no authority of a broker in ${dir}`, {
    hint: 'make one: tieline broker init --dir DIR --host NAME',
  });
}

async function readRegister(dir: string): Promise<readonly BrokerClient[]> {
  const { register } = brokerFiles(dir);
  try {
    return parseRegister(await readFile(register, 'utf8'), register);
  } catch (cause) {
    if (cause instanceof TielineError) throw cause;
    throw new TielineError('file', `cannot read ${register}`, { cause });
  }
}

/** What a gateway is called at the broker: its key id. */
export function gatewayClient(member: {
  readonly keyId: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly chain: string;
}): BrokerClient {
  const { keyId, publicKey, chain } = member;
  return { kind: 'gateway', commonName: toHex(keyId), publicKey, chain };
}
