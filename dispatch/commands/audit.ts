// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { TielineError } from '../../base/errors.ts';
import { nodeSuite as suite } from '../../base/node-suite.ts';
import { systemClock } from '../../host/clock.ts';
import { type Command, required, textOf, usageError } from '../../host/command.ts';
import { readKeyFile } from '../../host/key-file.ts';
import { nodeSealing as sealing } from '../../host/sealing.ts';
import { parseTrustedKeys, type TrustedKey } from '../../sidechain/chain/trusted-keys.ts';
import { type AuditedSample, audit } from '../audit/audit.ts';
import { readMainLog } from '../govern.ts';
import { apiOptions, apiPlaceOf } from './api-options.ts';

const dayMs = 24 * 60 * 60 * 1_000;
const samplesMax = 512;

export const auditChain: Command = {
  name: 'audit',
  summary: 'Calls for raw readings drawn at random, and holds them against their summaries.',
  usage: 'audit --chain ID --samples N --key FILE --main-log FILE --keys FILE [options]',
  options: {
    chain: { value: 'ID', description: 'the chain, 64 hex digits' },
    samples: { value: 'N', description: `how many readings, 1 to ${samplesMax}; by default 8` },
    key: { value: 'FILE', description: 'key of a person with the role regulator or dispatch' },
    'main-log': { value: 'FILE', description: 'main-log.json of the log that keeps the request' },
    keys: { value: 'FILE', description: 'keys that you trust, as for `tieline verify`' },
    from: { value: 'TIME', description: 'windows from here on, ISO 8601; by default a day ago' },
    to: { value: 'TIME', description: 'and before there; by default now' },
    device: { value: 'URN', description: 'readings of this device alone' },
    wait: { value: 'SECONDS', description: 'how long to wait for answers, by default 180' },
    ...apiOptions,
    json: { description: 'every sample as JSON' },
  },
  notes: `The request stands on the main log and on the chain: all can see who asked for what.
The answers are sealed for a key made for this run; nobody between reads them.

Exit codes:
  0  every sample is proven and within its summary
  1  a sample is invalid, contradicts its summary, or has no answer
  3  consistent, but signed by keys that you do not trust`,
  run: async ({ values, print }) => {
    const clock = await systemClock();
    const text = (name: string) => textOf(values, name);
    const mainLog = await readMainLog(required('audit', values, 'main-log'));
    const isJson = values.json === true;
    const audited = await audit(suite, await apiPlaceOf(values), {
      chainId: chainIn(required('audit', values, 'chain')),
      count: countIn(text('samples') ?? '8', { name: '--samples', max: samplesMax }),
      from: text('from') ?? new Date(clock.nowMs() - dayMs).toISOString(),
      to: text('to') ?? new Date(clock.nowMs()).toISOString(),
      device: text('device'),
      random: () => new DataView(sealing.random(4).buffer).getUint32(0) / 2 ** 32,
      trusted: await trustedIn(required('audit', values, 'keys')),
      mainLogId: mainLog.id,
      signer: await readKeyFile(required('audit', values, 'key')),
      sealing,
      clock,
      waitMs: 1_000 * countIn(text('wait') ?? '180', { name: '--wait', max: 86_400 }),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
      onProgress: (answered, asked) => {
        if (!isJson && process.stderr.isTTY) {
          process.stderr.write(`\r${answered} of ${asked} answered `);
        }
      },
    });
    if (!isJson && process.stderr.isTTY) process.stderr.write('\n');
    print(isJson ? JSON.stringify(asJson(audited)) : asText(audited));
    return exitCodeOf(audited);
  },
};

function exitCodeOf(audited: readonly AuditedSample[]): number {
  const statuses = new Set(audited.map(({ verdict }) => verdict.status));
  if ([...statuses].every((status) => status === 'sound')) return 0;
  return [...statuses].every((status) => status === 'sound' || status === 'unknown-signer') ? 3 : 1;
}

function asJson(audited: readonly AuditedSample[]) {
  return {
    samples: audited.map(({ sample, verdict }) => ({
      summary: sample.summaryId,
      device: sample.summary.device,
      obis: sample.summary.obis,
      asked: new Date(sample.timeMs).toISOString(),
      ...verdict,
      timeMs: undefined,
      read: verdict.timeMs === undefined ? null : new Date(verdict.timeMs).toISOString(),
    })),
    sound: audited.filter(({ verdict }) => verdict.status === 'sound').length,
    of: audited.length,
  };
}

function asText(audited: readonly AuditedSample[]): string {
  const lines = audited.map(({ sample, verdict }) => {
    const { device, obis } = sample.summary;
    const asked = new Date(sample.timeMs).toISOString();
    return `${verdict.status.padEnd(14)}  ${asked}  ${device} ${obis}: ${verdict.detail}`;
  });
  const sound = audited.filter(({ verdict }) => verdict.status === 'sound').length;
  return [...lines, '', `${sound} of ${audited.length} samples are sound`].join('\n');
}

function chainIn(given: string): string {
  if (/^[0-9a-fA-F]{64}$/.test(given)) return given.toLowerCase();
  throw usageError(
    '--chain is an id of 64 hex digits, as `GET /api/v1/chains` lists them',
    'audit',
  );
}

function countIn(given: string, of: { readonly name: string; readonly max: number }): number {
  const count = Number(given);
  if (Number.isInteger(count) && count >= 1 && count <= of.max) return count;
  throw usageError(`${of.name} is a whole number from 1 to ${of.max}`, 'audit');
}

async function trustedIn(path: string): Promise<readonly TrustedKey[]> {
  const text = await readFile(path, 'utf8').catch((cause: unknown) => {
    const hint = 'check the path; `tieline proof` writes the keys that a gateway knows, to compare';
    throw new TielineError('file', `cannot read the keys in ${path}`, { hint, cause });
  });
  const parsed = parseTrustedKeys(suite, text);
  if (parsed.ok) return parsed.value;
  throw new TielineError('keys', `${path}: ${parsed.detail}`, {
    hint: 'one key a line: <name>+<hash>+<base64>, as in C2SP signed-note',
  });
}
