// SPDX-License-Identifier: Apache-2.0
// The PEM files that a configuration names for TLS: the authority that is believed, and a certificate
// of one's own with its key.

import { readFile } from 'node:fs/promises';
import { messageOf, TielineError } from '../base/errors.ts';

export type TlsFiles = { readonly ca?: string; readonly cert?: string; readonly key?: string };

const names = ['ca', 'cert', 'key'] as const;

/** The paths alone, made absolute by `at`. */
export function tlsPaths(config: TlsFiles, at: (path: string) => string): TlsFiles {
  return Object.fromEntries(
    names.flatMap((name) => (config[name] === undefined ? [] : [[name, at(config[name])]])),
  );
}

/** What is in them. @throws TielineError `config` for one that cannot be read. */
export async function readTlsFiles(config: TlsFiles): Promise<TlsFiles> {
  const read = async (name: (typeof names)[number], path: string) => {
    try {
      return [name, await readFile(path, 'utf8')] as const;
    } catch (cause) {
      throw new TielineError('config', `cannot read \`mqtt.${name}\`: ${messageOf(cause)}`, {
        hint: 'name a PEM file that this user may read',
        cause,
      });
    }
  };
  return Object.fromEntries(
    await Promise.all(
      names.flatMap((name) => (config[name] === undefined ? [] : [read(name, config[name])])),
    ),
  );
}
