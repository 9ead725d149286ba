// SPDX-License-Identifier: Apache-2.0
// What silence means on a line behind a serial server.

import { expect, test } from 'vitest';
import { openSerialServerLine } from '../../../../drivers/bus/byte-lines.ts';
import { anybody } from '../../../../drivers/line.ts';
import { listenTcp } from '../../../../drivers/simulator/tcp-server.ts';

test('its address is looked at only where one was given', async () => {
  const server = await listenTcp({ host: '127.0.0.1', port: 0 }, () => undefined);
  const line = openSerialServerLine({ host: '127.0.0.1', port: server.port }, { timeoutMs: 30 });
  const hintOf = async (peer: string) => {
    const judge = () => ({ kind: 'incomplete' }) as const;
    const answer = await line.exchange({ peer, send: Uint8Array.of(1), judge, bytesMax: 1 });
    return answer.ok ? undefined : answer.fault.hint;
  };
  expect(await hintOf('address 77')).toContain("are the meter's, that address 77 is the meter's,");
  expect(await hintOf(anybody)).toContain("are the meter's, and that wires A and B");
  await line.close();
  await server.close();
});
