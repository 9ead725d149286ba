// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { TielineError } from '../../base/errors.ts';
import { nodeSuite } from '../../base/node-suite.ts';
import { type Command, textOf } from '../../host/command.ts';
import { isBundleSet } from '../../sidechain/chain/bundle-set.ts';
import { parseTrustedKeys, type TrustedKey } from '../../sidechain/chain/trusted-keys.ts';
import { type BundleVerdict, verifyBundle } from '../../sidechain/chain/verify-bundle.ts';
import { usageJson, usageText, verifyUsage } from '../usage-verdict.ts';
import { verdictJson, verdictText } from '../verdict.ts';

const exitCodes: Readonly<Record<BundleVerdict['status'], number>> = {
  valid: 0,
  invalid: 1,
  'not-a-bundle': 2,
  'unknown-signer': 3,
};

export const verify: Command = {
  name: 'verify',
  summary: 'Checks a proof bundle, or a file of many, offline, hop by hop, with public keys alone.',
  usage: 'verify FILE [--keys FILE] [--json]',
  positionals: ['FILE'],
  options: {
    keys: {
      value: 'FILE',
      description: 'keys you trust; else ~/.config/tieline/trusted-keys, else FILE.keys',
    },
    json: { description: 'the verdict and every hop as JSON' },
  },
  notes: `Exit codes:
  0  valid: the keys you trust have signed every hop
  1  invalid: the hop that failed and why is printed
  2  not a proof bundle
  3  consistent in itself, but signed by keys that you do not trust`,
  run: async ({ values, positionals, print }) => {
    const [file = ''] = positionals;
    const bundle = await readBundle(file);
    if (bundle === undefined) {
      print(`not a proof bundle: ${file} cannot be read`);
      return exitCodes['not-a-bundle'];
    }
    const keys = await trustedKeys(file, textOf(values, 'keys'));
    if (isBundleSet(bundle)) {
      const usage = verifyUsage(nodeSuite, bundle, keys.keys);
      print(values.json === true ? usageJson(usage, keys.from) : usageText(usage, keys.from));
      return exitCodes[usage.status];
    }
    const verdict = verifyBundle(nodeSuite, bundle, keys.keys);
    const shown = { verdict, keysFrom: keys.from };
    print(values.json === true ? verdictJson(nodeSuite, shown) : verdictText(nodeSuite, shown));
    return exitCodes[verdict.status];
  },
};

async function readBundle(file: string): Promise<Uint8Array | undefined> {
  try {
    return new Uint8Array(await readFile(file));
  } catch {
    return undefined;
  }
}

type Keys = { readonly keys: readonly TrustedKey[]; readonly from: string | undefined };

/** The keys given, else the user's own, else those beside the bundle; never those inside it. */
async function trustedKeys(file: string, given: string | undefined): Promise<Keys> {
  if (given !== undefined) {
    const found = await keysIn(given);
    if (found !== undefined) return found;
    throw new TielineError('file', `cannot read the keys in ${given}`, {
      hint: 'check the path; `tieline proof` writes the keys that a gateway knows, to compare',
    });
  }
  const config = process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config');
  const own = await keysIn(join(config, 'tieline', 'trusted-keys'));
  return own ?? (await keysIn(`${file}.keys`)) ?? { keys: [], from: undefined };
}

/**
 * undefined where there is no such file. @throws TielineError `keys` for one that cannot be
 * understood.
 */
async function keysIn(path: string): Promise<Keys | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch {
    return undefined;
  }
  const parsed = parseTrustedKeys(nodeSuite, text);
  if (parsed.ok) return { keys: parsed.value, from: path };
  throw new TielineError('keys', `${path}: ${parsed.detail}`, {
    hint: 'one key a line: <name>+<hash>+<base64>, as in C2SP signed-note',
  });
}
