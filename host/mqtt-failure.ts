// SPDX-License-Identifier: Apache-2.0
// What a broker's refusal means: MQTT 5.0 §2.4 (reason codes from 0x80 on) and 3.1.1 §3.2.2.3 (1 to 5), as
// errors that say whether to try again and what to put right.

import { messageOf, TielineError } from '../base/errors.ts';

const notAuthorised = new Set([4, 5, 0x86, 0x87, 0x8a, 0x8c]);
const busy = new Set([3, 0x88, 0x89, 0x8b, 0x93, 0x96, 0x97, 0x9f]);

/** `action`: what was tried, such as `publish to tieline/v1/…`. */
export function mqttFailure(action: string, thrown: unknown): TielineError {
  const code = reasonCodeOf(thrown);
  const message = `the broker refused to ${action}: ${messageOf(thrown)}`;
  if (code === undefined) {
    return new TielineError('mqtt-offline', `could not ${action}: ${messageOf(thrown)}`, {
      retry: 'transient',
      cause: thrown,
    });
  }
  const reason = `${message} (reason code 0x${code.toString(16).padStart(2, '0')})`;
  if (notAuthorised.has(code)) {
    return new TielineError('mqtt-not-authorised', reason, {
      hint: "check the client's certificate or password, and the broker's ACL for this client",
      cause: thrown,
    });
  }
  if (busy.has(code)) {
    return new TielineError('mqtt-busy', reason, { retry: 'transient', cause: thrown });
  }
  return new TielineError('mqtt-refused', reason, { cause: thrown });
}

/** What TLS says of our certificate, by OpenSSL's name of the alert (RFC 8446 §6.2), and what to do. */
const alerts: readonly (readonly [name: RegExp, message: string, hint: string])[] = [
  [
    /ALERT_CERTIFICATE_REQUIRED$/,
    'the broker wants a certificate, and was shown none',
    "name the gateway's certificate and key in the configuration, as `cert` and `key` of `mqtt`",
  ],
  [
    /ALERT_CERTIFICATE_REVOKED$/,
    'the certificate was revoked',
    'ask whoever keeps the broker; a revoked key stays shut out',
  ],
  [
    /ALERT_CERTIFICATE_EXPIRED$/,
    'the broker takes the certificate of this gateway for expired',
    'compare its dates with `date` at the broker; `tieline broker admit` makes a new one',
  ],
  [
    /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|DECRYPT_ERROR|CERTIFICATE_UNKNOWN)$/,
    "the certificate is not one of the broker's authority",
    'take the certificate that `tieline broker admit` made for this key',
  ],
];

/** undefined where it is not our certificate that the broker's TLS does not like. */
export function tlsRefusal(thrown: unknown): TielineError | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  const { code } = thrown;
  const alert = alerts.find(([name]) => typeof code === 'string' && name.test(code));
  if (alert === undefined) return undefined;
  const [, message, hint] = alert;
  return new TielineError('mqtt-not-authorised', message, { hint, cause: thrown });
}

/** 1 in both versions' numbering, or 0x84 of version 5: "unsupported protocol version". */
export function refusesVersion(thrown: unknown): boolean {
  const code = reasonCodeOf(thrown);
  return code === 1 || code === 0x84;
}

/** undefined where the error is not an answer of the broker. */
export function reasonCodeOf(thrown: unknown): number | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('code' in thrown)) return undefined;
  return typeof thrown.code === 'number' ? thrown.code : undefined;
}
