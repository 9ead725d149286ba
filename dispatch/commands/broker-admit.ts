// SPDX-License-Identifier: Apache-2.0
import { fromHex, toHex } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { keyIdOf } from '../../base/ids.ts';
import { checkPublicKey } from '../../base/key-check.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import { type Command, required, textOf, usageError, type Values } from '../../host/command.ts';
import { admitClients, admitWithKey, gatewayClient } from '../broker/authority.ts';
import { type BrokerClient, isChainId, isCommonName } from '../broker/register.ts';
import { readGenesis } from '../enrol.ts';

export const brokerAdmit: Command = {
  name: 'broker admit',
  summary: 'Gives gateways, a dispatch node or another broker certificates for the broker.',
  usage:
    'broker admit --dir DIR (--genesis FILE | --chain ID --public-key KEY | --dispatch NAME | --bridge NAME)',
  options: {
    dir: { value: 'DIR', description: 'of the authority, as `tieline broker init` made it' },
    genesis: { value: 'FILE', description: 'genesis.cbor: all gateways that a chain begins with' },
    chain: { value: 'ID', description: 'chain of a gateway that has joined later' },
    'public-key': { value: 'KEY', description: 'its key, as `tieline join` printed it' },
    dispatch: { value: 'NAME', description: 'a dispatch node; its key is made beside' },
    bridge: { value: 'NAME', description: 'a broker that hands on to this one, likewise' },
    json: { description: 'say what was made as JSON' },
  },
  notes: `A gateway shows the key that it signs with, so no secret is carried around. It gets its
certificate and ca.crt, and has in gateway.yaml:
  mqtt: { url: mqtts://HOST:8883, ca: ca.crt, cert: KEYID.crt, key: data/gateway.key }
Afterwards the broker reads anew who may do what: kill -HUP.`,
  run: async ({ values, print }) => {
    const dir = required('broker admit', values, 'dir');
    const files = await admit(dir, values);
    if (values.json === true) print(JSON.stringify({ files }));
    else for (const path of files) print(path);
    return 0;
  },
};

async function admit(dir: string, values: Values): Promise<readonly string[]> {
  const [genesis, chain, dispatch, bridge] = ['genesis', 'chain', 'dispatch', 'bridge'].map(
    (name) => textOf(values, name),
  );
  const given = [genesis, chain, dispatch, bridge].filter((one) => one !== undefined);
  if (given.length !== 1) {
    throw usageError('give one of --genesis, --chain, --dispatch and --bridge', 'broker admit');
  }
  if (dispatch !== undefined) {
    return admitWithKey(dir, { kind: 'dispatch', commonName: nameOf(dispatch) });
  }
  if (bridge !== undefined)
    return admitWithKey(dir, { kind: 'bridge', commonName: nameOf(bridge) });
  if (genesis !== undefined) return admitClients(dir, await membersOf(genesis));
  const publicKey = required('broker admit', values, 'public-key');
  return admitClients(dir, [joined({ chain: chain ?? '', publicKey })]);
}

function nameOf(text: string): string {
  if (isCommonName(text) && !/^[0-9a-f]{16}$/.test(text)) return text;
  throw new TielineError('name', `\`${text}\` is no name for a dispatch node or a broker`, {
    hint: 'use small letters, digits and hyphens, and not the key id of a gateway',
  });
}

async function membersOf(path: string): Promise<readonly BrokerClient[]> {
  const { genesis, chainId } = await readGenesis(path);
  return genesis.members.map(({ publicKey }) =>
    gatewayClient({ keyId: keyIdOf(nodeSuite, publicKey), publicKey, chain: toHex(chainId) }),
  );
}

function joined(given: { readonly chain: string; readonly publicKey: string }): BrokerClient {
  const publicKey = fromHex(given.publicKey);
  if (!isChainId(given.chain)) {
    throw usageError('--chain is the id of a chain, 64 hex digits', 'broker admit');
  }
  if (publicKey === undefined || !checkPublicKey(publicKey).ok) {
    throw usageError('--public-key is an Ed25519 key, 64 hex digits', 'broker admit');
  }
  return gatewayClient({ keyId: keyIdOf(nodeSuite, publicKey), publicKey, chain: given.chain });
}
