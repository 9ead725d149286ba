// SPDX-License-Identifier: Apache-2.0
// The options of every command that asks the API of a dispatch node.

import { fromUtf8 } from '../../base/bytes.ts';
import { type Option, textOf, type Values } from '../../host/command.ts';
import { readSecretFile } from '../../host/files.ts';
import type { ApiPlace } from '../api-client.ts';

export const apiOptions: Readonly<Record<'api' | 'token-file', Option>> = {
  api: { value: 'URL', description: 'of the dispatch node, by default http://127.0.0.1:8080' },
  'token-file': { value: 'FILE', description: 'holds a token of the API, where it asks for one' },
};

/** @throws TielineError as reading the file of the token does. */
export async function apiPlaceOf(values: Values): Promise<ApiPlace> {
  const path = textOf(values, 'token-file');
  return {
    apiUrl: textOf(values, 'api') ?? 'http://127.0.0.1:8080',
    token: path === undefined ? undefined : fromUtf8(await readSecretFile(path))?.trim(),
  };
}
