// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { messageOf, TielineError } from '../../base/errors.ts';
import {
  type Command,
  required,
  textOf,
  usageError,
  type Values,
  wholeNumber,
} from '../../host/command.ts';
import { type Role, roles } from '../api/rights.ts';
import type { Token } from '../api/token-file.ts';
import { loadDispatchConfig } from '../config.ts';
import { dispatchFiles } from '../files.ts';
import { bindCertificate, listTokens, makeToken, revokeToken } from '../tokens.ts';

const name = 'dispatch token';

export const dispatchToken: Command = {
  name,
  summary: 'Makes, lists or revokes a token of the API. A running node sees it at once.',
  usage: `${name} --config FILE (--role ROLE --name NAME [options] | --list | --revoke NAME)`,
  options: {
    config: { value: 'FILE', description: 'dispatch.yaml' },
    role: { value: 'ROLE', description: roles.join(', ') },
    name: { value: 'NAME', description: 'for whom it is' },
    chains: { value: 'IDS', description: 'of a plant or a local centre: its chains, by commas' },
    devices: { value: 'NAMES', description: 'of a plant: its devices on them, by commas' },
    certificate: {
      value: 'FILE',
      description: 'bind this client certificate instead of making a token (needs http.tls.ca)',
    },
    days: { value: 'N', description: 'until it expires; else until it is revoked' },
    list: { description: 'list the tokens' },
    revoke: { value: 'NAME', description: 'end this one' },
    json: { description: 'say it as JSON' },
  },
  notes: 'The token is printed once and kept nowhere: the file holds its SHA-256 alone.',
  run: async ({ values, print }) => {
    const config = loadDispatchConfig(required(name, values, 'config'));
    const path = dispatchFiles(config.data).tokens;
    if (values.list === true) {
      const tokens = await listTokens(path);
      if (values.json === true) print(JSON.stringify(tokens));
      else for (const token of tokens) print(lineOf(token));
      return 0;
    }
    const revoked = textOf(values, 'revoke');
    if (revoked !== undefined) {
      await revokeToken(path, revoked);
      print(values.json === true ? JSON.stringify({ revoked }) : `revoked   ${revoked}`);
      return 0;
    }
    const wanted = {
      role: roleOf(required(name, values, 'role')),
      name: required(name, values, 'name'),
      chains: listOf(values, 'chains'),
      devices: listOf(values, 'devices'),
      days: wholeNumber(name, values, { name: 'days', min: 1, max: 36_500 }),
    };
    const certificate = textOf(values, 'certificate');
    if (certificate !== undefined) {
      const bound = await bindCertificate(path, wanted, await pemOf(certificate));
      print(values.json === true ? JSON.stringify(bound) : `bound     ${bound.sha256}`);
      return 0;
    }
    const { text, token } = await makeToken(path, wanted);
    print(values.json === true ? JSON.stringify({ token: text, ...token }) : text);
    return 0;
  },
};

async function pemOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new TielineError('file', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
}

function roleOf(text: string): Role {
  const role = roles.find((one) => one === text);
  if (role !== undefined) return role;
  throw usageError(`--role is one of ${roles.join(', ')}, not \`${text}\``, name);
}

function listOf(values: Values, option: string): readonly string[] {
  return (textOf(values, option) ?? '').split(',').filter((item) => item !== '');
}

function lineOf({ name: token, role, chains, devices, expiresMs }: Token): string {
  const scope = [...chains.map((id) => id.slice(0, 8)), ...devices].join(' ');
  const end = expiresMs === null ? '' : `until ${new Date(expiresMs).toISOString()}`;
  return `${token.padEnd(24)}  ${role.padEnd(15)}  ${scope}  ${end}`.trimEnd();
}
