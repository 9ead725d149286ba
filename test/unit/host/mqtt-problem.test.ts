// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { problemOf } from '../../../host/mqtt-problem.ts';

describe('why there is no broker', () => {
  test.each([
    ['ECONNREFUSED', 'a firewall refuses'],
    ['ECONNRESET', 'TLS as `url` says'],
    ['ETIMEDOUT', 'firewalls between'],
    ['EHOSTUNREACH', 'ip route'],
    ['ENOTFOUND', 'name server'],
    ['CERT_HAS_EXPIRED', 'wrong clock'],
    ['CERT_NOT_YET_VALID', 'timedatectl'],
    ['SELF_SIGNED_CERT_IN_CHAIN', '`ca` of `mqtt`'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', '`ca` of `mqtt`'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'another name'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'mqtt://'],
  ])('%s says what to do', (code, hint) => {
    const problem = problemOf(Object.assign(new Error('it failed'), { code }));
    expect(problem).toMatchObject({ reason: 'it failed', refusal: undefined });
    expect(problem.hint).toContain(hint);
  });

  test.each([
    [5, 'mqtt-not-authorised', 'password'],
    ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'mqtt-not-authorised', '`cert` and `key`'],
    ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED', 'mqtt-not-authorised', 'dates'],
  ])('a refusal by %s is told from a broker that is away', (code, name, hint) => {
    const problem = problemOf(Object.assign(new Error('no'), { code }));
    expect(problem.refusal).toMatchObject({ code: name });
    expect(problem.hint).toContain(hint);
  });

  test('silence, and an end without a word', () => {
    expect(problemOf(new Error('connack timeout')).hint).toContain('says nothing');
    expect(problemOf(undefined).hint).toContain('its log');
    expect(problemOf(new Error('something new')).hint).toBeUndefined();
  });
});
