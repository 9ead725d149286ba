// SPDX-License-Identifier: Apache-2.0
// The decoders of what people write and files hold, and of the words of a query, a topic or a time daemon.

import { parseAddress } from '../../agent/address.ts';
import { parseMeterFile } from '../../agent/meter-file.ts';
import { parseMeterKey } from '../../agent/meter-key.ts';
import { parseReadingId } from '../../agent/readings.ts';
import { utf8 } from '../../base/bytes.ts';
import { parseDecimal } from '../../base/decimal.ts';
import { TielineError } from '../../base/errors.ts';
import { parseObis } from '../../base/obis.ts';
import { parseTilePath } from '../../dispatch/api/public-log.ts';
import { parseTime } from '../../dispatch/api/time-query.ts';
import { parseTokens } from '../../dispatch/api/token-file.ts';
import { formatRegister, parseRegister } from '../../dispatch/broker/register.ts';
import { dispatchConfigSchema } from '../../dispatch/config.ts';
import { parseUpTopic } from '../../dispatch/ingest/topics.ts';
import { parsePrinted } from '../../drivers/printed-value.ts';
import { parseConfig } from '../../host/config.ts';
import { signerFromPem } from '../../host/key-file.ts';
import { parseChronyTracking, parseTimedatectl } from '../../host/time-daemon.ts';
import { gateway } from '../unit/chain/fixture.ts';
import { lenientText } from './base-decoders.ts';
import type { Decoder } from './decoder.ts';

const meter = `id: acme-m1
vendor: Acme
model: M1
source: manual
functionCode: 3
serial: {baudRate: 9600, parity: even}
registers:
  - {measures: voltageL1, address: 0x2000, rawType: uint16, scalePowerOfTen: -1, min: 0, max: 300}
  - {measures: importEnergy, address: 72, rawType: uint32, wordOrder: low-word-first}
`;
const centre = `data: data
mqtt: {url: 'mqtts://h:8883', ca: ca.pem, group: g}
http: {host: 0.0.0.0, tls: {cert: c, key: k}, proxies: [10.0.0.1]}
`;
const token = {
  name: 'a',
  role: 'regulator',
  sha256: 'ab'.repeat(32),
  chains: ['cd'.repeat(32)],
  devices: ['a'],
};
const tokens = JSON.stringify({ tokens: [{ ...token, madeMs: 1, expiresMs: null }] });
const client = {
  kind: 'gateway',
  commonName: 'a',
  chain: 'cd'.repeat(32),
  revokedAtMs: 7,
} as const;
const register = formatRegister([{ ...client, publicKey: gateway.publicKey }]);
const pem = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIA${'A'.repeat(42)}
-----END PRIVATE KEY-----
`;

/** Text that is not as it should be is an operating error of that code, and nothing else is. */
function refusing(code: string, read: (text: string) => unknown): Decoder['read'] {
  return (bytes) => {
    try {
      return read(lenientText(bytes));
    } catch (error) {
      if (error instanceof TielineError && error.code === code) return undefined;
      throw error;
    }
  };
}

function text(name: string, samples: readonly string[], read: (text: string) => unknown): Decoder {
  return { name, samples: samples.map(utf8), read: (bytes) => read(lenientText(bytes)) };
}

export const textDecoders: readonly Decoder[] = [
  {
    name: 'meter-definition',
    samples: [utf8(meter)],
    read: refusing('config', (yaml) => parseMeterFile(yaml, 'acme-m1.yaml')),
  },
  {
    name: 'dispatch-configuration',
    samples: [utf8(centre)],
    read: refusing('config', (yaml) =>
      parseConfig({ text: yaml, file: 'dispatch.yaml', schema: dispatchConfigSchema }),
    ),
  },
  {
    name: 'api-tokens',
    samples: [utf8(tokens)],
    read: refusing('config', (json) => parseTokens(json, 'tokens.json')),
  },
  {
    name: 'broker-register',
    samples: [utf8(register)],
    read: refusing('register', (lines) => parseRegister(lines, 'clients')),
  },
  text('key-file', [pem], signerFromPem),
  text('meter-key-file', ['00112233445566778899aabbccddeeff\n'], parseMeterKey),
  text('up-topic', [`tieline/v1/${'ab'.repeat(32)}/anchor`], parseUpTopic),
  text('query-time', ['2026-01-31T12:00:00.5+01:00', '1763683200000', '2026-02-30'], parseTime),
  text('tile-path', ['0/x001/067', '1/000.p/5'], parseTilePath),
  text('reading-id', ['0123456789abcdef-17-3'], parseReadingId),
  text('address', ['[fe80::1]:7700', 'cellar.example:7700'], parseAddress),
  text('obis', ['1-0:1.8.0*255'], parseObis),
  text('decimal', ['-0012.500'], parseDecimal),
  text('printed-value', ['0032826.545*kWh'], parsePrinted),
  text('timedatectl', ['NTPSynchronized=yes\n'], parseTimedatectl),
  text(
    'chrony',
    ['C0A80101,192.168.1.1,3,1790000000.1,-0.00045,0.1,0.2,-12.3,0.1,0.2,0.02,0.0012,64.2,Normal'],
    parseChronyTracking,
  ),
];
