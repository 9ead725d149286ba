// SPDX-License-Identifier: Apache-2.0
// What an HTTP request gets that cannot be answered: a problem document, RFC 9457.

import { STATUS_CODES } from 'node:http';

export type HttpResponse = {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Bytes and texts go out as they are, all else as JSON. */
  readonly body: unknown;
};

/** `members` are extensions of the document, such as `errors`; they are part of the API. */
export function problem(
  status: number,
  detail: string,
  members: Readonly<Record<string, unknown>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/problem+json' },
    body: {
      type: 'about:blank',
      title: STATUS_CODES[status] ?? 'Error',
      status,
      detail,
      ...members,
    },
  };
}
