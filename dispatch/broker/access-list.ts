// SPDX-License-Identifier: Apache-2.0
// Who may publish and read what at the broker, in the form of mosquitto's `acl_file`. A gateway has
// the topics of its own chain, up and down, and its own status; a dispatch node has those of all; a
// bridge hands on whatever there is. Whoever is not named has nothing.

import { fromHex } from '../../base/bytes.ts';
import { chainOrigin } from '../../sidechain/chain/names.ts';
import type { BrokerClient } from './register.ts';

const up = ['anchor', 'summary', 'membership', 'event', 'command-state', 'answer'];
const down = ['receipt', 'command', 'request'];

export function accessList(clients: readonly BrokerClient[]): string {
  const blocks = clients
    .filter(({ revokedAtMs }) => revokedAtMs === undefined)
    .map((client) => [`user ${client.commonName}`, ...linesOf(client), ''].join('\n'));
  return ['# Made by `tieline broker`: it is written anew with each certificate.', '', ...blocks]
    .join('\n')
    .trimEnd()
    .concat('\n');
}

function linesOf(client: BrokerClient): readonly string[] {
  switch (client.kind) {
    case 'bridge':
      return ['topic readwrite tieline/v1/#'];
    case 'dispatch':
      return [
        ...up.map((name) => `topic read tieline/v1/+/${name}`),
        'topic read tieline/v1/+/status/+',
        ...down.map((name) => `topic write tieline/v1/+/${name}`),
      ];
    case 'gateway': {
      const origin = chainOrigin(fromHex(client.chain) ?? new Uint8Array());
      return [
        ...up.map((name) => `topic write ${origin}/${name}`),
        `topic write ${origin}/status/${client.commonName}`,
        ...down.map((name) => `topic read ${origin}/${name}`),
      ];
    }
  }
}
