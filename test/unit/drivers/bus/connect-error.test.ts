// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { connectError } from '../../../../drivers/bus/connect-error.ts';

const at = { host: '192.0.2.10', port: 502 };

test.each([
  ['ECONNREFUSED', /nothing listens.*firewall.*port/],
  ['ETIMEDOUT', /powered.*network.*firewall/],
  ['EHOSTUNREACH', /firewall.*cable.*ip route/],
  ['ENETUNREACH', /cable.*ip route/],
  ['ENOTFOUND', /name server/],
  ['EAI_AGAIN', /name server/],
  ['EMFILE', /host and port/],
])('%s says what to do', (reason, hint) => {
  const error = connectError(at, { reason, what: 'Modbus TCP', cause: undefined });
  expect(error.message).toBe(`no connection to 192.0.2.10:502: ${reason}`);
  expect(error).toMatchObject({ code: 'line-closed', retry: 'transient' });
  expect(error.hint).toMatch(hint);
});
