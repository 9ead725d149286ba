// SPDX-License-Identifier: Apache-2.0
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fromHex } from '../../base/bytes.ts';
import { messageOf, TielineError } from '../../base/errors.ts';
import { type Command, required, textOf } from '../../host/command.ts';
import type { MembershipChange } from '../../sidechain/chain/membership.ts';
import { askNextKey, askStatus } from '../ask-gateway.ts';
import { assertOthersSuffice, changeMembers, keyIdFrom, memberCalled } from '../change-members.ts';
import { type GatewayConfig, loadGatewayConfig } from '../config.ts';
import { dataFiles } from '../data-files.ts';
import { callable } from '../make-key.ts';
import type { NextKey } from '../next-key.ts';
import type { GatewayStatus } from '../status.ts';

const name = 'members rotate';

export const membersRotate: Command = {
  name,
  summary: 'Gives the gateway on this machine a new key, with the key of an engineer.',
  usage: 'members rotate --config FILE [--key FILE] [--force]',
  options: {
    config: { value: 'FILE', description: 'gateway.yaml of the running gateway' },
    key: { value: 'FILE', description: 'of the engineer; without it the new key is only made' },
    force: { description: 'also where too few of the other voters can be reached' },
    json: { description: 'what was done as JSON' },
  },
  notes: `The gateway makes the new key and keeps it; nothing secret leaves it. It goes on with its
copy of the chain, as a new member: new key id, numbers from 1. Readings go on, and the new key
signs them as soon as the chain has it. While the others change over, a chain of three bears no
failure: a few seconds.

Where the broker wants a certificate, run it without --key first, have one made for the public
key that it shows, and name it in the configuration.`,
  run: async ({ values, print }) => {
    const config = loadGatewayConfig(required(name, values, 'config'));
    const isJson = values.json === true;
    const keyPath = textOf(values, 'key');
    const next = await askNextKey(config);
    if (keyPath === undefined) {
      const { chain } = await askStatus(config);
      print(isJson ? JSON.stringify(next) : preparedText(next, chain, usesOwnKey(config)));
      return 0;
    }
    await assertBrokerKnows(config, next);
    const isForced = values.force === true;
    const change = (status: GatewayStatus) => successionOf(status, { config, next, isForced });
    const { height } = await changeMembers({ config, keyPath, change });
    const { keyId } = next;
    const text = `the chain has the new key at block ${height}; the gateway goes on as ${keyId}`;
    print(isJson ? JSON.stringify({ height, keyId }) : text);
    return 0;
  },
};

function preparedText({ keyId, publicKey }: NextKey, chain: string, isNamed: boolean): string {
  return [
    `next      ${keyId}`,
    `key       ${publicKey}`,
    ...(isNamed
      ? [`broker    tieline broker admit --dir DIR --chain ${chain} --public-key ${publicKey}`]
      : []),
    'then      tieline members rotate --config FILE --key ENGINEER.key',
  ].join('\n');
}

/** @throws TielineError `too-few-voters` */
function successionOf(
  status: GatewayStatus,
  given: {
    readonly config: GatewayConfig;
    readonly next: NextKey;
    readonly isForced: boolean;
  },
): MembershipChange {
  const { config, next, isForced } = given;
  const own = memberCalled(status, status.gateway);
  if (own.role === 'voter' && !isForced) assertOthersSuffice(status, own.keyId);
  const { listen } = config;
  return {
    kind: 'grant',
    publicKey: fromHex(next.publicKey) ?? new Uint8Array(),
    name: own.name,
    role: own.role,
    address: own.address ?? (listen === undefined ? null : callable(listen)),
    supersedes: keyIdFrom(own.keyId),
  };
}

/** Whether the broker knows this gateway by the key that it has in the chain. */
function usesOwnKey({ mqtt, data }: GatewayConfig): boolean {
  return mqtt.key !== undefined && resolve(mqtt.key) === resolve(dataFiles(data).key);
}

/** @throws TielineError `broker-certificate`: with the next key it could not connect any more. */
async function assertBrokerKnows(config: GatewayConfig, { publicKey }: NextKey): Promise<void> {
  const { cert } = config.mqtt;
  if (!usesOwnKey(config) || cert === undefined) return;
  const hint = 'run this command without --key: it shows how to get one for the new key';
  try {
    const { publicKey: certified } = new X509Certificate(await readFile(cert));
    const raw = certified.export({ type: 'spki', format: 'der' }).subarray(-32);
    if (raw.toString('hex') === publicKey) return;
  } catch (cause) {
    const text = `cannot read the broker's certificate ${cert}: ${messageOf(cause)}`;
    throw new TielineError('broker-certificate', text, { hint, cause });
  }
  const text = `\`mqtt.cert\` is not of the new key, by which the broker is to know this gateway`;
  throw new TielineError('broker-certificate', text, { hint });
}
