// SPDX-License-Identifier: Apache-2.0
// What goes wrong with a PostgreSQL server, by its SQLSTATE or the system's word, as what somebody
// can do about it. None of it ends a program: a server comes back, a password is corrected, a disk
// is made larger; then the same works. No message holds a password.

import { InvariantError } from '../base/assert.ts';
import { messageOf, TielineError } from '../base/errors.ts';

type Meaning = readonly [code: string, text: string, hint: string];

const away: Meaning = [
  'postgres-away',
  'does not answer',
  'start PostgreSQL, or correct its host and port; what was accepted is kept and read in later',
];

const login: Meaning = [
  'postgres-login',
  'refuses the user or the password',
  'correct `history.postgres.user` and the password; pg_hba.conf of the server says who may come from where',
];

const slow: Meaning = [
  'postgres-slow',
  'took too long',
  'look at what else it does (pg_stat_activity); it is tried again',
];

const byState: Readonly<Record<string, Meaning>> = {
  '28P01': login,
  '28000': login,
  '3D000': [
    'postgres-database',
    'has no such database',
    'make it: `createdb --owner USER DATABASE`',
  ],
  '42501': [
    'postgres-permission',
    'does not let this user do that',
    'let the user own the database or its schema: `GRANT CREATE ON DATABASE … TO …`',
  ],
  '53100': [
    'postgres-full',
    'has no space left',
    'free space on its disk; nothing accepted is lost',
  ],
  '53200': ['postgres-memory', 'has no memory left', 'lower work_mem, or give it more'],
  '53300': [
    'postgres-connections',
    'has no connection left',
    'raise max_connections, or close what nobody uses',
  ],
  '25006': [
    'postgres-read-only',
    'takes no writes: it is a standby',
    'name the primary, or let a connection pooler find it',
  ],
  '42P01': [
    'postgres-schema',
    'lacks tables that were there',
    'they are made again, and filled from the ledger',
  ],
  '57014': slow,
  '55P03': slow,
  '40001': slow,
  '40P01': slow,
};

const systemCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EACCES',
]);

/** The error to throw for what pg threw; what is ours already stays as it is. */
export function postgresFailure(place: string, thrown: unknown): Error {
  if (thrown instanceof TielineError || thrown instanceof InvariantError) return thrown;
  const code = codeOf(thrown);
  const [name, text, hint] = meaningOf(code, messageOf(thrown));
  // A refused connection to several addresses has no message of its own.
  const said = messageOf(thrown) || code;
  return new TielineError(name, `PostgreSQL at ${place} ${text}: ${said}`, {
    retry: 'transient',
    hint,
    cause: thrown,
  });
}

function meaningOf(code: string, message: string): Meaning {
  const known = byState[code];
  if (known !== undefined) return known;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID' || /CERT|SSL|TLS/.test(code) || /SSL/.test(message)) {
    return [
      'postgres-tls',
      'cannot be trusted, or speaks no TLS',
      'name the authority of its certificate in `history.postgres.tls.ca`',
    ];
  }
  if (/^(08|57P)/.test(code) || systemCodes.has(code)) return away;
  if (/timeout/i.test(message)) return /connect/i.test(message) ? away : slow;
  if (/terminated|not queryable|Connection/i.test(message)) return away;
  if (/password|SASL|SCRAM/.test(message)) return login;
  return ['postgres-failed', 'failed', 'its log says more'];
}

function codeOf(thrown: unknown): string {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : '';
}
