// SPDX-License-Identifier: Apache-2.0
// Why there is no connection to the broker, in words, and what the reader can do about it.

import { messageOf, type TielineError } from '../base/errors.ts';
import { mqttFailure, reasonCodeOf, tlsRefusal } from './mqtt-failure.ts';

export type MqttProblem = {
  readonly reason: string;
  readonly hint: string | undefined;
  /** Where only a person can change it. */
  readonly refusal: TielineError | undefined;
};

/** By the system's, or OpenSSL's, name of the error. */
const hints: readonly (readonly [name: RegExp, hint: string])[] = [
  [
    /^ECONNREFUSED$/,
    'the machine is there, and nothing listens or a firewall refuses: does the broker run, and is the port right?',
  ],
  [
    /^ECONNRESET$/,
    'what listens there hung up: TLS as `url` says (`mqtt://` 1883, `mqtts://` 8883), a broker at all?',
  ],
  [
    /^ETIMEDOUT$/,
    'nothing came back: is the broker up, in this network, and let through by the firewalls between?',
  ],
  [
    /^(EHOSTUNREACH|ENETUNREACH)$/,
    'no way leads there, or a firewall refuses: check cable, address and gateway (`ip route`)',
  ],
  [
    /^(ENOTFOUND|EAI_AGAIN)$/,
    'the name is not known: check it and the name server, or write the address in numbers',
  ],
  [
    /^CERT_HAS_EXPIRED$/,
    "compare the dates of the broker's certificate with `date`: a wrong clock here looks the same; else renew it",
  ],
  [
    /^CERT_NOT_YET_VALID$/,
    'the clock of this machine is behind, most likely: `date`, `timedatectl set-ntp true`',
  ],
  [
    /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(_LOCALLY)?)|CERT_SIGNATURE_FAILURE)$/,
    "the broker's certificate is not of the authority that `ca` of `mqtt` names: get its ca.crt from who keeps the broker",
  ],
  [
    /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    "the broker's certificate is for another name: write `url` with the name that it is for, or have it made anew",
  ],
  [
    /^(ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)|EPROTO)$/,
    'what listens there speaks no TLS: is it the port of plain MQTT, so `mqtt://`, or 8883 instead of 1883?',
  ],
];

const closedHint =
  'the broker takes nobody else under this id, or wants TLS at this port (`mqtts://`); its log says which';
const silentHint =
  'something listens there and says nothing: is it a broker, and TLS or not as `url` says?';

/** undefined: the broker ended it without a word. */
export function problemOf(error: Error | undefined): MqttProblem {
  const answered = reasonCodeOf(error) === undefined ? undefined : mqttFailure('connect', error);
  const refused = answered ?? tlsRefusal(error);
  if (refused?.retry === 'permanent') {
    return { reason: refused.message, hint: refused.hint, refusal: refused };
  }
  if (error === undefined) {
    return { reason: 'the broker closed the connection', hint: closedHint, refusal: undefined };
  }
  // What Node advises after it is for those who start programs of their own.
  const reason = messageOf(error).replace(/; if the root CA .*$/, '');
  return { reason, hint: refused?.hint ?? hintOf(error, reason), refusal: undefined };
}

function hintOf(error: Error, reason: string): string | undefined {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const known = hints.find(([name]) => name.test(code));
  return known?.[1] ?? (/connack timeout/i.test(reason) ? silentHint : undefined);
}
