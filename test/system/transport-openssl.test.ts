// SPDX-License-Identifier: Apache-2.0
// The certificate and the TLS of a member, looked at with OpenSSL's own programs.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toHex } from '../../base/bytes.ts';
import { toPem } from '../../base/pem.ts';
import { certificateOf } from '../../sidechain/transport/certificate.ts';
import { identity, TestMember, until } from '../unit/transport/mesh.ts';
import { runTool } from './run-tool.ts';

let directory: string;
const member = identity(2);

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'tieline-openssl-'));
  writeFileSync(path('member.pem'), toPem('CERTIFICATE', certificateOf(member.signer)));
  writeFileSync(path('member.key'), member.keyPem, { mode: 0o600 });
});

afterAll(() => rmSync(directory, { recursive: true }));

function path(name: string): string {
  return join(directory, name);
}

describe('openssl x509', () => {
  test('reads every field of the certificate', () => {
    const { exitCode, stdout } = runTool('openssl', [
      ...['x509', '-in', path('member.pem')],
      ...['-text', '-nameopt', 'RFC2253'],
    ]);
    expect(exitCode).toBe(0);
    const keyId = toHex(member.signer.keyId);
    for (const line of [
      'Version: 3 (0x2)',
      'Serial Number: 1 (0x1)',
      `Issuer: CN=${keyId}`,
      `Subject: CN=${keyId}`,
      'Not Before: Jan  1 00:00:00 1970 GMT',
      'Not After : Dec 31 23:59:59 9999 GMT',
      'Public Key Algorithm: ED25519',
      'Signature Algorithm: ED25519',
      'X509v3 Key Usage: critical',
      'Digital Signature',
    ]) {
      expect(stdout).toContain(line);
    }
  });

  test('writes the certificate as it is: it is in DER', () => {
    const der = path('member.der');
    runTool('openssl', ['x509', '-in', path('member.pem'), '-outform', 'DER', '-out', der]);
    const { stdout } = runTool('openssl', ['base64', '-A', '-in', der]);
    const expected = Buffer.from(certificateOf(member.signer)).toString('base64');
    expect(stdout.trim()).toBe(expected);
  });

  test('verifies the signature and finds nothing against RFC 5280', () => {
    const args = ['verify', '-x509_strict', '-check_ss_sig', '-CAfile'];
    const { stdout } = runTool('openssl', [...args, path('member.pem'), path('member.pem')]);
    expect(stdout).toContain('member.pem: OK');
  });
});

describe('openssl s_client', () => {
  const protocol = ['-alpn', 'tieline-sidechain/1'];
  const own = (name: string): string[] => [
    '-cert',
    path(`${name}.pem`),
    '-key',
    path(`${name}.key`),
  ];

  /** Connects, says nothing, and ends when it is told to or cut off. */
  async function client(server: TestMember, args: readonly string[]): Promise<string> {
    const { host, port } = server.address;
    const target = ['s_client', '-connect', `${host}:${port}`, '-ign_eof', ...args];
    const child = spawn('openssl', target, { stdio: ['ignore', 'pipe', 'pipe'] });
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
    return stdout + stderr;
  }

  async function server(): Promise<TestMember> {
    const one = new TestMember(1);
    await one.open();
    one.transport.setMembers([one.asMember(), new TestMember(2).asCaller()]);
    return one;
  }

  test('with a member’s key gets TLS 1.3 and our protocol', async () => {
    const one = await server();
    const said = await client(one, [...protocol, ...own('member')]);
    expect(said).toMatch(/New, TLSv1\.3, Cipher is TLS_/);
    expect(said).toContain('ALPN protocol: tieline-sidechain/1');
    expect(said).toMatch(/Peer signature type: ed25519/i);
    expect(one.transport.status().strangers).toEqual({});
  });

  test.each([
    ['with TLS 1.2', ['-tls1_2', ...protocol], 'handshake'],
    ['with no key', protocol, 'key'],
    ['with another protocol', ['-alpn', 'h2'], 'handshake'],
  ])('%s is turned away', async (_, args, reason) => {
    const one = await server();
    await client(one, [...args, ...(reason === 'key' ? [] : own('member'))]);
    await until(() => one.transport.status().strangers[reason] === 1);
    expect(one.transport.status().strangers).toEqual({ [reason]: 1 });
  });

  test.each([
    ['an RSA key', ['rsa:2048']],
    ['a P-256 key', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']],
    ['an Ed25519 key of its own', ['ed25519']],
  ])('with %s is turned away', async (_, algorithm) => {
    const request = ['req', '-x509', '-nodes', '-newkey', ...algorithm, '-subj', '/CN=stranger'];
    const out = ['-keyout', path('stranger.key'), '-out', path('stranger.pem')];
    expect(runTool('openssl', [...request, ...out]).exitCode).toBe(0);
    const one = await server();
    await client(one, [...protocol, ...own('stranger')]);
    await until(() => one.transport.status().strangers.key === 1);
    expect(one.transport.status().strangers).toEqual({ key: 1 });
    expect(one.transport.status().peers.map(({ isConnected }) => isConnected)).toEqual([false]);
  });

  test('gets no session to resume', async () => {
    const one = await server();
    const file = path('session');
    await client(one, [...protocol, ...own('member'), '-sess_out', file]);
    const said = await client(one, [...protocol, ...own('member'), '-sess_in', file]);
    expect(said).not.toContain('Reused, TLSv1.3');
    expect(said).toContain('New, TLSv1.3');
  });
});
