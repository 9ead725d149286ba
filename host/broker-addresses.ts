// SPDX-License-Identifier: Apache-2.0
// Addresses of the broker in a configuration: one, or a list that is tried in turn.

import { limits } from '../base/limits.ts';

const address = {
  pattern: '^(mqtts?|wss?)://.+',
  description: 'mqtt://host:1883, or mqtts://host:8883 with TLS',
};

/** JSON schema (2020-12) of what `connectMqtt` takes as `url`. */
export const brokerAddresses = {
  ...address,
  type: ['string', 'array'],
  minItems: 1,
  maxItems: limits.brokerAddressesMax,
  items: { type: 'string', ...address },
};
