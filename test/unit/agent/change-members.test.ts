// SPDX-License-Identifier: Apache-2.0
// A change of members that makes no sense is turned away before a key is asked for.

import { expect, onTestFinished, test } from 'vitest';
import { changeMembers } from '../../../agent/change-members.ts';
import { statusRoutes } from '../../../agent/status.ts';
import { startHttp } from '../../../host/http.ts';
import { createLog } from '../../../host/log.ts';
import { alone } from './statuses.ts';

test('a chain whose genesis names no engineer says that its members are fixed, and what to do', async () => {
  const membership = { ...alone.ledger.membership, isFixed: true };
  const status = { ...alone, ledger: { ...alone.ledger, membership } };
  const routes = statusRoutes(async () => status);
  const log = createLog({ level: 'error', write: () => {} });
  const api = await startHttp({ host: '127.0.0.1', port: 0, log, routes });
  onTestFinished(() => api.close());
  const config = { http: { port: Number(new URL(api.url).port) } };
  const change = () => {
    throw new Error('nothing is to be signed');
  };
  await expect(
    changeMembers({ config, keyPath: '/nowhere/eve.key', change }),
  ).rejects.toMatchObject({
    code: 'members-fixed',
    message: 'the membership of this chain is fixed',
    hint: expect.stringContaining('tieline init --engineer'),
  });
});
