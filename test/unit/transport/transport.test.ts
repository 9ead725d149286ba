// SPDX-License-Identifier: Apache-2.0
// Three members over real sockets: what is sent arrives, from whom it says and in order.

import { expect, test } from 'vitest';
import { heartbeat, openMesh, until } from './mesh.ts';

test('members connect, each pair once, and what is sent arrives', async () => {
  const mesh = await openMesh(1, 2, 3);
  for (const one of mesh) {
    for (const other of mesh) {
      if (one !== other)
        expect(one.transport.send(other.id, heartbeat(one.id, other.id))).toBe(true);
    }
  }
  await until(() => mesh.every(({ received }) => received.length === 2));
  for (const { id, received } of mesh) {
    for (const { from, message } of received) expect(message).toEqual(heartbeat(from, id));
    expect(new Set(received.map(({ from }) => from)).size).toBe(2);
  }
});
