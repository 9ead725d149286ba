// SPDX-License-Identifier: Apache-2.0
// The tokens of the API: a file in the directory of the centre, read again whenever it has changed,
// so that a revoked token ends at once. It holds hashes: whoever reads it can ask nothing with it.

import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { fromUtf8, toHex, utf8 } from '../../base/bytes.ts';
import { TielineError } from '../../base/errors.ts';
import { limits } from '../../base/limits.ts';
import { parseConfig } from '../../host/config.ts';
import { readSecretFile, writeFileDurably } from '../../host/files.ts';
import { type Role, roles } from './rights.ts';

export type Token = {
  /** Unique in the file; for people. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token's text, or of the certificate that stands for one; 64 hex digits. */
  readonly sha256: string;
  /** Shown when the connection is opened, not with each request. */
  readonly certificate?: true;
  readonly chains: readonly string[];
  readonly devices: readonly string[];
  readonly madeMs: number;
  /** Null: until it is revoked. */
  readonly expiresMs: number | null;
};

const texts = (item: object, maxItems: number) => ({
  type: 'array',
  maxItems,
  items: { type: 'string', ...item },
});

const schema = {
  type: 'object',
  additionalProperties: false,
  required: ['tokens'],
  properties: {
    tokens: {
      type: 'array',
      maxItems: limits.apiTokensMax,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['name', 'role', 'sha256', 'chains', 'devices', 'madeMs', 'expiresMs'],
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 64 },
          role: { enum: [...roles] },
          sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
          certificate: { const: true },
          chains: texts({ pattern: '^[0-9a-f]{64}$' }, limits.apiTokenChainsMax),
          devices: texts({ minLength: 1, maxLength: 128 }, limits.apiTokenDevicesMax),
          madeMs: { type: 'integer', minimum: 0 },
          expiresMs: { type: ['integer', 'null'], minimum: 0 },
        },
      },
    },
  },
};

/** @throws TielineError `file-missing`, `file-mode`, `file`, `config` with what is wrong in it. */
export async function readTokens(path: string): Promise<readonly Token[]> {
  return parseTokens(fromUtf8(await readSecretFile(path)) ?? '', path);
}

/** @throws TielineError `config` with what is wrong in it. */
export function parseTokens(text: string, file: string): readonly Token[] {
  return parseConfig<{ tokens: readonly Token[] }>({ text, file, schema }).tokens;
}

/** Mode 0600. @throws TielineError `too-many-tokens`, `file` */
export async function writeTokens(path: string, tokens: readonly Token[]): Promise<void> {
  const bytes = utf8(`${JSON.stringify({ tokens }, null, 2)}\n`);
  if (tokens.length > limits.apiTokensMax || bytes.length > limits.secretFileBytesMax) {
    throw new TielineError('too-many-tokens', `${path} holds as many tokens as it may`, {
      hint: 'revoke some that nobody uses: `tieline dispatch token --list`',
    });
  }
  await writeFileDurably(path, bytes);
}

/** A token has 256 random bits: its hash needs neither salt nor stretching. */
export function hashToken(text: string): string {
  return toHex(new Uint8Array(createHash('sha256').update(text).digest()));
}

/** The file as a running program sees it. */
export class TokenFile {
  readonly #path: string;
  #version = '';
  #byHash: ReadonlyMap<string, Token> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * By hash; undefined where there has never been a file. One that is deleted while the program
   * runs opens nothing: it counts as empty.
   * @throws TielineError as `readTokens` does: then nobody is let in.
   */
  async current(): Promise<ReadonlyMap<string, Token> | undefined> {
    const stat = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
    if (stat === undefined) {
      this.#version = '';
      if (this.#byHash !== undefined) this.#byHash = new Map();
      return this.#byHash;
    }
    const version = `${stat.ino}-${stat.mtimeNs}-${stat.size}-${stat.mode}`;
    if (version !== this.#version || this.#byHash === undefined) {
      this.#byHash ??= new Map();
      const tokens = await readTokens(this.#path);
      this.#byHash = new Map(tokens.map((token) => [token.sha256, token]));
      this.#version = version;
    }
    return this.#byHash;
  }
}
